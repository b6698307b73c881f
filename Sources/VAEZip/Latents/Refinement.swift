import CKernels

/// Moves the latents that an encoder wants to transmit to where the symbols that become of them cost
/// the least: bits + λ · squared error.
///
/// The analysis sees neither the symbols that its latents are rounded to, nor how the errors of
/// neighbouring latents add up in the picture. So a round decodes what the symbols give, takes the
/// pixels' errors back through the synthesis (`SynthesisGradient`), and moves each latent v from where
/// it is towards v̂ − g/h, where the error would be least if this latent alone changed: g is the
/// derivative of the squared error, h the second derivative. Then symbols are chosen anew. This is a
/// proximal gradient method, damped, with the symbols' rate as its penalty; see also Yang, Bamler,
/// Mandt, “Improving Inference for Neural Image Compression” (2020).
///
/// All of it is integer arithmetic, as it decides what is in the file.
struct Refinement: Sendable {
  let effort: Effort
  let analysis: TileAnalysis
  var coder: TileCoder { analysis.coder }
  let costs: SymbolCosts
  private let gradient: SynthesisGradient?
  /// From Jᵀ(x − S(ŷ)) to −g/h, in quantization steps.
  private let steps: Gains

  /// λ/3 · h/2, in bits for a squared quantization step, is the same in all channels, because the
  /// model learned its quantization steps for the same objective: uniform errors of variance 1/12
  /// at the optimal step have λ/3 · h/2 = 6 / ln 2 = 8.7, and 7…11 was measured. (The 3 is that of the mean
  /// over the channels of a pixel.) This is log₂(3 · 9), with 16 fraction bits.
  private static let logarithmOfCurvature: Int64 = 311_616
  /// log₂ of the grey values in the synthesis' unit, with 16 fraction bits.
  private static let logarithmOfUnit = Int64(FractionBits.pixel) << 16

  /// - Throws: `ModelError` if the model's synthesis cannot be had.
  init(
    _ effort: Effort, model: Model, position: Int, analysis: TileAnalysis
  ) throws(ModelError) {
    self.effort = effort
    self.analysis = analysis
    costs = SymbolCosts(model.tables)
    let logarithm =
      Self.logarithmOfUnit + model.quality.logarithmOfLambda(at: position)
      - Self.logarithmOfCurvature
    steps = Gains(
      logarithms: model.quality.inverseLogarithms(at: position).map { $0 + logarithm },
      inputBits: TransposedSynthesis.fractionBits, outputBits: analysis.coder.latentBits)
    // A model whose transposed weights do not fit the integers is coded without looking back.
    let transposed = effort.rounds > 0 ? try? model.transposedSynthesis.value() : nil
    let synthesis = try model.synthesis.value()
    gradient = transposed.map { SynthesisGradient(synthesis: synthesis, transposed: $0) }
  }

  /// How the symbols in the file are chosen.
  var finalChoice: SymbolChoice? { choice(effort.finalWeight) }

  private func choice(_ weight: Int) -> SymbolChoice? {
    guard weight > 0 else { return nil }
    return SymbolChoice(
      costs: costs, weight: weight << SymbolCosts.fractionBits, fractionBits: coder.latentBits)
  }

  /// How often the latents are moved.
  var rounds: Int { gradient == nil ? 0 : effort.rounds }

  /// By how many rows of tiles what comes out is behind what goes in: a row is moved when the one
  /// below it has been decoded, and decoded again when that one has been moved.
  var delay: Int { 2 * rounds }

  /// Bytes of memory that the tiles' latents take, and moving them.
  ///
  /// - Parameter tileRows: rows of tiles that are in work.
  func byteCount(_ header: ContainerHeader, tileRows: Int, threads: Threads) -> Int {
    let size = Tile(0, header: header)
    let latents =
      tileRows * header.tileColumns
      * FeatureMap.byteCount(
        width: size.width, height: size.height, channels: coder.latentWidth)
    guard let gradient else { return latents }
    return 2 * latents
      + min(threads.count, header.tileCount)
      * gradient.byteCount(tile: (width: size.width, height: size.height))
  }

  /// Rows of pixels beyond a tile that moving its latents looks at.
  static let margin = 16 * SynthesisGradient.margin

  /// The stages of all rounds; their rows are rows of tiles.
  struct Stages<Failure: Error> {
    let first, last: Pipeline<Failure>.Stage
  }

  /// Adds the stages that move the latents of all tiles.
  ///
  /// - Parameters:
  ///   - sources: the latents of the tiles; they are changed in place.
  ///   - ready: makes the sources, a row of tiles at a time.
  ///   - output: ŷ; is overwritten. For room in it, the caller lets the first stage wait; `delay` + 1
  ///     rows of tiles are the least.
  ///   - pixels: of the picture, with those of `margin` around a row of tiles.
  /// - Returns: nil if there are no rounds.
  func add<Failure>(
    to pipeline: Pipeline<Failure>, sources: TileSources, header: ContainerHeader,
    after ready: Pipeline<Failure>.Stage, output: Rows, pixels: PixelRing
  ) -> Stages<Failure>? {
    guard let gradient else { return nil }
    let choice = choice(effort.roundWeight)
    let (rows, columns) = (header.tileRows, header.tileColumns)
    var first: Pipeline<Failure>.Stage?
    var last = ready
    for round in 0..<effort.rounds {
      let decoding = pipeline.add(rows: rows, units: columns, isUrgent: true) { row, column, _ in
        let tile = Tile(row * columns + column, header: header)
        let decoded = FeatureMap(
          width: tile.width, height: tile.height, channels: coder.latentWidth)
        coder.run(
          tile, source: sources[row, column], choice: choice, output: output, decoded: decoded
        ) { _, _, symbols in symbols }
        sources.decoded[row, column] = decoded
      }
      pipeline.wait(decoding, for: last) { min($0 + (round == 0 ? 1 : 2), rows) }
      // Every tile looks at what its neighbours gave, so those must be finished before.
      let moving = pipeline.add(rows: rows, units: columns, isUrgent: true) { row, column, _ in
        guard let decoded = sources.decoded.take(row, column), let source = sources[row, column]
        else { return }
        let descent = gradient.descent(
          Tile(row * columns + column, header: header), latent: output, pixels: pixels,
          threads: coder.threads)
        move(source.latent, from: decoded, by: descent)
      }
      pipeline.wait(moving, for: decoding) { min($0 + 2, rows) }
      first = first ?? decoding
      last = moving
    }
    return first.map { Stages(first: $0, last: last) }
  }

  /// v ← v + (v̂ − g/h − v) · stepSize / 256
  private func move(_ latent: FeatureMap, from decoded: FeatureMap, by descent: FeatureMap) {
    let stepSize = Int32(effort.stepSize)
    for row in 0..<latent.height {
      let steps = View(descent).at(0, row)
      check(
        vzk_gain(
          coder.kernels.isa, steps.source, self.steps.mantissas, self.steps.shifts, steps.sink,
          Int32(latent.channels), Int32(latent.width)))
      let (values, decoded) = (latent.pixel(0, row), decoded.pixel(0, row))
      for index in 0..<latent.width * latent.channels {
        let value = Int32(values[index])
        let goal = Int32(decoded[index]) + Int32(steps.pointer[index])
        values[index] = saturated(value + ((goal - value) * stepSize) >> 8)
      }
    }
    withExtendedLifetime((latent, decoded, descent)) {}
  }
}
