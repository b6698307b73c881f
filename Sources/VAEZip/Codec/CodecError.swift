import VAEZipContainer
import VAEZipEntropy
import VAEZipImage
import VAEZipModel
import VAEZipSupport

/// Why an image cannot be encoded or decoded.
public enum CodecError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The model is not at hand, or not usable.
  case model(ModelError)
  /// The bytes are not a .vz file that can be read.
  case container(VZError)
  /// An option of the encoder is out of range.
  case invalidOption(name: String, expected: String, found: String)
  /// The file names a quality position that its model does not have.
  case qualityOutOfRange(found: Int, largest: Int)
  /// The region is empty, or not inside of the image.
  case regionOutside(Region, width: Int, height: Int)
  /// A symbol stream of a tile is damaged. `offset` is its place in the file, if known.
  case stream(tile: Int, stream: SymbolStream, offset: Int? = nil, EntropyError)
  /// The alpha stream of a tile is damaged. `offset` is its place in the file, if known.
  case alpha(tile: Int, offset: Int? = nil, EntropyError)
  /// The exact stream of a tile is damaged. `offset` is its place in the file, if known.
  case exact(tile: Int, offset: Int? = nil, EntropyError)

  /// One line for a person.
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
    case .exact(let tile, let offset, let error):
      "tile \(tile), exact pixels\(Self.place(offset)): \(error)"
    }
  }

  private static func place(_ offset: Int?) -> String { offset.map { " at offset \($0)" } ?? "" }

  /// Adds the offset in the file of the stream that the error is about.
  package func located(in file: VZFile) -> CodecError {
    switch self {
    case .stream(let tile, let stream, _, let error):
      let offset = file.tiles[tile].offset(of: stream)
      return .stream(tile: tile, stream: stream, offset: offset, error)
    case .alpha(let tile, _, let error):
      return .alpha(tile: tile, offset: file.tiles[tile].alphaOffset, error)
    case .exact(let tile, _, let error):
      return .exact(tile: tile, offset: file.tiles[tile].exactOffset, error)
    default: return self
    }
  }

  /// Runs `body`; wraps its `EntropyError` with the tile and the stream.
  package static func wrap<Value>(
    _ stream: SymbolStream, ofTile tile: Int, _ body: () throws(EntropyError) -> Value
  ) throws(CodecError) -> Value {
    do {
      return try body()
    } catch {
      throw .stream(tile: tile, stream: stream, error)
    }
  }

  /// Runs `body`; wraps its `EntropyError` as one of the tile's alpha.
  package static func wrap<Value>(
    alphaOf tile: Int, _ body: () throws(EntropyError) -> Value
  ) throws(CodecError) -> Value {
    do {
      return try body()
    } catch {
      throw .alpha(tile: tile, error)
    }
  }

  /// Runs `body`; wraps its `EntropyError` as one of the tile's exact pixels.
  package static func wrap<Value>(
    exactOf tile: Int, _ body: () throws(EntropyError) -> Value
  ) throws(CodecError) -> Value {
    do {
      return try body()
    } catch {
      throw .exact(tile: tile, error)
    }
  }

  /// Runs `body`; wraps its `ModelError` as `CodecError.model`.
  package static func wrap<Value>(_ body: () throws(ModelError) -> Value) throws(CodecError) -> Value {
    do {
      return try body()
    } catch {
      throw .model(error)
    }
  }

  /// Runs `body`; wraps its `VZError` as `CodecError.container`.
  package static func wrap<Value>(_ body: () throws(VZError) -> Value) throws(CodecError) -> Value {
    do {
      return try body()
    } catch {
      throw .container(error)
    }
  }
}
