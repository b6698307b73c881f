/// Writes the bit string of a stream (Formats/VZ-symbols.md, §2).
///
/// Values are written with their least significant bit first, into bytes from the least significant bit
/// up. The stream holds these bytes in reverse, so that a reader starts at the stream's end.
struct BitWriter {
  /// The bytes that are complete.
  private(set) var bytes: [UInt8] = []
  private var pending: UInt64 = 0
  private var pendingCount = 0

  /// Writes the low `count` bits of `value`, 0…32; all higher bits must be zero.
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

  /// Writes all bits of another string.
  mutating func append(_ other: BitWriter) {
    for byte in other.bytes { write(Int(byte), count: 8) }
    write(Int(truncatingIfNeeded: other.pending), count: other.pendingCount)
  }

  /// Returns the bits written, padded with zeros to whole bytes.
  consuming func finishedBytes() -> [UInt8] {
    if pendingCount > 0 { bytes.append(UInt8(truncatingIfNeeded: pending)) }
    return bytes
  }
}
