/// Writes the bit string of a stream: values least significant bit first, into bytes from the least
/// significant bit up. (In the stream its bytes stand in reverse, so that a reader starts at the end.)
struct BitWriter {
  private(set) var bytes: [UInt8] = []
  private var pending: UInt64 = 0
  private var pendingCount = 0

  /// Number of bits written.
  var bitCount: Int { bytes.count * 8 + pendingCount }

  /// The low `count` bits of `value`, 0…32; the bits above must be zero.
  @inline(__always)
  mutating func write(_ value: Int, count: Int) {
    pending |= UInt64(truncatingIfNeeded: value) << UInt64(pendingCount)
    pendingCount += count
    while pendingCount >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: pending))
      pending >>= 8
      pendingCount -= 8
    }
  }

  /// An Exp-Golomb code of `value` ≥ 0: with v = (value >> k) + 1 of n + 1 bits, n zeros, a one, the
  /// low n bits of v, then the low k bits of `value`.
  mutating func writeExpGolomb(_ value: Int, k: Int) {
    let high = (value >> k) + 1
    let n = Int.bitWidth - 1 - high.leadingZeroBitCount
    write(0, count: n)
    write(1, count: 1)
    write(high - (1 << n), count: n)
    write(value & ((1 << k) - 1), count: k)
  }

  /// All bits of another string.
  mutating func append(_ other: BitWriter) {
    for byte in other.bytes { write(Int(byte), count: 8) }
    write(Int(truncatingIfNeeded: other.pending), count: other.pendingCount)
  }

  /// The bits so far, filled with zeros to whole bytes.
  consuming func finishedBytes() -> [UInt8] {
    if pendingCount > 0 { bytes.append(UInt8(truncatingIfNeeded: pending)) }
    return bytes
  }
}
