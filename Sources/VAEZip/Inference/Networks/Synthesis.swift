import CKernels
import VAEZipModel
import VAEZipSupport

extension SynthesisNetwork {
  /// Adds the stages that make the picture of a latent, which has 1/16 of its size, rounded up.
  ///
  /// - Parameters:
  ///   - latent: v̂; for its rows, the caller lets the head wait.
  ///   - gains: from v̂ to ŷ.
  ///   - pixels: for room in them, the caller lets the last stage wait.
  ///   - stripHeight: see `StackPlan`.
  package func add<Failure>(
    to pipeline: Pipeline<Failure>, latent: Rows, gains: Gains, pixels: RowRing,
    threads: Threads, stripHeight: Int?
  ) -> StackStages<Failure> {
    add(
      to: pipeline, latent: latent, gains: gains, grid: pixels.grid, threads: threads,
      stripHeight: stripHeight
    ) { $0.write(pixels, at: $1) }
  }

  /// Adds the stages that measure the errors of a latent's picture, without keeping the picture.
  ///
  /// - Parameters:
  ///   - latent: v̂; for its rows, the caller lets the head wait.
  ///   - gains: from v̂ to ŷ.
  ///   - source: the picture as it should be; for its rows, the caller lets the last stage wait.
  ///   - errors: is filled.
  ///   - stripHeight: see `StackPlan`.
  package func addMeasuring<Failure>(
    to pipeline: Pipeline<Failure>, latent: Rows, gains: Gains, source: RowRing, errors: CellErrors,
    threads: Threads, stripHeight: Int?
  ) -> StackStages<Failure> {
    add(
      to: pipeline, latent: latent, gains: gains, grid: source.grid, threads: threads,
      stripHeight: stripHeight
    ) { $0.measure(source, at: $1, errors: errors) }
  }

  /// Adds the stages that decode a latent, and hand out the decoded cells.
  private func add<Failure>(
    to pipeline: Pipeline<Failure>, latent: Rows, gains: Gains, grid: Grid, threads: Threads,
    stripHeight: Int?, onCells: @escaping @Sendable (CellSegment, Segment) -> Void
  ) -> StackStages<Failure> {
    blocks.add(
      to: pipeline, plan: plan(grid, threads: threads, stripHeight: stripHeight),
      head: head(latent: latent, gains: gains),
      tail: { segment, place, scratch in
        let cells = CellSegment(scratch, width: segment.width)
        output.convolve(
          place, toRGB: cells.bytes, rgbRowStride: cells.rowStride, width: segment.width)
        onCells(cells, segment)
      })
  }

  /// By how many rows of the trunk a change of the trunk spreads.
  package var reach: Int { blocks.count }

  /// From v̂ to two rows of the trunk. Segments begin at even pixels, and are of even width.
  package func head(latent: Rows, gains: Gains) -> SegmentStep {
    { segment, place, scratch in
      let row = View(row: scratch.pointer, channels: latentWidth)
      latent.at(segment.x / 2, segment.y / 2)
        .scale(by: gains, to: row, channels: latentWidth, width: segment.width / 2, kernels)
      up.convolve(row, to: place, width: segment.width / 2)
    }
  }

  /// - Parameter scratchChannels: for the tail.
  package func plan(
    _ grid: Grid, threads: Threads, stripHeight: Int?, scratchChannels: Int = 0
  ) -> StackPlan {
    StackPlan(
      width: grid.trunkWidth, height: grid.trunkHeight, headRows: 2,
      scratchChannels: max(latentWidth, scratchChannels), usesCells: true, threads: threads,
      stripHeight: stripHeight)
  }

  /// Bytes of memory that the stages take.
  package func byteCount(_ grid: Grid, threads: Threads, stripHeight: Int?) -> Int {
    blocks.byteCount(
      plan(grid, threads: threads, stripHeight: stripHeight), threads: threads)
  }
}
