/// The streams of a tile, in the order in which they are decoded.
public enum SymbolStream: Int, Sendable, CaseIterable, CustomStringConvertible {
  /// The hyper-latents.
  case hyper
  /// The latents of the first pass.
  case pass1
  /// The latents of the second pass.
  case pass2

  /// The stream's name in messages.
  public var description: String {
    switch self {
    case .hyper: "hyper stream"
    case .pass1: "first pass"
    case .pass2: "second pass"
    }
  }
}
