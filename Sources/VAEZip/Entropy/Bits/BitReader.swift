/// Reads the bit string of a stream, from the stream's last byte backwards, and takes frames from the
/// stream's front (Formats/VZ-symbols.md, §2).
///
/// Reading more bits than there are gives zeros and sets `isExhausted`. Callers check that once per loop.
struct BitReader {
  private let base: UnsafePointer<UInt8>
  private let count: Int
  /// Index of the first byte that no frame has taken.
  private(set) var front = 0
  /// Index one past the next byte to load.
  private var next: Int
  private var pending: UInt64 = 0
  private var pendingCount = 0
  /// Whether more bits were asked for than there are.
  private(set) var isExhausted = false

  /// Makes a reader of a whole stream.
  /// - Parameters:
  ///   - base: the first byte; must stay valid while the reader is in use.
  ///   - count: the stream's length in bytes.
  init(base: UnsafePointer<UInt8>, count: Int) {
    self.base = base
    self.count = count
    next = count
  }

  /// Whole bytes between the frames taken so far and the bits read so far.
  var remainingBytes: Int { next - front }

  /// Number of bits taken so far, those of frames included. For reports.
  var bitsTaken: Int { (count - next + front) * 8 - pendingCount }

  /// Whether nothing is left but the zeros that pad the last byte.
  var isAtEnd: Bool { !isExhausted && next == front && pendingCount < 8 && pending == 0 }

  /// Takes `count` bytes from the stream's front; nil if fewer are left.
  mutating func takeFrame(_ count: Int) -> ArraySlice<UInt8>? {
    guard count <= remainingBytes else { return nil }
    let frame = Array(UnsafeBufferPointer(start: base + front, count: count))
    front += count
    return frame[...]
  }

  /// Reads the next `count` bits, 0…32, as a number.
  @inline(__always)
  mutating func read(_ count: Int) -> Int {
    if pendingCount < count { refill(count) }
    let value = pending & ((1 << UInt64(count)) &- 1)
    pending >>= UInt64(count)
    pendingCount &-= count
    return Int(truncatingIfNeeded: value)
  }

  @inline(__always)
  private mutating func refill(_ count: Int) {
    // Loads no more bytes than needed: those closer to the front may belong to a frame.
    while pendingCount < count {
      guard next > front else {
        isExhausted = true
        pendingCount = 64
        return
      }
      next -= 1
      pending |= UInt64(base[next]) << UInt64(pendingCount)
      pendingCount += 8
    }
  }
}
