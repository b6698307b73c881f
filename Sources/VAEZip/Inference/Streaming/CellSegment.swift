import CKernels
import VAEZipSupport

/// Cells of 8×8 RGB pixels side by side, in a thread's scratch memory: eight rows of interleaved
/// bytes, and room for the vectors of 192 channels that they become.
struct CellSegment {
  let bytes: UnsafeMutablePointer<UInt8>
  /// Bytes from one row of pixels to the next.
  let rowStride: Int
  let vectors: View
  private let width: Int

  init(_ scratch: Scratch, width: Int) {
    self.width = width
    bytes = scratch.bytes
    rowStride = 24 * width
    vectors = View(row: scratch.pointer, channels: 192)
  }

  /// Reads the cells at a segment of the trunk. What lies to the right of the picture repeats its
  /// last column; gray becomes three equal channels.
  func read(_ ring: RowRing, at segment: Segment) {
    let firstColumn = 8 * segment.x
    let columns = 8 * segment.width
    // In the last cells there may be no pixel of the picture: then its last column is repeated.
    let inside = max(0, min(columns, ring.grid.width - firstColumn))
    for line in 0..<8 {
      let row = ring.row(8 * segment.y + line)
      let out = bytes + line * rowStride
      switch ring.pixelBytes {
      case 3:
        out.update(from: row + 3 * firstColumn, count: 3 * inside)
        let last = row + 3 * (ring.grid.width - 1)
        for x in inside..<columns { (out + 3 * x).update(from: last, count: 3) }
      default:
        for x in 0..<columns {
          let value = row[min(firstColumn + x, ring.grid.width - 1)]
          for channel in 0..<3 { out[3 * x + channel] = value }
        }
      }
    }
  }

  /// Makes vectors of the cells, one after the other: their values minus 128.
  func unshuffle(to output: UnsafeMutablePointer<Int16>, kernels: Kernels) {
    check(vzk_unshuffle(kernels.isa, bytes, rowStride, output, 192, Int32(width)))
  }

  /// Writes the cells' pixels to a window of a picture; gray is the mean of the three channels,
  /// rounded to the nearest.
  func write(_ ring: RowRing, at segment: Segment) {
    let firstColumn = 8 * segment.x
    let inside = max(0, min(8 * segment.width, ring.grid.width - firstColumn))
    for line in 0..<8 {
      let source = bytes + line * rowStride
      let row = ring.row(8 * segment.y + line)
      switch ring.pixelBytes {
      case 3: (row + 3 * firstColumn).update(from: source, count: 3 * inside)
      default:
        for x in 0..<inside {
          let sum = UInt32(source[3 * x]) + UInt32(source[3 * x + 1]) + UInt32(source[3 * x + 2])
          row[firstColumn + x] = UInt8(truncatingIfNeeded: (sum + 1) / 3)
        }
      }
    }
  }

  /// Makes the three channels of decoded cells what a gray picture gets: see `write`.
  func average() {
    for line in 0..<8 {
      let row = bytes + line * rowStride
      for x in 0..<8 * width {
        let sum = UInt32(row[3 * x]) + UInt32(row[3 * x + 1]) + UInt32(row[3 * x + 2])
        let mean = UInt8(truncatingIfNeeded: (sum + 1) / 3)
        for channel in 0..<3 { row[3 * x + channel] = mean }
      }
    }
  }

  /// Sums the squared errors of decoded cells against a picture's; pixels outside of the picture and exact ones do not count.
  ///
  /// Of gray, the decoder takes the mean of the three channels: see `write`.
  func measure(_ source: RowRing, at segment: Segment, errors: CellErrors) {
    let sums = errors.row(segment.y) + segment.x
    let lines = max(0, min(8, source.grid.height - 8 * segment.y))
    for cell in 0..<width {
      let exact = errors.exact?(segment.x + cell, segment.y) ?? 0
      let first = 8 * (segment.x + cell)
      let columns = max(0, min(8, source.grid.width - first))
      var sum: UInt32 = 0
      for line in 0..<lines {
        let decoded = bytes + line * rowStride + 24 * cell
        let row = source.row(8 * segment.y + line) + source.pixelBytes * first
        let counted = ~UInt8(truncatingIfNeeded: exact >> UInt64(8 * line))
        func counts(_ x: Int) -> Bool { counted >> UInt8(x) & 1 == 1 }
        if source.pixelBytes != 3 {
          for x in 0..<columns where counts(x) {
            let gray = (Int32(decoded[3 * x]) + Int32(decoded[3 * x + 1]) + Int32(decoded[3 * x + 2]) + 1) / 3
            let difference = gray - Int32(row[x])
            sum &+= UInt32(truncatingIfNeeded: difference &* difference)
          }
        } else if columns == 8, counted == 0xFF {
          sum &+= Self.squaredError(decoded, row)
        } else {
          for index in 0..<3 * columns where counts(index / 3) {
            let difference = Int32(decoded[index]) - Int32(row[index])
            sum &+= UInt32(truncatingIfNeeded: difference &* difference)
          }
        }
      }
      sums[cell] = sum
    }
  }

  /// The squared error of 24 samples.
  @inline(__always)
  private static func squaredError(
    _ a: UnsafeMutablePointer<UInt8>, _ b: UnsafeMutablePointer<UInt8>
  ) -> UInt32 {
    func part(_ offset: Int) -> SIMD8<Int32> {
      let a = UnsafeRawPointer(a + offset).loadUnaligned(as: SIMD8<UInt8>.self)
      let b = UnsafeRawPointer(b + offset).loadUnaligned(as: SIMD8<UInt8>.self)
      let difference = SIMD8<Int32>(truncatingIfNeeded: a) &- SIMD8<Int32>(truncatingIfNeeded: b)
      return difference &* difference
    }
    return UInt32(truncatingIfNeeded: (part(0) &+ part(8) &+ part(16)).wrappedSum())
  }
}
