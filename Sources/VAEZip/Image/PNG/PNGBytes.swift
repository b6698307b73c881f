/// The bytes of a PNG on their way from a file to libpng.
final class PNGBytes {
  /// Writes some of the next bytes to memory; returns their number, 0 at the end.
  typealias Pull = (UnsafeMutableBufferPointer<UInt8>) throws(PNGError) -> Int

  private let pull: Pull
  private let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 16)
  /// The bytes of the buffer that were not taken yet.
  private var rest = 0..<0
  private var isAtEnd = false
  /// How many bytes were taken.
  private(set) var taken = 0
  /// What `pull` threw.
  private(set) var failure: PNGError?

  init(_ pull: @escaping Pull) { self.pull = pull }

  deinit { buffer.deallocate() }

  /// The first bytes, as many as there are of `count`, which stay to be taken. To be called first.
  func peek(_ count: Int) throws(PNGError) -> [UInt8] {
    while rest.count < count, !isAtEnd {
      let got = try pull(UnsafeMutableBufferPointer(rebasing: buffer[rest.upperBound...]))
      isAtEnd = got == 0
      rest = rest.lowerBound..<rest.upperBound + got
    }
    return Array(buffer[rest].prefix(count))
  }

  /// Writes `count` bytes to memory; false if there are fewer, or `failure` came.
  func take(_ out: UnsafeMutablePointer<UInt8>, _ count: Int) -> Bool {
    var done = 0
    while done < count {
      if rest.isEmpty, !refill() { return false }
      let step = min(rest.count, count - done)
      guard let base = buffer.baseAddress else { return false }
      (out + done).update(from: base + rest.lowerBound, count: step)
      advance(step)
      done += step
    }
    return true
  }

  /// The next `count` bytes; nil if there are fewer, or `failure` came. Memory is allocated for what is
  /// there.
  func take(_ count: Int) -> [UInt8]? {
    var result: [UInt8] = []
    while result.count < count {
      if rest.isEmpty, !refill() { return nil }
      let step = min(rest.count, count - result.count)
      result.append(contentsOf: buffer[rest.prefix(step)])
      advance(step)
    }
    return result
  }

  /// Passes over `count` bytes; false if there are fewer, or `failure` came.
  func skip(_ count: Int) -> Bool {
    var left = count
    while left > 0 {
      if rest.isEmpty, !refill() { return false }
      let step = min(rest.count, left)
      advance(step)
      left -= step
    }
    return true
  }

  private func advance(_ step: Int) {
    rest = rest.lowerBound + step..<rest.upperBound
    taken += step
  }

  /// How many bytes are left, counted up to some megabytes.
  func countRest() throws(PNGError) -> Int {
    var count = rest.count
    rest = 0..<0
    while count < 1 << 22, refill() {
      count += rest.count
      rest = 0..<0
    }
    if let failure { throw failure }
    return count
  }

  private func refill() -> Bool {
    guard !isAtEnd, failure == nil else { return false }
    do throws(PNGError) {
      let got = try pull(buffer)
      isAtEnd = got == 0
      rest = 0..<got
    } catch {
      failure = error
    }
    return failure == nil && !isAtEnd
  }
}
