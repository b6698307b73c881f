import VAEZip

/// The state that a training run begins in, of the network that it trains.
struct Beginning {
  let description: NetworkDescription
  /// Elements by part and tensor name. Parts that are missing are zero.
  private(set) var parts: [Parameters.Part: [String: [Float]]] = [:]
  private(set) var step = 0
  private(set) var minutes = 0.0

  /// - Throws: `TrainError` if a checkpoint can't be read, or the network differs too much.
  init(
    _ start: TrainingStart, options: TrainingOptions,
    describe: (NetworkDescription) -> NetworkDescription
  ) throws {
    func warm(_ description: NetworkDescription) -> [String: [Float]] {
      var start = WarmStart(description, seed: options.seed)
      return start.values(
        description.parameters(posteriorHead: options.posterior == .gaussian))
    }
    switch start {
    case .warm:
      description = describe(.standard)
      parts[.values] = warm(description)
      parts[.average] = parts[.values]

    case .model(let file):
      description = describe(file.description)
      let growth = try Growth(from: file.description, to: description)
      parts[.values] = growth.values(Self.learned(file), start: warm(description))
      parts[.average] = parts[.values]

    case .checkpoint(let path):
      let checkpoint = try Checkpoint(path: path)
      let old = checkpoint.state
      guard old.options.posterior == options.posterior else {
        throw TrainError.checkpoint(
          path: path, reason: "was trained with --posterior \(old.options.posterior.rawValue)")
      }
      description = describe(old.description)
      let growth = try Growth(from: old.description, to: description)
      let fresh = warm(description)
      let specs = description.parameters(posteriorHead: options.posterior == .gaussian)
      for (part, contents) in checkpoint.parts {
        switch part {
        case .values, .average: parts[part] = growth.values(contents, start: fresh)
        case .mean, .square: parts[part] = growth.moments(contents, specs: specs)
        }
      }
      step = old.step
      minutes = old.minutes
    }
  }

  /// A model's tensors as the network learns them (see `TorchNetwork`): the file holds scale levels.
  private static func learned(_ file: ModelFile) -> [String: [Float]] {
    var tensors = file.tensors.filter { !$0.key.hasPrefix("entropy.") }.mapValues { $0.floats() }
    tensors["hyper.level"] = tensors["hyper.level"]?.map {
      ($0 - Float(TorchNetwork.levelOffset)) / Float(TorchNetwork.levelScale)
    }
    return tensors
  }
}
