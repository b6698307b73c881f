/// Cells of 8×8 RGB pixels side by side, in a thread's scratch memory: eight rows of interleaved
/// bytes, and room for the vectors of 192 channels that they become.
struct CellSegment {
  let bytes: UnsafeMutablePointer<UInt8>
  /// Bytes from one row of pixels to the next.
  let rowStride: Int
  let vectors: View

  init(_ scratch: Scratch, width: Int) {
    bytes = scratch.bytes
    rowStride = 24 * width
    vectors = View(row: scratch.pointer, channels: 192)
  }

  /// Reads the cells at a segment of the trunk. What lies outside of the picture repeats its last
  /// column and row; grey becomes three equal channels.
  func read(
    _ pixels: UnsafeBufferPointer<UInt8>, width: Int, height: Int, channels: Image.Channels,
    at segment: Segment
  ) {
    let firstColumn = 8 * segment.x
    let columns = 8 * segment.width
    // In the last cells there may be no pixel of the picture: then its last column is repeated.
    let inside = max(0, min(columns, width - firstColumn))
    for line in 0..<8 {
      let y = min(8 * segment.y + line, height - 1)
      let out = bytes + line * rowStride
      switch channels {
      case .rgb:
        let row = y * width * 3
        for index in 0..<3 * inside { out[index] = pixels[row + 3 * firstColumn + index] }
        for x in inside..<columns {
          for channel in 0..<3 { out[3 * x + channel] = pixels[row + 3 * (width - 1) + channel] }
        }
      case .grey:
        let row = y * width
        for x in 0..<columns {
          let value = pixels[row + min(firstColumn + x, width - 1)]
          for channel in 0..<3 { out[3 * x + channel] = value }
        }
      }
    }
  }
}

/// A picture that is written by several threads, each its own pixels.
struct PixelRows: @unchecked Sendable {
  let base: UnsafeMutablePointer<UInt8>
  /// In pixels.
  let width, height: Int
  let channels: Image.Channels

  /// Writes the pixels of cells that lie inside of the picture; grey is the mean of the three
  /// channels, rounded to the nearest.
  func write(_ cells: CellSegment, at segment: Segment) {
    let firstColumn = 8 * segment.x
    let inside = max(0, min(8 * segment.width, width - firstColumn))
    for line in 0..<max(0, min(8, height - 8 * segment.y)) {
      let source = cells.bytes + line * cells.rowStride
      let start = (8 * segment.y + line) * width + firstColumn
      switch channels {
      case .rgb: (base + 3 * start).update(from: source, count: 3 * inside)
      case .grey:
        for x in 0..<inside {
          let sum = UInt32(source[3 * x]) + UInt32(source[3 * x + 1]) + UInt32(source[3 * x + 2])
          base[start + x] = UInt8(truncatingIfNeeded: (sum + 1) / 3)
        }
      }
    }
  }
}
