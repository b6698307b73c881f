/// A code for a number that both sides predict: NEAR(P) in Formats/VZ-symbols.md, §2, with the prediction P.
///
/// It is an Exp-Golomb code of the difference from the prediction, whose sign is in the lowest bit. The
/// order suits predictions that are off by a sixteenth.
enum ResidualCode {
  /// The most zeros at the start of the Exp-Golomb code.
  static let longestPrefix = 28

  /// The order of the Exp-Golomb code.
  private static func order(_ expected: Int) -> Int { max(expected.leadingBit - 4, 0) }

  /// Writes a number.
  /// - Parameters:
  ///   - value: at least 0.
  ///   - expected: the prediction, at least 1.
  static func write(_ value: Int, expected: Int, to bits: inout BitWriter) {
    let difference = value - expected
    bits.writeExpGolomb(difference < 0 ? -2 * difference - 1 : 2 * difference, k: order(expected))
  }

  /// Reads a number.
  /// - Parameter expected: the prediction, at least 1.
  /// - Returns: at least 0; nil if the code is too long or stands for a negative number.
  static func read(expected: Int, from bits: inout BitReader) -> Int? {
    guard let code = bits.readExpGolomb(k: order(expected), limit: longestPrefix) else {
      return nil
    }
    let value = expected + (code & 1 == 1 ? -(code + 1) / 2 : code / 2)
    return value < 0 ? nil : value
  }

  /// Upper bound of a code's length, in bits: exact unless the number is below its prediction.
  static func bitCount(_ value: Int, expected: Int) -> Int {
    ExpGolomb.bitCount(2 * abs(value - expected), k: order(expected))
  }
}
