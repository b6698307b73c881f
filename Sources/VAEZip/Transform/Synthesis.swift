import CKernels

extension SynthesisNetwork {
  /// The picture of a latent ŷ, which has 1/16 of its size, rounded up.
  func image(
    of latentPlane: FeatureMap, width: Int, height: Int, channels: Image.Channels, threads: Threads
  ) -> Image {
    let grid = Grid(width: width, height: height)
    let trunkPlane = FeatureMap(
      width: grid.trunkWidth, height: grid.trunkHeight, channels: blocks.width)
    let (latent, trunk) = (View(latentPlane), View(trunkPlane))
    threads.forEach(grid.latentHeight) { row in
      up.convolve(latent.at(0, row), to: trunk.at(0, 2 * row), width: grid.latentWidth)
    }
    blocks.run(trunk: trunk, size: (grid.trunkWidth, grid.trunkHeight), threads: threads)

    let count = width * height * Int(channels.rawValue)
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      // Rows of cells are disjoint rows of pixels, and together they are all of the picture.
      nonisolated(unsafe) let base = buffer.baseAddress
      threads.forEach(
        grid.trunkHeight, makeWorker: { CellRow(cells: grid.trunkWidth) }
      ) { row, cells in
        guard let base, 8 * row < height else { return }
        output.convolve(
          trunk.at(0, row), toRGB: cells.bytes, rgbRowStride: cells.stride,
          width: grid.trunkWidth)
        cells.write(row: row, width: width, height: height, channels: channels, to: base)
      }
      initialized = count
    }
    withExtendedLifetime((latentPlane, trunkPlane)) {}
    return Image(width: width, height: height, channels: channels, pixels: pixels)
  }
}
