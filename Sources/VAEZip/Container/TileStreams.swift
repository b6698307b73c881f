/// A value for each stream of symbols of a tile.
public struct PerStream<Value> {
  /// Of the hyper-latents.
  public var hyper: Value
  /// Of the first pass of latents.
  public var pass1: Value
  /// Of the second pass of latents.
  public var pass2: Value

  /// A value for each stream.
  public init(hyper: Value, pass1: Value, pass2: Value) {
    (self.hyper, self.pass1, self.pass2) = (hyper, pass1, pass2)
  }

  /// The same value for every stream.
  package init(repeating value: Value) { self.init(hyper: value, pass1: value, pass2: value) }

  /// The value of one stream.
  public subscript(stream: SymbolStream) -> Value {
    get {
      switch stream {
      case .hyper: hyper
      case .pass1: pass1
      case .pass2: pass2
      }
    }
    set {
      switch stream {
      case .hyper: hyper = newValue
      case .pass1: pass1 = newValue
      case .pass2: pass2 = newValue
      }
    }
  }

  /// The values in the order of the file.
  public var all: [Value] { [hyper, pass1, pass2] }
}

extension PerStream: Equatable where Value: Equatable {}
extension PerStream: Sendable where Value: Sendable {}

/// The streams of a tile: symbols (Formats/VZ-symbols.md), exact pixels and alpha.
package struct TileStreams: Sendable, Equatable {
  package var symbols: PerStream<[UInt8]>
  /// Pixels that are coded without loss; empty if there are none.
  package var exact: [UInt8]
  /// Empty if, and only if, the image has no alpha.
  package var alpha: [UInt8]

  package init(
    symbols: PerStream<[UInt8]> = PerStream(repeating: []), exact: [UInt8] = [], alpha: [UInt8] = []
  ) {
    self.symbols = symbols
    self.exact = exact
    self.alpha = alpha
  }

  /// All streams, in the order of the file.
  package var all: [[UInt8]] { symbols.all + [exact, alpha] }
}
