import VAEZipEntropy
import VAEZipSupport

/// What each symbol costs under the model's tables, in 1/4096 bit: integers, because an encoder
/// decides by them what is in the file.
package struct RateTable: Sendable {
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
        let information =
          24 << FixedLog2.fractionBits - FixedLog2.log2(tables.frequency(level, entry))
        let dropped = FixedLog2.fractionBits - Self.fractionBits
        let rounded = (information + 1 << (dropped - 1)) >> dropped
        rows.append(Int32(wholeBits << Self.fractionBits + rounded))
      }
    }
    self.rows = rows
  }
}
