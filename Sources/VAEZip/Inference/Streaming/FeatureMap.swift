/// Fixed-point activations of a part of an image: rows of pixels, channels innermost, with a border
/// of one zero pixel on all sides, so that 3×3 convolutions need no special cases.
///
/// A ring of rows has no border above and below (`isRing`): its rows have no fixed neighbors there. That
/// halves the memory of a picture that is wide and flat.
///
/// Threads share a map: they write disjoint rows, and read rows that were finished before, as the waits of a
/// `Pipeline` make sure. That is why it can be `Sendable`.
package final class FeatureMap: @unchecked Sendable {
  package let width: Int
  package let height: Int
  package let channels: Int
  /// Elements from a pixel to the one below it.
  package let rowStride: Int
  /// Rows of the border above the first one: 0 or 1.
  private let rowsAbove: Int
  private let memory: UnsafeMutablePointer<Int16>

  /// Elements after the last pixel that a kernel may read, but not use.
  private static let slack = 64

  /// Bytes of memory that a map takes.
  package static func byteCount(width: Int, height: Int, channels: Int, isRing: Bool = false) -> Int {
    MemoryLayout<Int16>.stride * ((height + (isRing ? 0 : 2)) * (width + 2) * channels + slack)
  }

  /// The border is zero; pixels have no defined values.
  package init(width: Int, height: Int, channels: Int, isRing: Bool = false) {
    self.width = width
    self.height = height
    self.channels = channels
    rowStride = (width + 2) * channels
    rowsAbove = isRing ? 0 : 1
    let byteCount = Self.byteCount(width: width, height: height, channels: channels, isRing: isRing)
    let capacity = byteCount / MemoryLayout<Int16>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
    memory = raw.bindMemory(to: Int16.self, capacity: capacity)
    for y in 0..<height {
      pixel(-1, y).update(repeating: 0, count: channels)
      pixel(width, y).update(repeating: 0, count: channels)
    }
    if !isRing { memory.update(repeating: 0, count: rowStride) }
    let end = (rowsAbove + height) * rowStride
    memory.advanced(by: end).update(repeating: 0, count: capacity - end)
  }

  deinit { memory.deallocate() }

  /// The first channel of a pixel; −1 and `width`, `height` are the border.
  @inline(__always)
  package func pixel(_ x: Int, _ y: Int) -> UnsafeMutablePointer<Int16> {
    assert(x >= -1 && x <= width && y >= -rowsAbove && y < height + rowsAbove)
    let row: Int = (y + rowsAbove) * rowStride
    return memory + row + (x + 1) * channels
  }
}

/// Memory of one thread for what lies between the layers of a segment.
package final class Scratch {
  package let pointer: UnsafeMutablePointer<Int16>
  /// Apart from the former, for pixels.
  package let bytes: UnsafeMutablePointer<UInt8>

  /// The memory has no defined values.
  package init(elements: Int, bytes byteCount: Int) {
    let raw = UnsafeMutableRawPointer.allocate(byteCount: elements * 2, alignment: 64)
    pointer = raw.bindMemory(to: Int16.self, capacity: elements)
    let rawBytes = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
    bytes = rawBytes.bindMemory(to: UInt8.self, capacity: byteCount)
  }

  deinit {
    pointer.deallocate()
    bytes.deallocate()
  }
}
