/// The number of bytes that a range coder with 63 bits of precision would write with the model's tables:
/// the reference against which zstd frames are measured. (G. N. N. Martin, “Range encoding: an algorithm
/// for removing redundancy from a digitised message”, 1979. The size does not depend on carries.)
struct RangeCoderSize {
  /// Width of the interval, below 2⁶³.
  private var range: UInt64 = 1 << 62
  /// Number of bits that were shifted out of `range`.
  private var shifted = 0

  /// Narrows the interval to `frequency` of 2^`bits`.
  private mutating func narrow(to frequency: UInt64, bits: Int) {
    range = (range >> UInt64(bits)) * frequency
    while range < 1 << 54 {
      range <<= 8
      shifted += 8
    }
  }

  /// Codes a symbol: the reduced magnitude, bypass bits, an escape, the sign.
  mutating func add(_ cost: SymbolCost) {
    narrow(to: cost.frequency, bits: ScaleTables.totalBits)
    narrow(to: 1, bits: cost.bypassBits)
    narrow(to: 1, bits: cost.escapeBits)
    narrow(to: 1, bits: cost.signBits)
  }

  /// The fewest whole bytes that identify the final interval whatever bytes follow.
  var bytes: Int {
    let bits = shifted + 62 - Int(range).leadingBit + 1
    return (max(bits, 0) + 7) / 8
  }
}
