/// An error of the entropy coder. Every message says what was expected and what was found.
public enum EntropyError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A model file's probability tables are malformed; the text says which value.
  case invalidTables(String)
  /// Symbols and scale indexes differ in number, or one of them is out of range.
  case invalidInput(String)
  /// The bytes are not a stream of symbols: damaged, cut off, or made for other scale indexes.
  case corrupted(expected: String, found: String)
  /// libzstd failed where valid data cannot make it fail, for example for lack of memory.
  case zstd(String)

  /// One line of text.
  public var description: String {
    switch self {
    case .invalidTables(let reason): "probability tables: \(reason)"
    case .invalidInput(let reason): "symbols: \(reason)"
    case .corrupted(let expected, let found): "symbol stream: expected \(expected), found \(found)"
    case .zstd(let reason): "zstd: \(reason)"
    }
  }
}
