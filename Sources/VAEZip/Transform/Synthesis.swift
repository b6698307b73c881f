import CKernels

extension SynthesisNetwork {
  /// Adds the stages that make the picture of a latent, which has 1/16 of its size, rounded up.
  ///
  /// - Parameters:
  ///   - latent: for its rows, the caller lets the head wait.
  ///   - pixels: for room in them, the caller lets the last stage wait.
  ///   - stripHeight: see `BlockStack.Plan`.
  func add<Failure>(
    to pipeline: Pipeline<Failure>, latent: Rows, pixels: PixelRing, threads: Threads,
    stripHeight: Int?
  ) -> BlockStack.Stages<Failure> {
    blocks.add(
      to: pipeline, plan: plan(pixels.grid, threads: threads, stripHeight: stripHeight),
      head: { segment, place, _ in
        // Segments begin at even pixels, and are of even width.
        up.convolve(
          latent.at(segment.x / 2, segment.y / 2), to: place, width: segment.width / 2)
      },
      tail: { segment, place, scratch in
        let cells = CellSegment(scratch, width: segment.width)
        output.convolve(
          place, toRGB: cells.bytes, rgbRowStride: cells.rowStride, width: segment.width)
        cells.write(pixels, at: segment)
      })
  }

  private func plan(_ grid: Grid, threads: Threads, stripHeight: Int?) -> BlockStack.Plan {
    BlockStack.Plan(
      width: grid.trunkWidth, height: grid.trunkHeight, headRows: 2, usesCells: true,
      threads: threads, stripHeight: stripHeight)
  }

  /// Bytes of memory that the stages take.
  func byteCount(_ grid: Grid, threads: Threads, stripHeight: Int?) -> Int {
    blocks.byteCount(
      plan(grid, threads: threads, stripHeight: stripHeight), threads: threads)
  }
}
