import CKernels
import VAEZipModel
import VAEZipSupport

extension AnalysisNetwork {
  /// The stages from pixels to the latent v.
  package struct Stages<Failure: Error> {
    /// Reads the pixels; its rows are rows of the trunk.
    package let first: Pipeline<Failure>.Stage
    /// Writes rows of the latent.
    package let last: Pipeline<Failure>.Stage
  }

  /// Adds the stages that make the latent of a picture: 1/16 of its size, rounded up.
  ///
  /// - Parameters:
  ///   - gains: from the analysis' y to v.
  ///   - pixels: padded to whole latent positions. The caller lets the first stage wait for them.
  ///   - latent: v; for its rows, the caller lets the last stage wait.
  ///   - stripHeight: see `StackPlan`.
  package func add<Failure>(
    to pipeline: Pipeline<Failure>, pixels: RowRing, latent: Rows, gains: Gains,
    threads: Threads, stripHeight: Int?
  ) -> Stages<Failure> {
    let grid = pixels.grid
    let plan = plan(grid, threads: threads, stripHeight: stripHeight)
    let count = finishedRows(plan)
    let finished = FeatureMap(
      width: grid.trunkWidth, height: count + 1, channels: blocks.width, isRing: true)
    pipeline.keep(finished)
    // At first, it is the row of zeros above the picture.
    finished.pixel(0, 0).update(repeating: 0, count: grid.trunkWidth * blocks.width)
    let above = View(finished)
    func repeats(_ y: Int) -> Bool { y % count == count - 1 && y + 1 < grid.trunkHeight }

    let stack: StackStages<Failure> = blocks.add(
      to: pipeline, plan: plan, output: Rows(ring: above.at(0, 1), count: count),
      head: { segment, place, scratch in
        let cells = CellSegment(scratch, width: segment.width)
        cells.read(pixels, at: segment)
        cells.unshuffle(to: cells.vectors.pointer, kernels: kernels)
        input.convolve(cells.vectors, to: place, width: segment.width)
      },
      tail: { segment, place, _ in
        if repeats(segment.y) {
          above.at(segment.x, 0).copy(place, width: segment.width, channels: blocks.width)
        }
      })
    let latentSegment = 72
    let down = pipeline.add(
      rows: grid.latentHeight, units: (grid.latentWidth + latentSegment - 1) / latentSegment
    ) { row, unit, _ in
      let x = unit * latentSegment
      let (place, width) = (latent.at(x, row), min(latentSegment, grid.latentWidth - x))
      self.down.convolve(
        above.at(2 * x, 2 * row % count + 1), to: place, width: width, kernel: 3, stride: 2)
      check(
        vzk_gain(
          kernels.isa, place.source, gains.mantissas, gains.shifts, place.sink,
          Int32(latentWidth), Int32(width)))
    }
    // The ring's row 0 is the row of zeros. The first row that is kept twice takes its place.
    let isWhole = count == grid.trunkHeight
    pipeline.connect(
      RingSchedule(height: grid.trunkHeight + 1, capacity: isWhole ? count + 1 : count),
      from: stack.last, RingRows(step: stack.lastStep, first: 1),
      to: down, RingRows(step: 2, after: 1))
    return Stages(first: stack.head, last: down)
  }

  private func plan(_ grid: Grid, threads: Threads, stripHeight: Int?) -> StackPlan {
    StackPlan(
      width: grid.trunkWidth, height: grid.trunkHeight, scratchChannels: 192, usesCells: true,
      threads: threads, stripHeight: stripHeight)
  }

  /// Rows of the ring of the finished trunk. The convolution after it wants its three rows one
  /// after the other in memory. It begins at odd rows, so the ring has an even number of rows, and
  /// the last of them a second place above the first.
  private func finishedRows(_ plan: StackPlan) -> Int {
    min((plan.slack + 5) / 2 * 2, plan.height)
  }

  /// Bytes of memory that the stages take.
  package func byteCount(_ grid: Grid, threads: Threads, stripHeight: Int?) -> Int {
    let plan = plan(grid, threads: threads, stripHeight: stripHeight)
    return blocks.byteCount(plan, threads: threads)
      + FeatureMap.byteCount(
        width: plan.width, height: finishedRows(plan) + 1, channels: blocks.width, isRing: true)
  }
}
