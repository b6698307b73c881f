import CKernels
import VAEZipModel
import VAEZipSupport

/// How the squared error of a picture falls when its latent changes: the exact derivative of the
/// synthesis' layers, in integers, by going back through them.
///
/// The way there and back streams through a pipeline, row by row as the synthesis itself does.
package struct SynthesisGradient: Sendable {
  package let synthesis: SynthesisNetwork
  package let transposed: TransposedSynthesis

  package init(synthesis: SynthesisNetwork, transposed: TransposedSynthesis) {
    self.synthesis = synthesis
    self.transposed = transposed
  }

  /// Uses Jᵀ(x − S(ŷ)) of some latents of a row: half of the squared error's descent for each,
  /// where the latent's unit is 1 and pixels are gray values; with
  /// `TransposedSynthesis.fractionBits` fraction bits. It may be changed in place.
  package typealias Use = (_ x: Int, _ y: Int, _ width: Int, _ descent: View) -> Void

  /// Their rows are rows of the latent, but for those of `errors`.
  package struct Stages<Failure: Error> {
    /// Reads the latent.
    package let head: Pipeline<Failure>.Stage
    /// Looks at the picture; its last stage's rows count.
    package let errors: StackStages<Failure>
    /// Uses the descent.
    package let last: Pipeline<Failure>.Stage
  }

  /// Latents of a row whose descent is computed at a time.
  private static let unitWidth = StackPlan.maximalSegmentWidth / 2

  /// Rows of the latent below one whose descent is used that must have been read.
  package var lookahead: Int { synthesis.blocks.count + 1 }

  /// Adds the stages from a latent to the descent.
  ///
  /// - Parameters:
  ///   - latent: v̂; for its rows, the caller lets the head wait.
  ///   - gains: from v̂ to ŷ.
  ///   - pixels: x, padded to whole latent positions; for its rows, the caller lets `errors` wait.
  ///   - stripHeight: see `StackPlan`.
  package func add<Failure>(
    to pipeline: Pipeline<Failure>, latent: Rows, gains: Gains, pixels: RowRing,
    threads: Threads, stripHeight: Int?, use: @escaping Use
  ) -> Stages<Failure> {
    let grid = pixels.grid
    let plans = plans(grid, threads: threads, stripHeight: stripHeight)
    let channels = synthesis.blocks.width
    let signs = SignRings(
      plans.there, blocks: synthesis.blocks.count, channels: channels,
      kernels: synthesis.kernels)
    pipeline.keep(signs)
    var there = synthesis.blocks
    there.signs = signs
    let back = TransposedBlocks(width: channels, blocks: transposed.blocks, signs: signs)
    let gradient = StackWindows(plans.back, blocks: back.count, channels: channels)

    let errors: StackStages<Failure> = there.add(
      to: pipeline, plan: plans.there, head: synthesis.head(latent: latent, gains: gains),
      tail: { segment, place, scratch in
        transposed.output.convolve(
          self.errors(segment, trunk: place, pixels: pixels, scratch),
          to: gradient.trunk.at(segment.x, segment.y), width: segment.width)
        back.begin(segment, gradient, scratch)
      })
    let returning = back.add(
      to: pipeline, plan: plans.back, gradient, behind: errors.last, step: errors.lastStep)
    for (block, stage) in errors.blocks.enumerated() {
      pipeline.makeRoom(
        RingSchedule(height: grid.trunkHeight, capacity: signs.rows(block)),
        for: stage, after: returning.blocks[back.count - 1 - block])
    }

    let width = grid.latentWidth
    pipeline.reserve(elements: scratchElements)
    let last = pipeline.add(
      rows: grid.latentHeight, units: (width + Self.unitWidth - 1) / Self.unitWidth
    ) { y, unit, scratch in
      let x = unit * Self.unitWidth
      let count = min(Self.unitWidth, width - x)
      let gathered = View(row: scratch.pointer, channels: 4 * channels)
      for index in 0..<count {
        // Two pixels side by side, then the two below them.
        let target = gathered.at(index, 0).pointer
        let source = (x + index) * 2
        target.update(from: gradient.trunk.at(source, 2 * y).pointer, count: 2 * channels)
        (target + 2 * channels).update(
          from: gradient.trunk.at(source, 2 * y + 1).pointer, count: 2 * channels)
      }
      let descent = View(
        row: scratch.pointer + 4 * channels * count, channels: transposed.latentWidth)
      transposed.up.convolve(gathered, to: descent, width: count)
      use(x, y, count, descent)
    }
    // The blocks change the gradient's rows in place, so the ring has a writer at either end.
    let ring = RingSchedule(height: grid.trunkHeight, capacity: gradient.trunk.count)
    pipeline.supply(ring, from: returning.last, returning.lastRows, to: last, RingRows(step: 2))
    pipeline.makeRoom(ring, for: errors.last, errors.lastRows, after: last, RingRows(step: 2))
    return Stages(head: errors.head, errors: errors, last: last)
  }

  /// Bytes of memory that the stages take.
  package func byteCount(_ grid: Grid, threads: Threads, stripHeight: Int?) -> Int {
    let plans = plans(grid, threads: threads, stripHeight: stripHeight)
    let (blocks, channels) = (synthesis.blocks.count, synthesis.blocks.width)
    return 2 * synthesis.blocks.byteCount(plans.there, threads: threads)
      + SignRings.byteCount(plans.there, blocks: blocks, channels: channels)
      + threads.count * MemoryLayout<Int16>.stride * scratchElements
  }

  /// Of a thread, for the last stage.
  private var scratchElements: Int {
    (4 * synthesis.blocks.width + transposed.latentWidth) * Self.unitWidth
  }

  private func plans(
    _ grid: Grid, threads: Threads, stripHeight: Int?
  ) -> (there: StackPlan, back: StackPlan) {
    let there = synthesis.plan(
      grid, threads: threads, stripHeight: stripHeight, scratchChannels: 2 * 192)
    // Rows are used in pairs.
    let back = StackPlan(
      width: grid.trunkWidth, height: grid.trunkHeight, headRows: 2, threads: threads,
      stripHeight: stripHeight)
    return (there, back)
  }

  /// The pixels' errors, in the order of the synthesis' last layer; zero outside of the picture.
  private func errors(
    _ segment: Segment, trunk: View, pixels: RowRing, _ scratch: Scratch
  ) -> View {
    let cells = CellSegment(scratch, width: segment.width)
    let count = 192 * segment.width
    let decoded = cells.vectors.pointer + count
    synthesis.output.convolve(
      trunk, toRGB: cells.bytes, rgbRowStride: cells.rowStride, width: segment.width)
    cells.unshuffle(to: decoded, kernels: synthesis.kernels)
    cells.read(pixels, at: segment)
    let errors = cells.vectors.pointer
    cells.unshuffle(to: errors, kernels: synthesis.kernels)
    for index in 0..<count {
      errors[index] =
        (errors[index] &- decoded[index]) &<< Int16(TransposedSynthesis.fractionBits)
    }
    let columns = pixels.grid.width - 8 * segment.x
    let rows = pixels.grid.height - 8 * segment.y
    if rows < 8 || columns < 8 * segment.width {
      for cell in 0..<segment.width {
        for place in 0..<64 where 8 * cell + place % 8 >= columns || place / 8 >= rows {
          for channel in 0..<3 { errors[192 * cell + 64 * channel + place] = 0 }
        }
      }
    }
    return cells.vectors
  }
}
