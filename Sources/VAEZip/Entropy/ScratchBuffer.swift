/// Memory that a coder keeps between streams: grows, never shrinks, not initialised.
final class ScratchBuffer<Element: BitwiseCopyable> {
  private(set) var start: UnsafeMutablePointer<Element>
  private var capacity: Int

  init(capacity: Int = 1) {
    self.capacity = max(capacity, 1)
    start = .allocate(capacity: self.capacity)
  }

  deinit { start.deallocate() }

  /// Room for `count` elements; what was there is lost if it has to grow.
  func reserve(_ count: Int) -> UnsafeMutableBufferPointer<Element> {
    if count > capacity {
      start.deallocate()
      capacity = count
      start = .allocate(capacity: capacity)
    }
    return UnsafeMutableBufferPointer(start: start, count: count)
  }
}
