import VAEZip

/// Small networks with random weights of sensible magnitudes.
package enum RandomModel {
  /// A network with one block in each small part, and `blocks` in analysis and synthesis.
  package static func description(
    width: Int = 32, blocks: Int = 1, masks: PassMask = .checkerboard
  ) -> NetworkDescription {
    NetworkDescription(
      name: "random", transformWidth: width,
      latentWidth: masks == .dualCheckerboard ? max(width, 64) : width, hyperWidth: 32, priorWidth: 32,
      contextWidth: 32, analysisBlocks: blocks, hyperAnalysisBlocks: 1, priorBlocks: 1,
      contextBlocks: 1, synthesisBlocks: blocks, passMask: masks, lambdas: [0.001, 0.01, 0.1])
  }

  /// Weights that roughly preserve the magnitude of their inputs.
  package static func tensors(
    _ description: NetworkDescription, seed: UInt64, posteriorHead: Bool = false
  ) -> [String: [Float]] {
    var random = SplitMix64(seed)
    var tensors: [String: [Float]] = [:]
    for spec in description.parameters(posteriorHead: posteriorHead) {
      let fanIn = spec.shape.dropFirst().reduce(1, *)
      var limit: Float =
        spec.shape.count == 4 ? (3 / Float(fanIn)).squareRoot() : 0.05
      // Residual branches stay small.
      if spec.name.hasSuffix("shrink.weight") || spec.name.hasSuffix("merge.weight") {
        limit *= 0.3
      }
      var values = (0..<spec.count).map { _ in random.float(limit) }
      let columns = spec.shape.last ?? 1
      switch spec.name {
      case "gain.forward", "gain.inverse":
        // Finer steps at higher quality levels: gains of 2^1.5 … 2^4.5.
        values = values.indices.map { 1.5 + 1.5 * Float($0 / columns) + values[$0] }
      case "hyper.mean": values = values.map { $0 * 10 }
      case "hyper.level": values = values.map { 24 + $0 * 100 }
      default: break
      }
      tensors[spec.name] = values
    }
    return tensors
  }

  /// Fraction bits of the activations, by name.
  package static func calibration(_ description: NetworkDescription) -> [String: Int] {
    var calibration: [String: Int] = [:]
    for (index, name) in description.calibratedActivations.enumerated() {
      calibration[name] = 9 + index % 4
    }
    calibration["latent"] = 7
    calibration["hyper"] = 6
    return calibration
  }

  /// A preview table whose pixels lie all over 0…255, and beyond.
  package static func preview(_ description: NetworkDescription, seed: UInt64) -> PreviewTable {
    var random = SplitMix64(seed ^ 0x9E37)
    let limit = 3 / Float(description.latentWidth).squareRoot()
    return PreviewTable(
      weights: (0..<PreviewTable.outputs * description.latentWidth).map { _ in random.float(limit) },
      bias: (0..<PreviewTable.outputs).map { _ in random.float(0.3) })
  }

  /// A whole model file.
  package static func file(
    seed: UInt64 = 1, width: Int = 32, blocks: Int = 1, masks: PassMask = .checkerboard,
    dtype: WeightTensor.DType = .f16, hasPreview: Bool = false
  ) throws -> ModelFile {
    let description = description(width: width, blocks: blocks, masks: masks)
    var file = try ModelFile(
      network: description, calibration: calibration(description),
      tensors: tensors(description, seed: seed), dtype: dtype)
    if hasPreview { file.preview = preview(description, seed: seed) }
    return file
  }

  /// The bytes of that model's file.
  package static func bytes(
    seed: UInt64 = 1, width: Int = 32, blocks: Int = 1, masks: PassMask = .checkerboard,
    dtype: WeightTensor.DType = .f16
  ) throws -> [UInt8] {
    try file(seed: seed, width: width, blocks: blocks, masks: masks, dtype: dtype).serialized()
  }

  /// That model, ready to run.
  package static func model(
    seed: UInt64 = 1, width: Int = 32, blocks: Int = 1, masks: PassMask = .checkerboard
  ) throws -> Model {
    try Model(contentsOf: bytes(seed: seed, width: width, blocks: blocks, masks: masks))
  }
}
