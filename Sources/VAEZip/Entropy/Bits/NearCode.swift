/// A code for numbers that both sides expect to be near another: Formats/VZ-symbols.md, section 2.
///
/// The difference, its sign in the lowest bit, as an Exp-Golomb code whose parameter suits errors of a
/// sixteenth.
enum NearCode {
  /// Longest prefix of the Exp-Golomb code.
  static let longestPrefix = 28

  private static func parameter(_ expected: Int) -> Int { max(expected.leadingBit - 4, 0) }

  /// - Parameter expected: at least 1.
  static func write(_ value: Int, expected: Int, to bits: inout BitWriter) {
    let difference = value - expected
    bits.writeExpGolomb(
      difference < 0 ? -2 * difference - 1 : 2 * difference, k: parameter(expected))
  }

  /// - Returns: nil if it is negative, or its prefix too long.
  static func read(expected: Int, from bits: inout BitReader) -> Int? {
    guard let code = bits.readExpGolomb(k: parameter(expected), limit: longestPrefix) else {
      return nil
    }
    let value = expected + (code & 1 == 1 ? -(code + 1) / 2 : code / 2)
    return value < 0 ? nil : value
  }

  /// Bits of the code, at most.
  static func bits(_ value: Int, expected: Int) -> Int {
    let k = parameter(expected)
    return 2 * ((2 * abs(value - expected)) >> k + 1).leadingBit + 1 + k
  }
}
