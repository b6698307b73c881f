import CKernels
import VAEZipModel
import VAEZipSupport

/// The gradient of a picture's squared error by its latents, in integers: backpropagation through the
/// synthesis.
///
/// The forward and the backward pass stream through a pipeline, row by row, as the synthesis alone does.
package struct SynthesisGradient: Sendable {
  package let synthesis: SynthesisNetwork
  package let transposed: TransposedSynthesis

  package init(synthesis: SynthesisNetwork, transposed: TransposedSynthesis) {
    self.synthesis = synthesis
    self.transposed = transposed
  }

  /// Is called with Jᵀ(x − S(ŷ)), that is −½ ∂‖x − S(ŷ)‖²/∂ŷ, for a run of latents of one row: in gray
  /// values per unit of ŷ, with `TransposedSynthesis.fractionBits` fraction bits. The buffer may be
  /// overwritten.
  package typealias OnDescent = (_ x: Int, _ y: Int, _ width: Int, _ descent: View) -> Void

  /// The stages of both passes.
  package struct Stages<Failure: Error> {
    /// Reads rows of the latent.
    package let head: Pipeline<Failure>.Stage
    /// The forward pass: its last stage compares rows of the trunk with the pixels.
    package let errors: StackStages<Failure>
    /// Hands out the descent, in rows of the latent.
    package let last: Pipeline<Failure>.Stage
  }

  /// Latents of a row whose descent is computed at a time.
  private static let unitWidth = StackPlan.maximalSegmentWidth / 2

  /// Rows of the latent that must have been read below the one whose descent is handed out.
  package var lookahead: Int { synthesis.blocks.count + 1 }

  /// Adds the stages from a latent to the descent.
  ///
  /// - Parameters:
  ///   - latent: v̂; for its rows, the caller lets the head wait.
  ///   - gains: from v̂ to ŷ.
  ///   - pixels: x, padded to whole latent positions; for its rows, the caller lets `errors` wait.
  ///   - errors: is filled with S(ŷ)'s errors by the stage `errors`.
  ///   - stripHeight: see `StackPlan`.
  ///   - onDescent: see `OnDescent`.
  package func add<Failure>(
    to pipeline: Pipeline<Failure>, latent: Rows, gains: Gains, pixels: RowRing,
    errors cellErrors: CellErrors, threads: Threads, stripHeight: Int?,
    onDescent: @escaping OnDescent
  ) -> Stages<Failure> {
    let plans = plans(pixels.grid, threads: threads, stripHeight: stripHeight)
    let channels = synthesis.blocks.width
    let signs = SignRings(
      plans.forward, blocks: synthesis.blocks.count, channels: channels,
      kernels: synthesis.kernels)
    pipeline.keep(signs)
    var forward = synthesis.blocks
    forward.signs = signs
    let backward = TransposedBlocks(width: channels, blocks: transposed.blocks, signs: signs)
    let gradient = StackWindows(plans.backward, blocks: backward.count, channels: channels)

    let errors: StackStages<Failure> = forward.add(
      to: pipeline, plan: plans.forward, head: synthesis.head(latent: latent, gains: gains),
      tail: { segment, place, scratch in
        transposed.output.convolve(
          self.errors(segment, trunk: place, pixels: pixels, cellErrors, scratch),
          to: gradient.trunk.at(segment.x, segment.y), width: segment.width)
        backward.begin(segment, gradient, scratch)
      })
    let returning = backward.add(
      to: pipeline, plan: plans.backward, gradient, behind: errors.last, step: errors.lastStep)
    // A block's signs are kept until its gradient has passed.
    for (block, stage) in errors.blocks.enumerated() {
      pipeline.makeRoom(
        RingSchedule(height: pixels.grid.trunkHeight, capacity: signs.rows(block)),
        for: stage, after: returning.blocks[backward.count - 1 - block])
    }
    let last = addDescent(to: pipeline, gradient.trunk, pixels.grid, onDescent)
    // The blocks change the gradient's rows in place, so the ring has a writer at either end.
    let ring = RingSchedule(height: pixels.grid.trunkHeight, capacity: gradient.trunk.count)
    pipeline.supply(ring, from: returning.last, returning.lastRows, to: last, RingRows(step: 2))
    pipeline.makeRoom(ring, for: errors.last, errors.lastRows, after: last, RingRows(step: 2))
    return Stages(head: errors.head, errors: errors, last: last)
  }

  /// Adds the last layer of the backward pass, from the gradient of the trunk to that of the latent.
  private func addDescent<Failure>(
    to pipeline: Pipeline<Failure>, _ gradient: Rows, _ grid: Grid, _ onDescent: @escaping OnDescent
  ) -> Pipeline<Failure>.Stage {
    let (width, channels) = (grid.latentWidth, synthesis.blocks.width)
    pipeline.reserve(elements: scratchElements)
    return pipeline.add(
      rows: grid.latentHeight, units: (width + Self.unitWidth - 1) / Self.unitWidth
    ) { y, unit, scratch in
      let x = unit * Self.unitWidth
      let count = min(Self.unitWidth, width - x)
      let gathered = View(row: scratch.pointer, channels: 4 * channels)
      for index in 0..<count {
        // Two trunk positions side by side, then the two below them.
        let target = gathered.at(index, 0).pointer
        let source = (x + index) * 2
        target.update(from: gradient.at(source, 2 * y).pointer, count: 2 * channels)
        (target + 2 * channels).update(
          from: gradient.at(source, 2 * y + 1).pointer, count: 2 * channels)
      }
      let descent = View(
        row: scratch.pointer + 4 * channels * count, channels: transposed.latentWidth)
      transposed.up.convolve(gathered, to: descent, width: count)
      onDescent(x, y, count, descent)
    }
  }

  /// Bytes of memory that the stages take at most.
  package func byteCount(_ grid: Grid, threads: Threads, stripHeight: Int?) -> Int {
    let plans = plans(grid, threads: threads, stripHeight: stripHeight)
    let (blocks, channels) = (synthesis.blocks.count, synthesis.blocks.width)
    return 2 * synthesis.blocks.byteCount(plans.forward, threads: threads)
      + SignRings.byteCount(plans.forward, blocks: blocks, channels: channels)
      + threads.count * MemoryLayout<Int16>.stride * scratchElements
  }

  /// Of a thread, for the last stage.
  private var scratchElements: Int {
    (4 * synthesis.blocks.width + transposed.latentWidth) * Self.unitWidth
  }

  private func plans(
    _ grid: Grid, threads: Threads, stripHeight: Int?
  ) -> (forward: StackPlan, backward: StackPlan) {
    let forward = synthesis.plan(
      grid, threads: threads, stripHeight: stripHeight, scratchChannels: 2 * 192)
    // Rows are used in pairs.
    let backward = StackPlan(
      width: grid.trunkWidth, height: grid.trunkHeight, headRows: 2, threads: threads,
      stripHeight: stripHeight)
    return (forward, backward)
  }

  /// The pixels' errors, in the order of the synthesis' last layer; zero outside of the picture and in cells that
  /// do not count. Their squares go to `cellErrors`.
  private func errors(
    _ segment: Segment, trunk: View, pixels: RowRing, _ cellErrors: CellErrors, _ scratch: Scratch
  ) -> View {
    let cells = CellSegment(scratch, width: segment.width)
    let count = 192 * segment.width
    let decoded = cells.vectors.pointer + count
    synthesis.output.convolve(
      trunk, toRGB: cells.bytes, rgbRowStride: cells.rowStride, width: segment.width)
    cells.measure(pixels, at: segment, errors: cellErrors)
    if pixels.pixelBytes != 3 { cells.average() }
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
    if let exact = cellErrors.exact {
      for cell in 0..<segment.width {
        let pixels = exact(segment.x + cell, segment.y)
        for place in 0..<64 where pixels >> UInt64(place) & 1 == 1 {
          for channel in 0..<3 { errors[192 * cell + 64 * channel + place] = 0 }
        }
      }
    }
    return cells.vectors
  }
}
