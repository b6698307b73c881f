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
