import VAEZip

/// What a training begins with.
package enum TrainingStart: Sendable {
  /// A new network, which knows no more than the block DCT.
  case blockDCT
  /// The weights of a model.
  case model(ModelFile)
  /// A checkpoint at this path: its weights, moments, step count and time go on.
  case checkpoint(String)
}

/// The state of a network at the beginning of a run.
struct InitialState {
  let description: NetworkDescription
  /// Elements by part and tensor name. Parts that are missing are zero.
  private(set) var parts: [Parameters.Part: [String: [Float]]] = [:]
  /// Elements by the names of `Optimizer.state`.
  private(set) var optimizer: [String: [Float]] = [:]
  private(set) var step = 0
  /// The step at which the optimizer's moments were zero.
  private(set) var firstStep = 0
  private(set) var minutes = 0.0
  private(set) var isDecayed = false

  /// - Parameter describe: changes the network that there is, or the standard one.
  /// - Throws: `TrainError` if a checkpoint can't be read, or the network differs too much.
  init(
    _ start: TrainingStart, options: TrainingOptions,
    describe: (NetworkDescription) throws -> NetworkDescription
  ) throws {
    func described(_ base: NetworkDescription) throws -> NetworkDescription {
      let description = try describe(base)
      if let problem = description.problem { throw TrainError.network(problem) }
      return description
    }
    switch start {
    case .blockDCT:
      description = try described(.standard)
      parts[.values] = Self.new(description, options)
    case .model(let file):
      description = try described(file.network)
      let growth = try NetworkGrowth(from: file.network, to: description)
      parts[.values] = growth.values(
        Self.learned(file), start: Self.new(description, options))
    case .checkpoint(let path):
      let checkpoint = try Checkpoint(path: path)
      description = try described(checkpoint.state.description)
      try take(checkpoint, from: path, options)
    }
    parts[.average] = parts[.average] ?? parts[.values]
  }

  /// The weights of a new network.
  private static func new(
    _ description: NetworkDescription, _ options: TrainingOptions
  ) -> [String: [Float]] {
    var start = BlockDCT(description, seed: options.seed)
    return start.values(description.parameters(posteriorHead: options.posterior == .gaussian))
  }

  private mutating func take(
    _ checkpoint: Checkpoint, from path: String, _ options: TrainingOptions
  ) throws {
    let old = checkpoint.state
    func refuse(_ option: String) -> TrainError {
      .checkpoint(path: path, reason: "was trained with \(option)")
    }
    guard old.options.posterior == options.posterior else {
      throw refuse("--posterior \(old.options.posterior.rawValue)")
    }
    let growth = try NetworkGrowth(from: old.description, to: description)
    let new = Self.new(description, options)
    let specs = description.parameters(posteriorHead: options.posterior == .gaussian)
    // One optimizer's moments are nothing to another.
    let keepsMoments = old.options.optimizer == options.optimizer
    for (part, contents) in checkpoint.parts {
      switch part {
      case .values, .average: parts[part] = growth.values(contents, start: new)
      case .mean, .square:
        if keepsMoments { parts[part] = growth.moments(contents, specs: specs) }
      }
    }
    if keepsMoments { optimizer = checkpoint.optimizer }
    step = old.step
    firstStep = keepsMoments ? old.firstStep ?? 0 : old.step
    minutes = old.minutes
    isDecayed = old.isDecayed ?? false
  }

  /// A model's tensors as the network learns them (see `TorchNetwork`): the file holds scale indexes.
  private static func learned(_ file: ModelFile) -> [String: [Float]] {
    var tensors = file.tensors.filter { !$0.key.hasPrefix("entropy.") }.mapValues { $0.floats() }
    tensors["hyper.level"] = tensors["hyper.level"]?.map {
      ($0 - Float(TorchNetwork.levelOffset)) / Float(TorchNetwork.levelScale)
    }
    return tensors
  }
}
