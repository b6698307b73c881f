import CKernels
import VAEZipContainer
import VAEZipImage
import VAEZipInference
import VAEZipModel
import VAEZipSupport

/// Latent refinement: an encoder moves the latents to where bits + λ · squared error is least.
///
/// The analysis does not know which symbols its latents are rounded to, nor how the errors of neighboring
/// latents add up in the picture. So a round decodes the symbols of a *candidate*, takes the pixels' errors back
/// through the synthesis (`SynthesisGradient`), and moves each latent v towards v̂ − g/h. There g and h are the
/// first and second derivative of the squared error, so this is where the error would be least if no other
/// latent moved. Symbols that are chosen anew from there (`RateDistortionQuantizer`) are the next candidate. This
/// is a proximal gradient method with the symbols' rate as its penalty, some momentum (Polyak's heavy ball,
/// 1964), and a step size that is found by backtracking (Beck, Teboulle, “A Fast Iterative
/// Shrinkage-Thresholding Algorithm”, 2009, §3). See also Yang, Bamler, Mandt, “Improving Inference for Neural
/// Image Compression” (2020).
///
/// Latents do not move alone, and where errors belong together, at hard edges above all, a step of the usual
/// size makes them many times larger. So each tile's candidate is judged by what a decoder makes of it: the
/// model's bits + λ · squared error of its pixels (`LagrangianCost`). The best candidate of a tile is kept. Its
/// first one has the symbols of effort 1, and what is in the file is the best, so no round does harm. After a
/// worse candidate the search returns to the best one and goes a shorter way (`TileRefinement`).
///
/// A tile's cost depends on its neighbors' symbols within the reach of the synthesis. It is measured while
/// all tiles have the symbols of the same round; if two neighbors choose different rounds in the end, the
/// pixels at their border are made of both.
///
/// All of it is integer arithmetic: it decides the bytes of the file.
package struct LatentRefinement: Sendable {
  package let effort: Effort
  package let analysis: TileAnalysis
  package var coder: TileCoder { analysis.coder }
  package let costs: RateTable
  /// What is to become small.
  package let cost: LagrangianCost
  private let synthesis: SynthesisNetwork
  /// Nil if latents stay where they are.
  private let gradient: SynthesisGradient?
  /// From Jᵀ(x − S(ŷ)) to −g/h, in quantization steps.
  private let steps: Gains

  /// log₂(3 · 9), 16 fraction bits: three times λ/3 · h/2, in bits per squared quantization step.
  ///
  /// This curvature is the same in all channels, because the model learned its quantization steps for the
  /// same objective. At the optimal step, uniform errors of variance 1/12 have λ/3 · h/2 = 6 / ln 2 = 8.7;
  /// 7…11 was measured. The 3 comes from the mean over the channels of a pixel.
  private static let logarithmOfCurvature: Int64 = 311_616
  /// log₂ of the gray values in the synthesis' unit, with 16 fraction bits.
  private static let logarithmOfUnit = Int64(FixedPointPosition.pixelBits) << 16

  /// - Throws: `ModelError` if the model's synthesis cannot be had.
  package init(
    _ effort: Effort, model: Model, qualityPosition: Int, channels: Image.Channels,
    analysis: TileAnalysis
  ) throws(ModelError) {
    self.effort = effort
    self.analysis = analysis
    costs = RateTable(model.tables)
    cost = LagrangianCost(
      logarithmOfLambda: model.quality.logarithmOfLambda(at: qualityPosition), channels: channels)
    let logarithm =
      Self.logarithmOfUnit + model.quality.logarithmOfLambda(at: qualityPosition)
      - Self.logarithmOfCurvature
    steps = Gains(
      logarithms: model.quality.inverseLogarithms(at: qualityPosition).map { $0 + logarithm },
      inputBits: TransposedSynthesis.fractionBits, outputBits: analysis.coder.latentBits)
    // A model whose transposed weights do not fit the integers is coded without looking back.
    let transposed = effort.movesLatents ? try? model.transposedSynthesis.value() : nil
    let synthesis = try model.synthesis.value()
    self.synthesis = synthesis
    gradient = transposed.map { SynthesisGradient(synthesis: synthesis, transposed: $0) }
  }

  /// How the file's symbols are chosen; nil rounds.
  package var finalQuantizer: RateDistortionQuantizer? { quantizer(effort.weight) }

  /// How the symbols of a round's candidate are chosen. Those of the first are rounded, as at effort 1.
  private func quantizer(round: Int) -> RateDistortionQuantizer? {
    round > 1 ? quantizer(effort.weight) : nil
  }

  private func quantizer(_ weight: Int) -> RateDistortionQuantizer? {
    guard weight > 0 else { return nil }
    return RateDistortionQuantizer(
      costs: costs, weight: weight << RateTable.fractionBits, fractionBits: coder.latentBits)
  }

  /// How many candidates are decoded and judged before the symbols of the file.
  package var rounds: Int { gradient == nil ? min(effort.rounds, 1) : effort.rounds }

  /// Rows of tiles by which a round lags the one before: the last row of a tile needs decoded rows below it.
  package func lag(tileHeight: Int) -> Int {
    guard rounds > 0 else { return 0 }
    let lookahead = gradient?.lookahead ?? (synthesis.reach + 1) / 2
    return (lookahead + tileHeight - 1) / tileHeight
  }

  /// A round's candidates: v̂ between its symbols and its gradient, then the latents that it moved.
  private func ring(_ header: VZHeader, round: Int, threads: Threads) -> LatentRing {
    let lag = lag(tileHeight: header.tileSize / 16)
    return LatentRing(
      TileArea(header), channels: coder.latentWidth, threads: threads,
      delay: (round == rounds ? lag : 2 * lag) - 1)
  }

  /// Bytes of memory that the stages of all rounds take, without the latents that they move.
  package func byteCount(_ header: VZHeader, threads: Threads, stripHeight: Int?) -> Int {
    guard rounds > 0 else { return 0 }
    let grid = Grid(width: header.width, height: header.height)
    return (1...rounds).reduce(0) { sum, round in
      let ring = ring(header, round: round, threads: threads)
      return sum + ring.byteCount + CellErrors.byteCount(grid, rows: 2 * ring.schedule.capacity)
        + (gradient?.byteCount(grid, threads: threads, stripHeight: stripHeight)
          ?? synthesis.byteCount(grid, threads: threads, stripHeight: stripHeight))
    }
  }

  /// The latents of a tile, from the rows of a candidate; nil if the tile has none.
  package typealias Sources = (_ row: Int, _ column: Int, _ candidate: Rows) -> TileCoder.Source?

  /// The stages of all rounds.
  package struct Stages<Failure: Error> {
    /// Of the last round: looks at the pixels.
    package let errors: StackStages<Failure>
    /// Decides on rows of tiles for the last time.
    package let last: Pipeline<Failure>.Stage
    /// The latents that the last round proposes.
    package let candidate: Rows
    /// The ring of the candidate; the caller makes room in it for `decoding`.
    package let ring: LatentRing
    let decoding: Pipeline<Failure>.Stage
    let tiles: TileTable<TileRefinement>

    /// Makes room in the candidate's ring when a stage has read it, a row of tiles at a time.
    package func makeRoom(in pipeline: Pipeline<Failure>, after reader: Pipeline<Failure>.Stage) {
      pipeline.makeRoom(ring.schedule, for: decoding, ring.tiles, after: reader, ring.tiles)
    }
  }

  /// Adds the stages that move all latents.
  ///
  /// - Parameters:
  ///   - latent: v; is changed in place: the best latents that were seen.
  ///   - sources: latents of a tile in given rows, and z; nil if the tile has no latents.
  ///   - ready: makes them, a row of tiles at a time, when the latents are there.
  ///   - lag: how many rows of tiles `ready` must be ahead.
  ///   - pixels: of the picture; for their rows, the caller lets `errors` wait.
  ///   - exact: see `CellErrors`.
  ///   - stripHeight: see `StackPlan`.
  /// - Returns: nil if there are no rounds.
  package func add<Failure>(
    to pipeline: Pipeline<Failure>, latent: Rows, sources: @escaping Sources, header: VZHeader,
    after ready: Pipeline<Failure>.Stage, lag: Int = 0, pixels: RowRing,
    exact: CellErrors.ExactPixels? = nil, threads: Threads, stripHeight: Int?
  ) -> Stages<Failure>? {
    guard rounds > 0 else { return nil }
    let tiles = TileTable<TileRefinement>(rows: header.tileRows, columns: header.tileColumns)
    var stages: Stages<Failure>?
    for round in 1...rounds {
      let ring = ring(header, round: round, threads: threads)
      let map = ring.makeMap()
      let errors = CellErrors(pixels.grid, rows: 2 * ring.schedule.capacity, exact: exact)
      pipeline.keep(map)
      pipeline.keep(errors)
      let decoded = Rows(ring: map)
      let candidate = stages?.candidate ?? latent
      let decoding = addDecoding(
        to: pipeline, round, candidate, sources: sources, decoded: decoded, tiles, header)
      if let stages {
        pipeline.wait(decoding, for: stages.last) { $0 + 1 }
      } else {
        pipeline.wait(decoding, for: ready) { min($0 + 1 + lag, header.tileRows) }
      }
      let deciding = pipeline.add(
        rows: header.tileRows, units: header.tileColumns, isUrgent: true
      ) { row, column, _ in
        guard var state = tiles[row, column] else { return }
        let tile = Tile(row * header.tileColumns + column, header: header)
        decide(
          round, tile, &state, errors: errors, best: latent, candidate: candidate, goal: decoded)
        tiles[row, column] = state
      }
      let looking = addErrors(
        to: pipeline, latent: decoded, ring, pixels: pixels, errors: errors, after: decoding,
        before: deciding, threads: threads, stripHeight: stripHeight)
      stages?.makeRoom(in: pipeline, after: deciding)
      stages = Stages(
        errors: looking, last: deciding, candidate: gradient == nil ? latent : decoded, ring: ring,
        decoding: decoding, tiles: tiles)
    }
    return stages
  }

  /// Adds the stages from v̂ to the errors of its pixels, and from there to the goal, which takes the place of v̂.
  ///
  /// - Returns: the stages that look at the pixels.
  private func addErrors<Failure>(
    to pipeline: Pipeline<Failure>, latent: Rows, _ ring: LatentRing, pixels: RowRing,
    errors: CellErrors, after decoding: Pipeline<Failure>.Stage, before deciding: Pipeline<Failure>.Stage,
    threads: Threads, stripHeight: Int?
  ) -> StackStages<Failure> {
    guard let gradient else {
      let measuring: StackStages<Failure> = synthesis.addMeasuring(
        to: pipeline, latent: latent, gains: coder.quality.inverse, source: pixels, errors: errors,
        threads: threads, stripHeight: stripHeight)
      pipeline.supply(ring.schedule, from: decoding, ring.tiles, to: measuring.head)
      pipeline.supply(
        errors.schedule(pixels.grid), from: measuring.last, measuring.lastRows, to: deciding,
        RingRows(step: 2 * ring.tileHeight))
      return measuring
    }
    let moving: SynthesisGradient.Stages<Failure> = gradient.add(
      to: pipeline, latent: latent, gains: coder.quality.inverse, pixels: pixels, errors: errors,
      threads: threads, stripHeight: stripHeight
    ) { x, y, width, descent in
      aim(latent.at(x, y), by: descent, width: width)
    }
    pipeline.supply(ring.schedule, from: decoding, ring.tiles, to: moving.head)
    pipeline.supply(ring.schedule, from: moving.last, to: deciding, ring.tiles)
    return moving.errors
  }

  private func addDecoding<Failure>(
    to pipeline: Pipeline<Failure>, _ round: Int, _ candidate: Rows, sources: @escaping Sources,
    decoded: Rows, _ tiles: TileTable<TileRefinement>, _ header: VZHeader
  ) -> Pipeline<Failure>.Stage {
    let columns = header.tileColumns
    let quantizer = quantizer(round: round)
    return pipeline.add(rows: header.tileRows, units: columns, isUrgent: true) { row, column, _ in
      let tile = Tile(row * columns + column, header: header)
      guard let source = sources(row, column, candidate) else {
        decoded.clear(tile, channels: coder.latentWidth)
        return
      }
      var rate = 0
      coder.run(
        tile, source: source, quantizer: quantizer, output: decoded
      ) { stream, scaleIndexes, symbols in
        if stream != .hyper { rate += costs.sum(symbols, scaleIndexes: scaleIndexes) }
        return symbols
      }
      var state = tiles[row, column] ?? TileRefinement(tile)
      state.rate = rate
      tiles[row, column] = state
    }
  }

  /// v̂ becomes v̂ − g/h, where the squared error would be least if no other latent moved.
  private func aim(_ decoded: View, by descent: View, width: Int) {
    check(
      vzk_gain(
        coder.kernels.isa, descent.source, steps.mantissas, steps.shifts, descent.sink,
        Int32(coder.latentWidth), Int32(width)))
    let (decoded, steps) = (decoded.pointer, descent.pointer)
    for index in 0..<width * coder.latentWidth {
      decoded[index] = saturated(Int32(decoded[index]) + Int32(steps[index]))
    }
  }

  /// Keeps the candidate if it is the best so far, and makes the next one in the place of its goal.
  private func decide(
    _ round: Int, _ tile: Tile, _ state: inout TileRefinement, errors: CellErrors, best: Rows,
    candidate: Rows, goal: Rows
  ) {
    let isFirst = state.bestRound == 0
    let verdict = state.judge(
      tile, round: round, errors: errors, cost: cost, stepSize: Effort.stepSize)
    guard gradient != nil else { return }
    let channels = coder.latentWidth
    for y in 0..<tile.height {
      let best = best.at(tile.x, tile.y + y).pointer
      let candidate = candidate.at(tile.x, tile.y + y).pointer
      let goal = goal.at(tile.x, tile.y + y).pointer
      for x in 0..<tile.width {
        let first = x * channels
        switch verdict {
        case .best:
          Self.advance(
            best + first, candidate + first, goal + first, count: channels,
            stepSize: state.stepSizes[y * tile.width + x], momentum: isFirst ? 0 : Effort.momentum)
        case .tooFar(let kept):
          Self.retreat(best + first, candidate + first, goal + first, count: channels, kept: kept)
        }
      }
    }
  }

  /// From a candidate that is the best towards its goal, and further the way that led to it.
  private static func advance(
    _ best: UnsafeMutablePointer<Int16>, _ candidate: UnsafeMutablePointer<Int16>,
    _ goal: UnsafeMutablePointer<Int16>, count: Int, stepSize: Int32, momentum: Int32
  ) {
    for index in 0..<count {
      let value = Int32(candidate[index])
      let step = (Int32(goal[index]) - value) * stepSize + (value - Int32(best[index])) * momentum
      best[index] = candidate[index]
      goal[index] = saturated(value + step >> 8)
    }
  }

  /// A part of the way from the best latents to a candidate that is worse.
  private static func retreat(
    _ best: UnsafeMutablePointer<Int16>, _ candidate: UnsafeMutablePointer<Int16>,
    _ goal: UnsafeMutablePointer<Int16>, count: Int, kept: Int32
  ) {
    for index in 0..<count {
      let value = Int32(best[index])
      goal[index] = saturated(value + ((Int32(candidate[index]) - value) * kept) >> 8)
    }
  }

  /// Notes what a tile's symbols for the file cost, those of hyper-latents left out.
  package func record<Failure>(
    rate: Int, _ row: Int, _ column: Int, _ stages: Stages<Failure>
  ) {
    guard var state = stages.tiles[row, column] else { return }
    state.rate = rate
    stages.tiles[row, column] = state
  }

  /// Takes the last decision on a tile, whose symbols for the file are decoded.
  ///
  /// - Parameter errors: of the picture that they give.
  package func settle<Failure>(
    _ tile: Tile, _ row: Int, _ column: Int, errors: CellErrors, _ stages: Stages<Failure>
  ) -> Settlement {
    guard var state = stages.tiles.take(row, column) else { return .keep }
    let best = state.bestRound
    let verdict = state.judge(
      tile, round: rounds + 1, errors: errors, cost: cost, stepSize: Effort.stepSize)
    return verdict == .best ? .keep : .replace(quantizer(round: best))
  }

  /// What becomes of a tile's symbols.
  package enum Settlement {
    case keep
    /// Those of the best latents, chosen this way, take their place; nil rounds.
    case replace(RateDistortionQuantizer?)
  }
}
