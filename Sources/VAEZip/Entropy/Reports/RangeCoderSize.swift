/// How many bytes a range coder with 63 bits of precision takes with the tables of the model as they
/// are: what zstd frames are measured against. (Martin, “Range encoding: an algorithm for removing
/// redundancy from a digitised message”, 1979; the size does not depend on carries.)
struct RangeCoderSize {
  /// The width of the interval, below 2⁶³; what was shifted out of it is `shifted` bits.
  private var range: UInt64 = 1 << 62
  private var shifted = 0

  /// Narrows the interval to `frequency` of 2^`bits`.
  private mutating func narrow(to frequency: UInt64, bits: UInt64) {
    range = (range >> bits) * frequency
    while range < 1 << 54 {
      range <<= 8
      shifted += 8
    }
  }

  /// Codes a symbol: the reduced magnitude, an escape, dropped bits, the sign.
  mutating func add(_ symbol: Int16, level: UInt8, _ tables: ScaleTables) {
    let level = Int(min(level, 63))
    let raw = UInt64(tables.rawBits[level])
    let magnitude = Int(symbol.magnitude)
    let reduced = magnitude >> Int(raw)
    let entry = min(reduced, ScaleTables.escape)
    narrow(to: tables.frequency(level, entry), bits: 24)
    if raw > 0 { narrow(to: 1, bits: raw) }
    if entry == ScaleTables.escape {
      // An Exp-Golomb code of the excess.
      let length = Int.bitWidth - 1 - (reduced - entry + 1).leadingZeroBitCount
      narrow(to: 1, bits: UInt64(2 * length + 1))
    }
    if magnitude != 0 { narrow(to: 1, bits: 1) }
  }

  /// Whole bytes, so many that some number that they begin lies in the interval whatever follows.
  var bytes: Int {
    let bits = shifted + 62 - (63 - range.leadingZeroBitCount) + 1
    return (max(bits, 0) + 7) / 8
  }
}
