import CKernels
import VAEZipContainer
import VAEZipInference
import VAEZipModel
import VAEZipSupport

/// Latent refinement: an encoder moves the latents to where bits + λ · squared error is least.
///
/// The analysis does not know which symbols its latents are rounded to, nor how the errors of neighboring
/// latents add up in the picture. So a round decodes the symbols, takes the pixels' errors back through the
/// synthesis (`SynthesisGradient`), and moves each latent v towards v̂ − g/h. There g and h are the first and
/// second derivative of the squared error, so this is where the error would be least if no other latent
/// moved. Then symbols are chosen anew. This is a damped proximal gradient method with the symbols' rate as
/// its penalty. See also Yang, Bamler, Mandt, “Improving Inference for Neural Image Compression” (2020).
///
/// All of it is integer arithmetic: it decides the bytes of the file.
package struct LatentRefinement: Sendable {
  package let effort: Effort
  package let analysis: TileAnalysis
  package var coder: TileCoder { analysis.coder }
  package let costs: RateTable
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
    _ effort: Effort, model: Model, qualityPosition: Int, analysis: TileAnalysis
  ) throws(ModelError) {
    self.effort = effort
    self.analysis = analysis
    costs = RateTable(model.tables)
    let logarithm =
      Self.logarithmOfUnit + model.quality.logarithmOfLambda(at: qualityPosition)
      - Self.logarithmOfCurvature
    steps = Gains(
      logarithms: model.quality.inverseLogarithms(at: qualityPosition).map { $0 + logarithm },
      inputBits: TransposedSynthesis.fractionBits, outputBits: analysis.coder.latentBits)
    // A model whose transposed weights do not fit the integers is coded without looking back.
    let transposed = effort.rounds > 0 ? try? model.transposedSynthesis.value() : nil
    let synthesis = try model.synthesis.value()
    gradient = transposed.map { SynthesisGradient(synthesis: synthesis, transposed: $0) }
  }

  /// How the symbols in the file are chosen.
  package var finalQuantizer: RateDistortionQuantizer? { quantizer(effort.finalWeight) }

  private func quantizer(_ weight: Int) -> RateDistortionQuantizer? {
    guard weight > 0 else { return nil }
    return RateDistortionQuantizer(
      costs: costs, weight: weight << RateTable.fractionBits, fractionBits: coder.latentBits)
  }

  /// How often the latents are moved.
  package var rounds: Int { gradient == nil ? 0 : effort.rounds }

  /// Rows of tiles by which a round lags the one before: the gradient at a tile's last row needs
  /// `lookahead` decoded rows below it.
  package func lag(tileHeight: Int) -> Int {
    guard let gradient else { return 0 }
    return (gradient.lookahead + tileHeight - 1) / tileHeight
  }

  /// v̂ of the tiles between a round's symbols and its gradient.
  private func ring(_ header: VZHeader, threads: Threads) -> LatentRing {
    let lag = lag(tileHeight: header.tileSize / 16)
    return LatentRing(
      TileArea(header), channels: coder.latentWidth, threads: threads, delay: lag - 1)
  }

  /// Bytes of memory that the stages of all rounds take, without the latents that they move.
  package func byteCount(_ header: VZHeader, threads: Threads, stripHeight: Int?) -> Int {
    guard let gradient else { return 0 }
    let grid = Grid(width: header.width, height: header.height)
    return rounds
      * (ring(header, threads: threads).byteCount
        + gradient.byteCount(grid, threads: threads, stripHeight: stripHeight))
  }

  /// The stages of all rounds.
  package struct Stages<Failure: Error> {
    /// Of the last round: looks at the pixels.
    package let errors: StackStages<Failure>
    /// Moves rows of latents for the last time.
    package let last: Pipeline<Failure>.Stage
  }

  /// Adds the stages that move all latents.
  ///
  /// - Parameters:
  ///   - latent: v; is changed in place.
  ///   - sources: v and z of a tile; nil if it has no latents.
  ///   - ready: makes them, a row of tiles at a time.
  ///   - lag: how many rows of tiles `ready` must be ahead.
  ///   - isExact: whether the error of a cell of 8 × 8 pixels does not count, because its pixels do not come
  ///     from latents; nil if all count.
  ///   - pixels: of the picture; for their rows, the caller lets `errors` wait.
  ///   - stripHeight: see `StackPlan`.
  /// - Returns: nil if there are no rounds.
  package func add<Failure>(
    to pipeline: Pipeline<Failure>, latent: Rows,
    sources: @escaping (_ row: Int, _ column: Int) -> TileCoder.Source?,
    header: VZHeader, after ready: Pipeline<Failure>.Stage, lag: Int = 0, pixels: RowRing,
    isExact: ((_ x: Int, _ y: Int) -> Bool)? = nil, threads: Threads, stripHeight: Int?
  ) -> Stages<Failure>? {
    guard let gradient else { return nil }
    let quantizer = quantizer(effort.roundWeight)
    let (rows, columns) = (header.tileRows, header.tileColumns)
    var stages: Stages<Failure>?
    for _ in 0..<effort.rounds {
      let ring = ring(header, threads: threads)
      let map = ring.makeMap()
      pipeline.keep(map)
      let decoded = Rows(ring: map)
      let decoding = pipeline.add(rows: rows, units: columns, isUrgent: true) { row, column, _ in
        let tile = Tile(row * columns + column, header: header)
        guard let source = sources(row, column) else {
          decoded.clear(tile, channels: coder.latentWidth)
          return
        }
        coder.run(
          tile, source: source, quantizer: quantizer, output: decoded
        ) { _, _, symbols in symbols }
      }
      if let stages {
        pipeline.supply(ring.schedule, from: stages.last, to: decoding, ring.tiles)
      } else {
        pipeline.wait(decoding, for: ready) { min($0 + 1 + lag, rows) }
      }
      let moving = gradient.add(
        to: pipeline, latent: decoded, gains: coder.quality.inverse, pixels: pixels,
        isExact: isExact, threads: threads, stripHeight: stripHeight
      ) { x, y, width, descent in
        move(latent.at(x, y), from: decoded.at(x, y), by: descent, width: width)
      }
      pipeline.supply(ring.schedule, from: decoding, ring.tiles, to: moving.head)
      pipeline.makeRoom(ring.schedule, for: decoding, ring.tiles, after: moving.last)
      stages = Stages(errors: moving.errors, last: moving.last)
    }
    return stages
  }

  /// v ← v + (v̂ − g/h − v) · stepSize / 256
  private func move(_ latent: View, from decoded: View, by descent: View, width: Int) {
    check(
      vzk_gain(
        coder.kernels.isa, descent.source, steps.mantissas, steps.shifts, descent.sink,
        Int32(coder.latentWidth), Int32(width)))
    let stepSize = Int32(effort.stepSize)
    let (values, decoded, steps) = (latent.pointer, decoded.pointer, descent.pointer)
    for index in 0..<width * coder.latentWidth {
      let value = Int32(values[index])
      let goal = Int32(decoded[index]) + Int32(steps[index])
      values[index] = saturated(value + ((goal - value) * stepSize) >> 8)
    }
  }
}
