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
  /// A stream of a tile is not what an encoder writes.
  case stream(tile: Int, stream: SymbolStream, EntropyError)
  /// The alpha of a tile is not what an encoder writes.
  case alpha(tile: Int, EntropyError)

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
    case .stream(let tile, let stream, let error): "tile \(tile), \(stream): \(error)"
    case .alpha(let tile, let error): "tile \(tile), alpha: \(error)"
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
