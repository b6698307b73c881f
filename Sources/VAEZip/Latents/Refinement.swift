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

  /// Moves the latents of all tiles.
  ///
  /// - Parameters:
  ///   - sources: by tile; the latents are changed in place.
  ///   - output: ŷ of the whole picture; is overwritten.
  func run(
    _ sources: [TileCoder.Source], tiles: [Tile], image: Image, output: FeatureMap,
    threads: Threads
  ) {
    guard let gradient else { return }
    let choice = choice(effort.roundWeight)
    for _ in 0..<effort.rounds {
      let decoded = threads.map(tiles.count) { index in
        let tile = tiles[index]
        let decoded = FeatureMap(
          width: tile.width, height: tile.height, channels: coder.latentWidth)
        coder.run(
          tile, source: sources[index], choice: choice, output: View(output), decoded: decoded
        ) { _, _, symbols in symbols }
        return decoded
      }
      // Every tile looks at what its neighbours gave, so all must be finished before.
      threads.forEach(tiles.count) { index in
        let descent = gradient.descent(
          tiles[index], latent: output, image: image, threads: coder.threads)
        move(sources[index].latent, from: decoded[index], by: descent)
      }
    }
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
