/// Base-2 logarithms in integers, for an encoder's choices: a file must not depend on how
/// a machine rounds. Results have 16 fraction bits, are within 2⁻¹⁶ of the true value, exact for powers of
/// two, and never fall as the argument rises.
package enum FixedLog2 {
  package static let fractionBits = 16

  /// log₂(1 + i/256), i = 0…256, with 24 fraction bits.
  private static let table: [Int64] = (0...256).map { index in
    // The binary digits of a logarithm are found by squaring. The significand, 1 ≤ m < 2, has 31 bits
    // behind the point.
    var m = UInt64(256 + index) << 23
    if index == 256 { return 1 << 24 }
    var result: Int64 = 0
    for _ in 0..<24 {
      m = (m * m) >> 31
      result <<= 1
      if m >= 1 << 32 {
        m >>= 1
        result |= 1
      }
    }
    return result
  }

  /// log₂ of an integer; of 0 as of 1.
  @inline(__always)
  package static func log2(_ x: UInt64) -> Int {
    let x = max(x, 1)
    let zeros = x.leadingZeroBitCount
    let significand = x << UInt64(zeros)
    // A straight line between neighbors in the table: at most 2.8 · 10⁻⁶ too low.
    let index = Int(significand >> 55) & 255
    let rest = Int64(significand >> 31) & 0xFF_FFFF
    let low = table[index]
    let fraction = low &+ ((table[index &+ 1] &- low) &* rest) >> 24
    return (63 &- zeros) << fractionBits &+ Int(truncatingIfNeeded: (fraction &+ 128) >> 8)
  }

  /// log₂ of a finite binary64 above zero, from its bits.
  package static func log2(_ x: Double) -> Int {
    let field = Int(x.bitPattern >> 52) & 0x7FF
    let fraction = x.bitPattern & (1 << 52 - 1)
    // x is the significand times 2^(exponent − 1075).
    let significand = field == 0 ? fraction : fraction | 1 << 52
    return log2(significand) + (max(field, 1) - 1075) << fractionBits
  }
}
