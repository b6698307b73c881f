/// Reads the bit string of a stream, from the stream's last byte backwards.
///
/// Reading past the front gives zeros and sets `isExhausted`, which callers check once a loop.
struct BitReader {
  private let base: UnsafePointer<UInt8>
  private let count: Int
  /// Index of the first byte that belongs to the bit string: what lies before was taken by frames.
  private(set) var front = 0
  /// Index one after the next byte to load.
  private var next: Int
  private var pending: UInt64 = 0
  private var pendingCount = 0
  /// Whether more bits were asked for than there are.
  private(set) var isExhausted = false

  /// - Parameters: a whole stream, which outlives the reader, and its length in bytes.
  init(base: UnsafePointer<UInt8>, count: Int) {
    self.base = base
    self.count = count
    next = count
  }

  /// Whole bytes between the frames taken so far and the bits read so far.
  var remainingBytes: Int { next - front }

  /// Bits of the bit string and of frames that were taken so far, for reports.
  var bitsTaken: Int { (count - next + front) * 8 - pendingCount }

  /// Whether all that is left of the bit string is the filling of its last byte, zeros.
  var isAtEnd: Bool { !isExhausted && next == front && pendingCount < 8 && pending == 0 }

  /// Takes `count` bytes from the stream's front, `nil` if there are fewer.
  mutating func takeFrame(_ count: Int) -> ArraySlice<UInt8>? {
    guard count <= remainingBytes else { return nil }
    let frame = Array(UnsafeBufferPointer(start: base + front, count: count))
    front += count
    return frame[...]
  }

  /// The next `count` bits, 0…32.
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
    // No more bytes than needed: those nearer to the front may belong to a frame.
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

  /// An Exp-Golomb code as `BitWriter.writeExpGolomb` writes it, `nil` if its prefix has more than
  /// `limit` zeros.
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
