/// Exp-Golomb codes of order k: EG(k) in Formats/VZ-symbols.md, §2.
///
/// With v = (value >> k) + 1, a number of n + 1 bits: n zeros, a one, the low n bits of v, then the low k
/// bits of the value.
enum ExpGolomb {
  /// Length of a code, in bits.
  /// - Parameter value: at least 0.
  @inline(__always)
  static func bitCount(_ value: Int, k: Int) -> Int {
    2 &* (value >> k &+ 1).leadingBit &+ 1 &+ k
  }
}

extension BitWriter {
  /// Writes the Exp-Golomb code of order `k` of a value of at least 0.
  mutating func writeExpGolomb(_ value: Int, k: Int) {
    let high = (value >> k) + 1
    let n = high.leadingBit
    write(0, count: n)
    write(1, count: 1)
    write(high - (1 << n), count: n)
    write(value & ((1 << k) - 1), count: k)
  }
}

extension BitReader {
  /// Reads an Exp-Golomb code of order `k`.
  /// - Parameter limit: the most zeros that may come before its one, at most 32.
  /// - Returns: the value; nil if there are more zeros, or the bits end.
  mutating func readExpGolomb(k: Int, limit: Int) -> Int? {
    var n = 0
    while read(1) == 0 {
      n += 1
      if n > limit || isExhausted { return nil }
    }
    let high = (1 << n) + read(n) - 1
    return high << k | read(k)
  }
}
