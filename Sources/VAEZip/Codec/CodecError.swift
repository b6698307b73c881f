import VAEZipContainer
import VAEZipEntropy
import VAEZipImage
import VAEZipModel
import VAEZipSupport

/// Why an image cannot be encoded or decoded.
public enum CodecError: Error, Sendable, Equatable, CustomStringConvertible {
  case model(ModelError)
  case container(VZError)
  /// An option of the encoder is out of range.
  case invalidOption(name: String, expected: String, found: String)
  /// The file's quality is none of its model's.
  case qualityOutOfRange(found: Int, largest: Int)
  /// A region that is asked for has no pixels, or some that are not the image's.
  case regionOutside(Region, width: Int, height: Int)
  /// A stream of a tile is not what an encoder writes. Its offset in the file, if there is one.
  case stream(tile: Int, stream: SymbolStream, offset: Int? = nil, EntropyError)
  /// The alpha of a tile is not what an encoder writes. Its offset in the file, if there is one.
  case alpha(tile: Int, offset: Int? = nil, EntropyError)

  public var description: String {
    switch self {
    case .model(let error): error.description
    case .container(let error): error.description
    case .invalidOption(let name, let expected, let found):
      "\(name): expected \(expected), found \(found)"
    case .qualityOutOfRange(let found, let largest):
      "invalid .vz file: quality at offset 24: expected at most \(largest), found \(found)"
    case .regionOutside(let region, let width, let height):
      "region: expected one inside of \(width) × \(height) pixels, found \(region)"
    case .stream(let tile, let stream, let offset, let error):
      "tile \(tile), \(stream)\(Self.place(offset)): \(error)"
    case .alpha(let tile, let offset, let error):
      "tile \(tile), alpha\(Self.place(offset)): \(error)"
    }
  }

  private static func place(_ offset: Int?) -> String { offset.map { " at offset \($0)" } ?? "" }

  /// Says where in a file the stream is that the error is about.
  func located(in file: VZFile) -> CodecError {
    switch self {
    case .stream(let tile, let stream, _, let error):
      let offset = file.tiles[tile].offset(of: stream)
      return .stream(tile: tile, stream: stream, offset: offset, error)
    case .alpha(let tile, _, let error):
      return .alpha(tile: tile, offset: file.tiles[tile].alphaOffset, error)
    default: return self
    }
  }

  /// Runs `body`; says of which stream an error of it is.
  static func wrap<Value>(
    _ stream: SymbolStream, ofTile tile: Int, _ body: () throws(EntropyError) -> Value
  ) throws(CodecError) -> Value {
    do {
      return try body()
    } catch {
      throw .stream(tile: tile, stream: stream, error)
    }
  }

  /// Runs `body`; says of which tile's alpha an error of it is.
  static func wrap<Value>(
    alphaOf tile: Int, _ body: () throws(EntropyError) -> Value
  ) throws(CodecError) -> Value {
    do {
      return try body()
    } catch {
      throw .alpha(tile: tile, error)
    }
  }

  /// Runs `body`; wraps its `ModelError` as `CodecError.model`.
  static func wrap<Value>(_ body: () throws(ModelError) -> Value) throws(CodecError) -> Value {
    do {
      return try body()
    } catch {
      throw .model(error)
    }
  }

  /// Runs `body`; wraps its `VZError` as `CodecError.container`.
  static func wrap<Value>(_ body: () throws(VZError) -> Value) throws(CodecError) -> Value {
    do {
      return try body()
    } catch {
      throw .container(error)
    }
  }
}
