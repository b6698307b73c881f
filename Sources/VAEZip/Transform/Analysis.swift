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
  func latent(of image: Image, kernels: Kernels, threads: Threads) -> FeatureMap {
    let grid = Grid(width: image.width, height: image.height)
    let trunkPlane = FeatureMap(
      width: grid.trunkWidth, height: grid.trunkHeight, channels: blocks.width)
    let trunk = View(trunkPlane)
    // One row of cells of 8×8 pixels: the picture, replicated at its borders, then its vectors.
    threads.forEach(
      grid.trunkHeight,
      makeWorker: { (CellRow(cells: grid.trunkWidth), Scratch(elements: grid.trunkWidth * 192)) }
    ) { row, worker in
      let (cells, vectors) = worker
      cells.read(image, row: row)
      check(
        vzk_unshuffle(
          kernels.isa, cells.bytes, cells.stride, vectors.pointer, 192,
          Int32(grid.trunkWidth)))
      input.convolve(
        View(row: vectors.pointer, channels: 192), to: trunk.at(0, row), width: grid.trunkWidth)
      withExtendedLifetime(worker) {}
    }
    blocks.run(
      trunk: trunk, size: (grid.trunkWidth, grid.trunkHeight), threads: threads)

    let latentPlane = FeatureMap(
      width: grid.latentWidth, height: grid.latentHeight, channels: latentWidth)
    let latent = View(latentPlane)
    threads.forEach(grid.latentHeight) { row in
      down.convolve(
        trunk.at(0, 2 * row), to: latent.at(0, row), width: grid.latentWidth, kernel: 3, stride: 2
      )
    }
    withExtendedLifetime(trunkPlane) {}
    return latentPlane
  }
}

/// A row of cells of 8×8 RGB pixels: eight rows of interleaved bytes.
final class CellRow {
  let bytes: UnsafeMutablePointer<UInt8>
  /// Bytes from one row of pixels to the next.
  let stride: Int
  private let columns: Int

  init(cells: Int) {
    columns = 8 * cells
    stride = 24 * cells
    bytes = .allocate(capacity: 8 * stride)
    bytes.initialize(repeating: 0, count: 8 * stride)
  }

  deinit { bytes.deallocate() }

  /// Reads pixel rows 8 · `row` … 8 · `row` + 7. What lies outside of the picture repeats its last
  /// column and row; grey becomes three equal channels.
  func read(_ image: Image, row: Int) {
    image.pixels.withUnsafeBufferPointer { pixels in
      for line in 0..<8 {
        let y = min(8 * row + line, image.height - 1)
        let out = bytes + line * stride
        switch image.channels {
        case .rgb:
          let start = y * image.width * 3
          for index in 0..<3 * image.width { out[index] = pixels[start + index] }
        case .grey:
          let start = y * image.width
          for x in 0..<image.width {
            let value = pixels[start + x]
            out[3 * x] = value
            out[3 * x + 1] = value
            out[3 * x + 2] = value
          }
        }
        for index in 3 * image.width..<max(3 * columns, 3 * image.width) {
          out[index] = out[index - 3]
        }
      }
    }
  }

  /// Writes the pixel rows that lie inside of the picture into `pixels`; grey is the mean of the
  /// three channels, rounded to the nearest.
  func write(
    row: Int, width: Int, height: Int, channels: Image.Channels,
    to pixels: UnsafeMutablePointer<UInt8>
  ) {
    for line in 0..<min(8, height - 8 * row) {
      let source = bytes + line * stride
      let y = 8 * row + line
      switch channels {
      case .rgb: (pixels + y * width * 3).update(from: source, count: width * 3)
      case .grey:
        let out = pixels + y * width
        for x in 0..<width {
          let sum = UInt32(source[3 * x]) + UInt32(source[3 * x + 1]) + UInt32(source[3 * x + 2])
          out[x] = UInt8(truncatingIfNeeded: (sum + 1) / 3)
        }
      }
    }
  }
}
