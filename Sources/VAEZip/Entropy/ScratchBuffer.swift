/// Memory that a coder keeps between streams: grows, never shrinks, not initialized.
package final class ScratchBuffer<Element: BitwiseCopyable> {
  package private(set) var start: UnsafeMutablePointer<Element>
  private var capacity: Int

  package init(capacity: Int = 1) {
    self.capacity = max(capacity, 1)
    start = .allocate(capacity: self.capacity)
  }

  deinit { start.deallocate() }

  /// Room for `count` elements; what was there is lost if it has to grow.
  package func reserve(_ count: Int) -> UnsafeMutableBufferPointer<Element> {
    if count > capacity {
      start.deallocate()
      capacity = count
      start = .allocate(capacity: capacity)
    }
    return UnsafeMutableBufferPointer(start: start, count: count)
  }
}
