/// Memory that a coder reuses from stream to stream. It grows, never shrinks, and is not initialized.
final class ScratchBuffer<Element: BitwiseCopyable> {
  /// The first element. Invalid once `reserve` has to grow.
  private(set) var start: UnsafeMutablePointer<Element>
  private var capacity: Int

  /// Allocates room for `capacity` elements, at least one.
  init(capacity: Int = 1) {
    self.capacity = max(capacity, 1)
    start = .allocate(capacity: self.capacity)
  }

  deinit { start.deallocate() }

  /// Makes room for `count` elements. If the buffer has to grow, its contents are lost.
  func reserve(_ count: Int) -> UnsafeMutableBufferPointer<Element> {
    if count > capacity {
      start.deallocate()
      capacity = count
      start = .allocate(capacity: capacity)
    }
    return UnsafeMutableBufferPointer(start: start, count: count)
  }
}
