/// Why an image cannot be encoded or decoded.
public enum CodecError: Error, Sendable, Equatable, CustomStringConvertible {
  case model(ModelError)
  case container(ContainerError)
  case kernels(KernelError)
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
    case .kernels(let error): error.description
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
  func located(in layout: ContainerLayout) -> CodecError {
    switch self {
    case .stream(let tile, let stream, _, let error):
      let entry = layout.tiles[tile]
      let offset =
        switch stream {
        case .hyper: entry.offset
        case .pass1: entry.offset + entry.hyper
        case .pass2: entry.offset + entry.hyper + entry.pass1
        }
      return .stream(tile: tile, stream: stream, offset: offset, error)
    case .alpha(let tile, _, let error):
      let entry = layout.tiles[tile]
      return .alpha(tile: tile, offset: entry.offset + entry.size - entry.alpha, error)
    default: return self
    }
  }

  /// Gives an error of the kernels its place.
  static func wrap<Value>(_ body: () throws(KernelError) -> Value) throws(CodecError) -> Value {
    do {
      return try body()
    } catch {
      throw .kernels(error)
    }
  }

  /// Gives an error of a tile's alpha its place.
  static func wrap<Value>(
    alphaOf tile: Int, _ body: () throws(EntropyError) -> Value
  ) throws(CodecError) -> Value {
    do {
      return try body()
    } catch {
      throw .alpha(tile: tile, error)
    }
  }

  /// Gives an error of a model its place.
  static func wrap<Value>(_ body: () throws(ModelError) -> Value) throws(CodecError) -> Value {
    do {
      return try body()
    } catch {
      throw .model(error)
    }
  }

  /// Gives an error of the container its place.
  static func wrap<Value>(_ body: () throws(ContainerError) -> Value) throws(CodecError) -> Value {
    do {
      return try body()
    } catch {
      throw .container(error)
    }
  }
}

/// The streams of a tile, in the order in which they are decoded.
public enum SymbolStream: Int, Sendable, CaseIterable, CustomStringConvertible {
  case hyper
  case pass1
  case pass2

  public var description: String {
    switch self {
    case .hyper: "hyper stream"
    case .pass1: "first pass"
    case .pass2: "second pass"
    }
  }
}
