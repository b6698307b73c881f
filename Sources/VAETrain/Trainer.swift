import Foundation
import VAEZip

extension TorchNetwork {
  /// A batch of `[count, size, size, 3]` bytes as the network's input.
  func pixels(_ bytes: [UInt8], count: Int, size: Int) -> Tensor {
    pixels(bytes, count: count, height: size, width: size)
  }

  func pixels(_ bytes: [UInt8], count: Int, height: Int, width: Int) -> Tensor {
    Tensor.bytes(torch, bytes, [count, height, width, 3], device: device)
      .permute([0, 3, 1, 2]).converted(to: .float32).affine(1 / 128.0, -1)
  }
}

/// The training loop.
public final class Trainer {
  private let network: TorchNetwork
  private let images: TrainingImages
  private let validation: ValidationSet?
  private var options: TrainingOptions
  private var step: Int
  private let minutesBefore: Double
  private let log: TrainingLog

  /// Set from a signal handler or another thread to end the run after the step at hand.
  public let stop: StopFlag

  /// Begins a training, or goes on from a checkpoint.
  ///
  /// - Parameters:
  ///   - description: of a new network; a checkpoint brings its own.
  ///   - resume: the path of a checkpoint; its weights, moments and step count go on.
  ///   - cuda: trains on the first CUDA device.
  /// - Throws: `TrainError`.
  public init(
    torch: Torch, images paths: [String], validation validationPaths: [String],
    description: NetworkDescription, options: TrainingOptions, resume: String?, threads: Int,
    cuda: Bool, log: TrainingLog, stop: StopFlag
  ) throws {
    self.log = log
    self.options = options
    self.stop = stop
    torch.setThreads(threads)
    torch.setSeed(options.seed)
    let checkpoint = try resume.map { try Checkpoint(path: $0) }
    if let checkpoint, checkpoint.state.options.posterior != options.posterior {
      throw TrainError.checkpoint(
        path: resume ?? "",
        reason: "was trained with --posterior \(checkpoint.state.options.posterior.rawValue)")
    }
    network = TorchNetwork(
      torch, checkpoint?.state.description ?? description,
      posteriorHead: options.posterior == .gaussian, device: cuda ? .cuda : .cpu)
    network.computeType = options.bfloat16 ? .bfloat16 : .float32
    let parameters = network.parameters
    if let checkpoint {
      for (part, contents) in checkpoint.parts { try parameters.write(part, contents) }
    } else {
      var start = WarmStart(description, seed: options.seed)
      let values = start.values(parameters.specs)
      try parameters.write(.values, values)
      try parameters.write(.average, values)
    }
    step = checkpoint?.state.step ?? 0
    minutesBefore = checkpoint?.state.minutes ?? 0
    images = try TrainingImages(
      paths, cropSize: options.cropSize, threads: threads, seed: options.seed)
    validation =
      validationPaths.isEmpty ? nil : try ValidationSet(validationPaths)
    log.note(
      "\(images.images.count) images, \(images.totalArea / 1_000_000) Mpixel"
        + (images.skipped > 0 ? ", \(images.skipped) files left out" : "")
        + "; \(parameters.values.count) weights; libtorch \(torch.version)"
        + (cuda ? " on CUDA" : ", \(threads) threads"))
  }

  /// Trains until the time or the steps are up, or `stop` is set.
  ///
  /// - Parameters:
  ///   - checkpointPath: written at the end and every `checkpointMinutes`.
  ///   - validationMinutes: between two measurements on the validation images.
  public func run(
    checkpointPath: String, checkpointMinutes: Double = 5, validationMinutes: Double = 15
  ) throws {
    try run(
      checkpointPath: checkpointPath, checkpointMinutes: checkpointMinutes,
      validationMinutes: validationMinutes, until: .max)
  }

  /// - Parameter lastStep: ends here, though the schedule goes on.
  package func run(
    checkpointPath: String, checkpointMinutes: Double = 5, validationMinutes: Double = 15,
    until lastStep: Int
  ) throws {
    let begin = ContinuousClock.now
    func minutes() -> Double {
      let elapsed = (ContinuousClock.now - begin).components
      return minutesBefore + Double(elapsed.seconds) / 60 + Double(elapsed.attoseconds) * 1e-18 / 60
    }
    let queue = CropQueue(
      images, batch: options.batch, size: options.cropSize, firstStep: step, seed: options.seed)
    defer { queue.stop() }
    var nextCheckpoint = minutes() + checkpointMinutes
    var nextValidation = minutes() + validationMinutes
    var badSteps = 0
    let parameters = network.parameters

    while !stop.isSet, step < lastStep {
      let progress: Double
      switch options.length {
      case .minutes(let total): progress = minutes() / total
      case .steps(let total): progress = Double(step) / Double(total)
      }
      if progress >= 1 { break }
      step += 1

      let levels = drawLevels(step: step)
      let pixels = network.pixels(queue.next(), count: options.batch, size: options.cropSize)
      let measures = network.measure(
        pixels, positions: levels, posterior: options.posterior, distortion: options.distortion,
        sampling: true)
      let loss = objective(measures, levels)
      loss.backward()
      let norm = parameters.gradientNorm()
      try network.torch.check()

      guard norm.isFinite else {
        parameters.gradients.zero()
        log.skippedSteps += 1
        badSteps += 1
        if badSteps >= 50 { throw TrainError.diverged(step: step - badSteps) }
        continue
      }
      badSteps = 0
      let warmUp = min(1, Double(step) / Double(max(options.warmUpSteps, 1)))
      let cosine = 0.5 * (1 + cos(.pi * progress))
      parameters.step(
        step, rate: options.rate * warmUp * (cosine * 0.999 + 0.001),
        scale: norm > options.gradientNorm ? options.gradientNorm / norm : 1,
        decay: min(options.averageDecay, (1 + Double(step)) / (10 + Double(step))))

      log.record(
        step: step, minutes: minutes(), loss: loss.item,
        bitsPerPixel: try measures.bitsPerPixel.floats(),
        squaredError: try measures.squaredError.floats(), positions: levels,
        pixels: options.batch * options.cropSize * options.cropSize, progress: progress)

      if minutes() >= nextCheckpoint {
        try checkpoint(minutes: minutes()).write(to: checkpointPath, specs: parameters.specs)
        nextCheckpoint = minutes() + checkpointMinutes
      }
      if let validation, minutes() >= nextValidation {
        try withAverage { log.validation(step: step, try validation.measure(network)) }
        nextValidation = minutes() + validationMinutes
      }
    }
    log.finish()
    try checkpoint(minutes: minutes()).write(to: checkpointPath, specs: parameters.specs)
    if let validation {
      try withAverage { log.validation(step: step, try validation.measure(network)) }
    }
  }

  /// The model of the averaged weights, calibrated to integers.
  public func export(name: String) throws -> ModelFile {
    try withAverage {
      try Export(network: network, images: images, options: options).model(name: name)
    }
  }

  /// The samples' level positions, one from each of `batch` equal parts of the range. Seeds the
  /// noise too: a step's randomness depends on its number alone, so a resumed run repeats nothing.
  private func drawLevels(step: Int) -> [Double] {
    let seed = options.seed &+ UInt64(step) &* 0xD1B5_4A32_D192_ED03
    network.torch.setSeed(seed)
    var random = SplitMix64(seed: seed)
    let top = Double(network.description.levels - 1)
    return (0..<options.batch).map {
      (Double($0) + random.uniform(0, 1)) / Double(options.batch) * top
    }
  }

  /// The mean objective over some training batches, without learning from them.
  package func loss(batches: Int) throws -> Double {
    try network.torch.withoutGradients {
      var sum = 0.0
      for index in 1...batches {
        var random = SplitMix64(seed: UInt64(index))
        let crops = images.crops(options.batch, size: options.cropSize, using: &random)
        let levels = drawLevels(step: index)
        let measures = network.measure(
          network.pixels(crops, count: options.batch, size: options.cropSize), positions: levels,
          posterior: options.posterior, distortion: options.distortion, sampling: true)
        sum += objective(measures, levels).item
      }
      try network.torch.check()
      return sum / Double(batches)
    }
  }

  /// What the exported model reaches on an image in floating point, by quality level.
  ///
  /// - Precondition: the image is RGB; its sides are multiples of 16.
  package func figures(of image: Image) throws -> [ValidationSet.Figures] {
    try withAverage { try ValidationSet(crops: [image]).measure(network) }
  }

  /// Bits per pixel + λ · D, weighted by λ^-0.4 so that every level keeps learning.
  private func objective(_ measures: Measures, _ levels: [Double]) -> Tensor {
    let lambdas = levels.map(network.lambda)
    func constant(_ values: [Double]) -> Tensor {
      .floats(network.torch, values.map(Float.init), [values.count], device: network.device)
    }
    let cost = measures.bitsPerPixel + measures.distortion * constant(lambdas)
    let weights = lambdas.map { 1 / (8 * pow($0, 0.4) * Double(levels.count)) }
    return (cost * constant(weights)).sum()
  }

  private func checkpoint(minutes: Double) throws -> Checkpoint {
    try Checkpoint(
      state: .init(
        description: network.description, options: options, step: step, minutes: minutes),
      parameters: network.parameters)
  }

  /// Runs `body` with the moving average in place of the weights.
  private func withAverage<R>(_ body: () throws -> R) throws -> R {
    let parameters = network.parameters
    let values = parameters.values.copied()
    parameters.values.copy(from: parameters.average)
    defer { parameters.values.copy(from: values) }
    return try body()
  }
}
