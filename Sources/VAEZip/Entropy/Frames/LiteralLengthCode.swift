/// zstd's codes of literal lengths 0…39 (RFC 8878, section 3.1.1.3.2.1.1). From 16 on, several lengths
/// share a code, and bits after it say which one is meant.
enum LiteralLengthCode {
  /// Number of codes that stand for lengths of at most 39.
  static let count = 23

  /// The code of a length, 0…39.
  @inline(__always)
  static func code(_ length: Int) -> Int {
    switch length {
    case ..<16: length
    case ..<24: 16 + (length - 16) / 2
    case ..<32: 20 + (length - 24) / 4
    default: 22
    }
  }

  /// How many bits follow a code, 0…22.
  @inline(__always)
  static func extraBits(_ code: Int) -> Int {
    switch code {
    case ..<16: 0
    case ..<20: 1
    case ..<22: 2
    default: 3
    }
  }
}
