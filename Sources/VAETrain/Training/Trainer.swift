import Foundation
import VAEZip

/// What a training begins with.
public enum TrainingStart: Sendable {
  /// A network that knows no more than the block DCT.
  case warm
  /// The weights of a model.
  case model(ModelFile)
  /// A checkpoint at this path: its weights, moments, step count and time go on.
  case checkpoint(String)
}

/// The training loop.
public final class Trainer {
  private let network: TorchNetwork
  private let images: CropSource
  private let validation: ValidationSet?
  private let group: WorkerGroup
  private let similarity: StructuralSimilarity?
  private var options: TrainingOptions
  private var step: Int
  private let minutesBefore: Double
  private let threads: Int
  private let log: TrainingLog

  /// Set from a signal handler or another thread to end the run after the step at hand.
  public let stop: StopFlag

  /// Prepares a training.
  ///
  /// - Parameters:
  ///   - network: makes the network's description from the start's, or from the standard one if
  ///     there is none; it may add blocks and change the quality levels.
  ///   - group: the processes that train together.
  ///   - cuda: trains on the CUDA device of the process' local rank.
  /// - Throws: `TrainError`.
  public init(
    torch: Torch, images paths: [String], validation validationPaths: [String],
    start: TrainingStart, network describe: (NetworkDescription) -> NetworkDescription,
    options: TrainingOptions, threads: Int, group: WorkerGroup, cuda: Bool, log: TrainingLog,
    stop: StopFlag
  ) throws {
    self.log = log
    self.options = options
    self.stop = stop
    self.group = group
    self.threads = threads
    torch.setThreads(threads)
    torch.setSeed(options.seed)
    let beginning = try Beginning(start, options: options, describe: describe)
    let device: Tensor.Device = cuda ? .cuda(group.localRank) : .cpu
    network = TorchNetwork(
      torch, beginning.description, posteriorHead: options.posterior == .gaussian, device: device)
    network.bfloat16 = options.bfloat16
    network.share = (group.rank, group.count)
    for (part, contents) in beginning.parts { try network.parameters.write(part, contents) }
    step = beginning.step
    minutesBefore = beginning.minutes
    let decoded = try TrainingImages(
      paths, cropSize: options.cropSize, makesSmaller: (options.smaller ?? 0) > 0, threads: threads,
      seed: options.seed)
    images = try CropSource(
      decoded, smaller: options.smaller ?? 0, torch: torch, device: device)
    similarity = options.similarity.flatMap { share in
      share == 0
        ? nil
        : StructuralSimilarity(torch, share: share, size: options.cropSize, device: device)
    }
    validation =
      validationPaths.isEmpty || group.rank > 0 ? nil : try ValidationSet(validationPaths)
    log.begin(levels: network.description.levels)
    log.note(
      "\(images.count) images, \(images.totalArea / 1_000_000) Mpixel"
        + (decoded.skipped > 0 ? ", \(decoded.skipped) files left out" : "")
        + "; \(network.parameters.values.count) weights; libtorch \(torch.version)"
        + (cuda ? " on CUDA" : ", \(threads) threads")
        + (group.count > 1 ? "; \(group.count) processes" : ""))
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
    var nextCheckpoint = minutes() + checkpointMinutes
    var nextValidation = minutes() + validationMinutes
    var badSteps = 0
    let parameters = network.parameters
    let isFirst = group.rank == 0
    if options.integers == true {
      let calibration = try withAverage { try exporter.calibrated(name: "").calibration }
      network.integers = SimulatedIntegers(fractionBits: calibration)
    }
    defer { network.integers = nil }

    var pixels = crops(step: step).asPixels()
    while step < lastStep {
      let (progress, isOver) = try progress(minutes: minutes())
      if isOver { break }
      step += 1
      let levels = drawLevels(step: step)
      let measures = network.measure(
        pixels, positions: levels, posterior: options.posterior, distortion: options.distortion,
        similarity: similarity, sampling: true)
      let loss = objective(measures, levels)
      parameters.learn(from: loss)
      group.sum(parameters.gradients)
      // A GPU is still at work on the step: the next one's crops are asked for before it is waited for.
      pixels = crops(step: step).asPixels()
      let report = try StepReport(
        squaredNorm: parameters.squaredGradientNorm(), loss: loss, measures: measures)

      guard report.gradientNorm.isFinite else {
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
        scale: min(1, options.gradientNorm / report.gradientNorm),
        decay: min(options.averageDecay, (1 + Double(step)) / (10 + Double(step))))

      guard isFirst else { continue }
      log.record(
        step: step, minutes: minutes(), report, positions: levels,
        pixels: options.batch * group.count * options.cropSize * options.cropSize,
        progress: progress)
      if minutes() >= nextCheckpoint {
        try checkpoint(minutes: minutes()).write(to: checkpointPath, specs: parameters.specs)
        nextCheckpoint = minutes() + checkpointMinutes
      }
      if let validation, minutes() >= nextValidation {
        try withAverage { log.validation(step: step, try validation.measure(network)) }
        nextValidation = minutes() + validationMinutes
      }
    }
    guard isFirst else { return }
    log.finish()
    try checkpoint(minutes: minutes()).write(to: checkpointPath, specs: parameters.specs)
    if let validation {
      try withAverage { log.validation(step: step, try validation.measure(network)) }
    }
  }

  /// How much of the training is done, 0…1, and whether it is over: the first process decides.
  private func progress(minutes: Double) throws -> (Double, Bool) {
    let progress =
      switch options.length {
      case .minutes(let total): minutes / total
      case .steps(let total): Double(step) / Double(total)
      }
    let agreed = try group.agreed([progress, stop.isSet ? 1 : 0])
    return (agreed[0], agreed[0] >= 1 || agreed[1] > 0)
  }

  /// This process' crops of a step. One generator a step: resuming repeats nothing and skips nothing.
  private func crops(step: Int) -> Tensor {
    var random = SplitMix64(seed: options.seed &+ UInt64(step) &* 0x9E37_79B9_7F4A_7C15)
    return images.crops(
      options.batch * group.count, part: share, size: options.cropSize, using: &random)
  }

  /// The samples of a batch that are this process'.
  private var share: Range<Int> {
    group.rank * options.batch..<(group.rank + 1) * options.batch
  }

  /// The model of the averaged weights, calibrated to integers.
  public func export(name: String) throws -> ModelFile {
    try withAverage { try exporter.model(name: name) }
  }

  private var exporter: Export {
    Export(network: network, images: images, options: options, threads: threads)
  }

  /// Tells the log what the exported model's integers cost on the validation images, if there are any.
  public func measureIntegers(of file: ModelFile) throws {
    guard let validation else { return }
    log.integers(percent: try integerCost(of: file, on: validation.crops))
  }

  /// See `IntegerCost`.
  package func integerCost(of file: ModelFile, on images: [Image]) throws -> Double {
    try withAverage { try IntegerCost(file: file, network: network).percent(on: images) }
  }

  /// The level positions of this process' samples; the whole batch has one from each of as many equal
  /// parts of the range. Seeds the noise too: a step's randomness depends on its number alone, so a
  /// resumed run repeats nothing.
  private func drawLevels(step: Int) -> [Double] {
    let seed = options.seed &+ UInt64(step) &* 0xD1B5_4A32_D192_ED03
    network.torch.setSeed(seed)
    var random = SplitMix64(seed: seed)
    let top = Double(network.description.levels - 1)
    let count = options.batch * group.count
    let levels = (0..<count).map { (Double($0) + random.uniform(0, 1)) / Double(count) * top }
    return Array(levels[share])
  }

  /// The mean objective over some training batches, without learning from them.
  package func loss(batches: Int) throws -> Double {
    try network.torch.withoutGradients {
      var sum = 0.0
      for index in 1...batches {
        let levels = drawLevels(step: index)
        let measures = network.measure(
          crops(step: index).asPixels(), positions: levels, posterior: options.posterior,
          distortion: options.distortion, similarity: similarity, sampling: true)
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
    try withAverage { try ValidationSet.measure(image, network) }
  }

  /// Bits per pixel + λ · D, weighted by λ^-0.4 so that every level keeps learning: about 1 for the
  /// usual crop of a level. What others cost makes them count less or more (`evening`).
  private func objective(_ measures: Measures, _ levels: [Double]) -> Tensor {
    let lambdas = levels.map(network.lambda)
    func constant(_ values: [Double]) -> Tensor {
      .floats(network.torch, values.map(Float.init), [values.count], device: network.device)
    }
    let cost = measures.bitsPerPixel + measures.distortion * constant(lambdas)
    let count = Double(levels.count * group.count)
    let relative = cost * constant(lambdas.map { 1 / (8 * pow($0, 0.4)) })
    guard let evening = options.evening, evening > 0 else { return relative.sum() * (1 / count) }
    let weights = (relative.detached().lowerBound(0.01).log() * -evening).exp()
    return (relative * weights).sum() * (1 / count)
  }

  private func checkpoint(minutes: Double) throws -> Checkpoint {
    try Checkpoint(
      state: .init(
        description: network.description, options: options, step: step, minutes: minutes),
      parameters: network.parameters)
  }

  /// Runs `body` with the moving average in place of the weights, in float32.
  private func withAverage<R>(_ body: () throws -> R) throws -> R {
    let parameters = network.parameters
    let (values, integers) = (parameters.values.copied(), network.integers)
    let bfloat16 = network.bfloat16
    parameters.values.copy(from: parameters.average)
    network.integers = nil
    network.bfloat16 = false
    defer {
      parameters.values.copy(from: values)
      network.integers = integers
      network.bfloat16 = bfloat16
    }
    return try body()
  }
}
