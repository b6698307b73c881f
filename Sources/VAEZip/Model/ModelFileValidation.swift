extension ModelFile {
  /// Checks everything that the format asks of description, calibration, positions and tensors.
  ///
  /// - Parameter isKnown: skips looking at each number.
  package func validate(isKnown: Bool = false) throws(ModelError) {
    try Self.validate(network)
    try validateCalibration()
    try validateQualityPositions()
    try validateTensors(isKnown: isKnown)
  }

  package static func validate(_ description: NetworkDescription) throws(ModelError) {
    let widths = [
      ("transformWidth", description.transformWidth), ("latentWidth", description.latentWidth),
      ("hyperWidth", description.hyperWidth), ("priorWidth", description.priorWidth),
      ("contextWidth", description.contextWidth),
    ]
    for (name, width) in widths {
      guard width >= 32, width <= Limits.width, width % 32 == 0 else {
        throw .invalidDescription(
          "\(name) is \(width), not a multiple of 32 up to \(Limits.width)")
      }
    }
    let depths = [
      ("analysisBlocks", description.analysisBlocks),
      ("hyperAnalysisBlocks", description.hyperAnalysisBlocks),
      ("priorBlocks", description.priorBlocks), ("contextBlocks", description.contextBlocks),
      ("synthesisBlocks", description.synthesisBlocks),
    ]
    for (name, depth) in depths where depth < 0 || depth > Limits.blocks {
      throw .invalidDescription("\(name) is \(depth), not in 0…\(Limits.blocks)")
    }
    // Each half of the channels is a multiple of 32, too.
    guard description.passMask == .checkerboard || description.latentWidth % 64 == 0 else {
      throw .invalidDescription(
        "latentWidth is \(description.latentWidth), not a multiple of 64 as a dual checkerboard needs")
    }
    guard description.levels >= 2, description.levels <= Limits.levels else {
      throw .invalidDescription("\(description.levels) levels, not in 2…\(Limits.levels)")
    }
    guard description.lambdas.allSatisfy({ $0.isFinite && $0 > 0 }),
      zip(description.lambdas, description.lambdas.dropFirst()).allSatisfy({ $0 < $1 })
    else { throw .invalidDescription("lambdas are not positive and ascending") }
    guard description.name.utf8.count <= 64 else {
      throw .invalidDescription("the name is longer than 64 bytes")
    }
  }

  private func validateCalibration() throws(ModelError) {
    let names = network.calibratedActivations
    for name in names {
      guard let bits = calibration[name] else { throw .invalidCalibration("\(name) is missing") }
      // Symbols are whole units of the latents: rounding them needs at least one fraction bit.
      let lowest = name == "latent" || name == "hyper" ? 1 : 0
      guard bits >= lowest, bits <= 15 else {
        throw .invalidCalibration("\(name) is \(bits), not in \(lowest)…15")
      }
    }
    if calibration.count != names.count {
      let known = Set(names)
      let unknown = calibration.keys.filter { !known.contains($0) }.sorted().first ?? ""
      throw .invalidCalibration("\(unknown.prefix(64)) is no activation of this network")
    }
  }

  private func validateQualityPositions() throws(ModelError) {
    guard qualityPositions.count == Limits.qualities else {
      throw .invalidQualityPositions(
        "\(qualityPositions.count) entries, expected \(Limits.qualities)")
    }
    let last = (network.levels - 1) * 256
    guard qualityPositions.allSatisfy({ (0...last).contains($0) }),
      zip(qualityPositions, qualityPositions.dropFirst()).allSatisfy({ $0 < $1 })
    else { throw .invalidQualityPositions("not strictly increasing in 0…\(last)") }
  }

  private func validateTensors(isKnown: Bool) throws(ModelError) {
    let specs = network.parameters(posteriorHead: hasPosteriorHead)
    for spec in specs {
      guard let tensor = tensors[spec.name] else { throw .missingTensor(spec.name) }
      guard tensor.dtype != .i32 else {
        throw .invalidTensor(name: spec.name, reason: "type I32, expected F16 or F32")
      }
      guard tensor.shape == spec.shape else {
        throw .invalidTensor(
          name: spec.name, reason: "shape \(tensor.shape.prefix(8)), expected \(spec.shape)")
      }
      if !isKnown, let index = tensor.firstNonFinite() {
        throw .notFinite(tensor: spec.name, index: index)
      }
    }
    try PreviewTable.validate(tensors, latentWidth: network.latentWidth)
    let known = Set(specs.map(\.name) + [PreviewTable.weightName, PreviewTable.biasName])
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) where !known.contains(name) {
      guard name.hasPrefix("entropy.") else { throw .unexpectedTensor(String(name.prefix(64))) }
      guard tensor.dtype == .i32 else {
        throw .invalidTensor(name: name, reason: "type \(tensor.dtype.rawValue), expected I32")
      }
      guard tensor.count <= Limits.entropyElements else {
        throw .tooLarge(
          what: name, bytes: tensor.bytes.count, limit: 4 * Limits.entropyElements)
      }
    }
  }
}
