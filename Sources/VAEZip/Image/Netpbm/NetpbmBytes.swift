/// The bytes of a file, one by one or many at once.
final class NetpbmBytes {
  typealias Pull = (UnsafeMutableBufferPointer<UInt8>) throws(NetpbmError) -> Int

  private let pull: Pull
  private let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 16)
  private var rest = 0..<0
  private var isAtEnd = false
  /// How many bytes were taken.
  private(set) var taken = 0

  init(_ pull: @escaping Pull) { self.pull = pull }

  deinit { buffer.deallocate() }

  private func refill() throws(NetpbmError) -> Bool {
    guard !isAtEnd else { return false }
    let count = try pull(buffer)
    isAtEnd = count == 0
    rest = 0..<count
    return !isAtEnd
  }

  /// The next byte; nil at the end.
  func next() throws(NetpbmError) -> UInt8? {
    if rest.isEmpty { guard try refill() else { return nil } }
    let byte = buffer[rest.lowerBound]
    rest = rest.lowerBound + 1..<rest.upperBound
    taken += 1
    return byte
  }

  /// Fills memory with the next bytes.
  ///
  /// - Throws: `NetpbmError.truncated` if there are fewer.
  func take(_ out: UnsafeMutableBufferPointer<UInt8>) throws(NetpbmError) {
    var done = 0
    while done < out.count {
      if rest.isEmpty { guard try refill() else { throw .truncated(offset: taken) } }
      let step = min(rest.count, out.count - done)
      _ = UnsafeMutableBufferPointer(rebasing: out[done..<done + step])
        .update(fromContentsOf: buffer[rest.prefix(step)])
      rest = rest.lowerBound + step..<rest.upperBound
      taken += step
      done += step
    }
  }
}
