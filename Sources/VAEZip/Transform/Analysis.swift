import CKernels

/// A picture cut into the grids that the network works on. All sizes are rounded up.
struct Grid: Sendable, Equatable {
  /// In pixels.
  let width, height: Int
  /// Latent positions: 1/16 resolution.
  var latentWidth: Int { (width + 15) / 16 }
  var latentHeight: Int { (height + 15) / 16 }
  /// Positions of the transforms' trunks: 1/8 resolution of the padded picture.
  var trunkWidth: Int { 2 * latentWidth }
  var trunkHeight: Int { 2 * latentHeight }
}

extension AnalysisNetwork {
  /// The latent y of a picture: 1/16 of its size, rounded up.
  ///
  /// - Parameter stripHeight: rows of the trunk that are worked on at a time; the result does not
  ///   depend on it.
  func latent(
    of image: Image, kernels: Kernels, threads: Threads, stripHeight: Int? = nil
  ) -> FeatureMap {
    let grid = Grid(width: image.width, height: image.height)
    let latent = FeatureMap(
      width: grid.latentWidth, height: grid.latentHeight, channels: latentWidth)
    let schedule = BlockStack.Schedule(
      width: grid.trunkWidth, height: grid.trunkHeight, threads: threads,
      usesCells: true, stripHeight: stripHeight)
    let window = FinishedRows(
      width: grid.trunkWidth, channels: blocks.width,
      strip: schedule.rowsPerStrip + blocks.blocks.count)
    var finishedLatents = 0
    image.pixels.withUnsafeBufferPointer { pixels in
      // Read by all threads, written by none.
      nonisolated(unsafe) let pixels = pixels
      blocks.run(
        schedule,
        head: { segment, place, scratch in
          let cells = CellSegment(scratch, width: segment.width)
          cells.read(
            pixels, width: image.width, height: image.height, channels: image.channels,
            at: segment)
          check(
            vzk_unshuffle(
              kernels.isa, cells.bytes, cells.rowStride, cells.vectors.pointer, 192,
              Int32(segment.width)))
          input.convolve(cells.vectors, to: place, width: segment.width)
        },
        tail: { segment, place, _ in window.keep(segment, place) },
        finished: { rows in
          let first = finishedLatents
          threads.forEach(rows / 2 - first) { index in
            let row = first + index
            down.convolve(
              window.row(2 * row), to: View(latent).at(0, row), width: grid.latentWidth,
              kernel: 3, stride: 2)
          }
          finishedLatents = rows / 2
          window.keepOnly(2 * finishedLatents - 1..<rows)
        })
    }
    return latent
  }
}

/// The finished rows of a trunk that a 3×3 convolution of stride 2 still needs, one after the other
/// in memory as the kernel wants them. At first, that is the row of zeros above the picture.
private final class FinishedRows: @unchecked Sendable {
  // Segments are written by different threads, all else happens while none of them runs.
  private let map: FeatureMap
  private var firstRow = -1

  /// - Parameter strip: the largest number of rows that become finished at a time.
  init(width: Int, channels: Int, strip: Int) {
    map = FeatureMap(width: width, height: strip + 2, channels: channels)
    map.pixel(0, 0).update(repeating: 0, count: width * channels)
  }

  func keep(_ segment: Segment, _ place: View) {
    map.pixel(segment.x, segment.y - firstRow)
      .update(from: place.pointer, count: segment.width * map.channels)
  }

  func row(_ row: Int) -> View { View(map).at(0, row - firstRow) }

  func keepOnly(_ rows: Range<Int>) {
    map.pixel(0, 0).update(
      from: map.pixel(0, rows.lowerBound - firstRow), count: rows.count * map.rowStride)
    firstRow = rows.lowerBound
  }
}
