/// What each symbol costs under the model's tables, in 1/4096 bit: integers, because an encoder
/// decides by them what is in the file.
package struct SymbolCosts: Sendable {
  /// Fraction bits of a cost.
  package static let fractionBits = 12
  /// Magnitudes that have a cost of their own: 0…255. Above, an encoder changes nothing.
  package static let magnitudes = 256

  /// 64 rows, a scale level each: the costs of the magnitudes, sign included.
  package let rows: [Int32]

  package init(_ tables: ScaleTables) {
    var rows: [Int32] = []
    rows.reserveCapacity(ScaleTables.levelCount * Self.magnitudes)
    for level in 0..<ScaleTables.levelCount {
      let raw = Int(tables.rawBits[level])
      for magnitude in 0..<Self.magnitudes {
        let reduced = magnitude >> raw
        let entry = min(reduced, ScaleTables.escape)
        var wholeBits = raw + (magnitude == 0 ? 0 : 1)
        if entry == ScaleTables.escape {
          // An Exp-Golomb code of the excess.
          let excess = reduced - entry + 1
          wholeBits += 2 * (Int.bitWidth - 1 - excess.leadingZeroBitCount) + 1
        }
        let information = 24 << Self.fractionBits - Self.log2(tables.frequency(level, entry))
        rows.append(Int32(wholeBits << Self.fractionBits + information))
      }
    }
    self.rows = rows
  }

  /// ⌊log₂ x · 4096⌋, or one less, of 1…2³¹: the binary digits of a logarithm are found by squaring.
  static func log2(_ x: UInt64) -> Int {
    let whole = 63 - max(x, 1).leadingZeroBitCount
    // The significand, 1 ≤ m < 2, with 31 bits behind the point.
    var m = whole <= 31 ? max(x, 1) << UInt64(31 - whole) : x >> UInt64(whole - 31)
    var result = whole
    for _ in 0..<fractionBits {
      m = (m * m) >> 31
      result <<= 1
      if m >= 1 << 32 {
        m >>= 1
        result |= 1
      }
    }
    return result
  }
}
