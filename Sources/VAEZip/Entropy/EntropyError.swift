/// What can go wrong when symbols are coded. Every message names what was expected and what was found.
public enum EntropyError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The probability tables of a model file are not usable.
  case invalidTables(String)
  /// Symbols and levels differ in number, or one of them is out of range.
  case invalidInput(String)
  /// The bytes are not a stream of symbols.
  case corrupted(expected: String, found: String)
  /// libzstd refused something that it should accept.
  case zstd(String)

  public var description: String {
    switch self {
    case .invalidTables(let reason): "probability tables: \(reason)"
    case .invalidInput(let reason): "symbols: \(reason)"
    case .corrupted(let expected, let found): "symbol stream: expected \(expected), found \(found)"
    case .zstd(let reason): "zstd: \(reason)"
    }
  }
}
