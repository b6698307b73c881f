import Foundation
import VAEZip

/// Trains a network and exports it as a model.
///
/// ```swift
/// let torch = try Torch.load()
/// let trainer = try Trainer(
///   torch: torch, images: ["Photos"], validation: [], start: .blockDCT, network: { $0 },
///   options: TrainingOptions(), threads: 2, group: WorkerGroup(torch), cuda: false,
///   log: TrainingLog(csvPath: nil), stop: StopFlag())
/// try trainer.run(checkpointPath: "new.model.ckpt")
/// let model = try trainer.export(name: "new") { _ in }
/// ```
package final class Trainer {
  let network: TorchNetwork
  let optimizer: Optimizer
  let images: CropSource
  /// Looks for more images while the trainer learns.
  package let watcher: ImageWatcher?
  let validation: ValidationSet?
  let objective: Objective
  let sampling: LevelSampling
  let schedule: LearningRateSchedule
  let options: TrainingOptions
  let group: WorkerGroup
  let threads: Int
  let log: TrainingLog

  /// Set from a signal handler or another thread to end the run after the step at hand.
  package let stop: StopFlag

  /// Whether the host doesn't wait for the device in a step.
  let takesDeviceSteps: Bool

  /// Steps so far, those of earlier runs included.
  var step: Int
  /// The step at which the optimizer's moments were zero.
  let firstStep: Int
  /// Whether the learning rate has begun to fall.
  var isDecayed: Bool
  /// Spent by earlier runs.
  let minutesBefore: Double
  private let begin = ContinuousClock.now
  /// Whether the run began with a model's weights.
  let isFineTuning: Bool
  /// The figures of the validation images at the beginning, where the run began with a model's weights.
  var figuresBefore: [[ValidationSet.Figures]]?

  /// Prepares a training.
  ///
  /// - Parameters:
  ///   - paths: folders of images, searched recursively, or single files.
  ///   - validationPaths: the same of held-out images, to measure on.
  ///   - describe: makes the network's description from the start's, or from the standard one if
  ///     there is none; it may add blocks and change the quality levels.
  ///   - group: the processes that train together.
  ///   - cuda: trains on the CUDA device of the process' local rank.
  /// - Throws: `TrainError`, or what `describe` throws.
  package init(
    torch: Torch, images paths: [String], validation validationPaths: [String],
    start: TrainingStart, network describe: (NetworkDescription) throws -> NetworkDescription,
    options: TrainingOptions, threads: Int, group: WorkerGroup, cuda: Bool, log: TrainingLog,
    stop: StopFlag
  ) throws {
    (self.log, self.options, self.stop, self.group, self.threads) = (
      log, options, stop, group, threads
    )
    guard !cuda || torch.hasCUDA else { throw TrainError.noCUDA }
    // libtorch has a few threads of its own, and waits forever for one that cannot be made.
    guard ThreadProbe.canMake(threads + 4) else { throw TrainError.noThreads(needed: threads + 4) }
    torch.setThreads(threads)
    torch.setSeed(options.seed)
    let device: Tensor.Device = cuda ? .cuda(group.localRank) : .cpu
    let initial = try InitialState(start, options: options, describe: describe)
    (step, firstStep, isDecayed) = (initial.step, initial.firstStep, initial.isDecayed)
    minutesBefore = initial.minutes
    isFineTuning = if case .model = start { true } else { false }
    network = try Self.network(torch, initial, options, group: group, device: device)
    optimizer = Optimizer(options.optimizer, network.parameters, device: device)
    try optimizer.writeState(initial.optimizer)

    takesDeviceSteps =
      (options.takesDeviceSteps ?? cuda) && DeviceTraining.suits(options, group)
    let decoded = try TrainingImages(
      paths, cropSize: options.cropSize,
      makesDownscaled: options.downscaledShare > 0 && !takesDeviceSteps,
      threads: threads, seed: options.seed, stop: stop)
    images = try CropSource(
      decoded, downscaledShare: options.downscaledShare, flips: options.flips, torch: torch, device: device)
    watcher =
      options.watchesFolders
      ? ImageWatcher(
        paths, known: decoded.files, cropSize: options.cropSize, budget: decoded.budget) : nil
    validation =
      validationPaths.isEmpty || group.rank > 0 ? nil : try ValidationSet(validationPaths)

    let levels = network.description.levels
    objective = Objective(
      network: network,
      distortion: DistortionMixture(
        torch, options.distortion, cropSize: options.cropSize, levels: levels, device: device),
      flatCropWeight: options.flatCropWeight, batch: options.batch * group.count)
    sampling = LevelSampling(top: Double(levels - 1), upperLevels: options.upperLevels)
    schedule = LearningRateSchedule(
      rate: options.learningRate, warmUpSteps: options.warmUpSteps, decay: options.decay)
    describeRun(decoded, cuda: cuda)
  }

  private static func network(
    _ torch: Torch, _ initial: InitialState, _ options: TrainingOptions, group: WorkerGroup,
    device: Tensor.Device
  ) throws -> TorchNetwork {
    let network = TorchNetwork(
      torch, initial.description, posteriorHead: options.posterior == .gaussian, device: device)
    network.bfloat16 = options.bfloat16
    network.share = (group.rank, group.count)
    for (part, contents) in initial.parts { try network.parameters.write(part, contents) }
    return network
  }

  /// Images that crops are cut from.
  package var imageCount: Int { images.count }

  /// Tells the log what is trained, on what.
  private func describeRun(_ decoded: TrainingImages, cuda: Bool) {
    log.begin(levels: network.description.levels)
    var text = "\(images.count) images, \(images.totalArea / 1_000_000) Mpixel"
    if decoded.unreadable > 0 { text += ", \(decoded.unreadable) unreadable files left out" }
    if decoded.tooSmall > 0 { text += ", \(decoded.tooSmall) smaller than a crop left out" }
    text += "; \(network.parameters.values.count) weights; libtorch \(network.torch.version)"
    text += cuda ? " on CUDA" : ", \(threads) threads"
    if group.count > 1 { text += "; \(group.count) processes" }
    log.note(text)
    if let validation, validation.skipped > 0 {
      log.note("\(validation.skipped) of the held-out files left out")
    }
  }

  /// Spent training, those of earlier runs included.
  var minutes: Double { minutesBefore + (ContinuousClock.now - begin).minutes }

  /// Runs `body` with the moving average in place of the weights, in float32.
  func withAverage<R>(_ body: () throws -> R) throws -> R {
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

  func checkpoint() throws -> Checkpoint {
    try Checkpoint(
      state: .init(
        description: network.description, options: options, step: step, minutes: minutes,
        firstStep: firstStep, isDecayed: isDecayed),
      parameters: network.parameters, optimizer: optimizer)
  }

  /// What the averaged weights reach on an image in floating point, by quality level.
  ///
  /// - Precondition: the image is RGB; its sides are multiples of 16.
  package func figures(of image: Image) throws -> [ValidationSet.Figures] {
    try withAverage { try ValidationSet.measure(image, network) }
  }
}

extension Duration {
  var minutes: Double {
    let (seconds, attoseconds) = components
    return (Double(seconds) + Double(attoseconds) * 1e-18) / 60
  }
}
