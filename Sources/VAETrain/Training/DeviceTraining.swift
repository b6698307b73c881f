import VAEZip

/// How a trainer takes steps on a device that it doesn't wait for.
struct DeviceTraining {
  private let images: CropTable
  private let options: TrainingOptions
  private let step: DeviceStep
  private let torch: Torch

  /// Steps between two reports, each of which waits for the device.
  static let reportInterval = 100

  /// Images that may join while training.
  private static let spareImages = 1 << 16

  /// Whether such steps can be taken: by one process, without simulated integers, for the codec's own
  /// posterior.
  static func suits(_ options: TrainingOptions, _ group: WorkerGroup) -> Bool {
    group.count == 1 && options.posterior == .uniform && !options.integers
  }

  init(_ trainer: Trainer) throws {
    options = trainer.options
    torch = trainer.network.torch
    images = try trainer.images.table(spare: trainer.watcher == nil ? 0 : Self.spareImages)
    var options = DeviceStep.Options(
      type: options.float16 ? .float16 : options.bfloat16 ? .bfloat16 : .float32,
      takesAdam: options.optimizer == .adam)
    options.flatCropWeight = self.options.flatCropWeight
    options.seed = self.options.seed
    // Metrics other than the squared error take as long as a small network.
    options.metricsEvery = self.options.batch >= 16 ? 4 : 1
    step = try DeviceStep(
      trainer.network, crops: images, batch: self.options.batch, cropSize: self.options.cropSize,
      options: options, distortion: trainer.objective.distortion)
  }

  /// Launches one step.
  ///
  /// - Parameters:
  ///   - number: of the step, which alone decides its crops and noise.
  ///   - positions: ascending level positions; the crops get them in random order.
  ///   - optimizerStep: from 1.
  func run(
    _ number: Int, positions: [Double], optimizerStep: Int, optimizer: Optimizer, rate: Double,
    decay: Double
  ) throws {
    var random = SplitMix64(seed: options.seed &+ UInt64(number) &* 0x9E37_79B9_7F4A_7C15)
    let crops = images.draw(
      options.batch, size: options.cropSize, scaledShare: options.downscaledShare,
      flips: options.flips, using: &random)
    torch.allowTF32(true)
    defer { torch.allowTF32(false) }
    try step.run(
      .init(
        step: number, optimizerStep: optimizerStep, positions: positions.shuffled(using: &random),
        crops: crops, learningRate: rate, decay: decay, gradientNorm: options.gradientNorm))
    if optimizer.kind != .adam {
      optimizer.step(optimizerStep, rate: rate, scale: 1, decay: decay)
    }
  }

  /// Adds images, from which the next steps' crops are cut, too.
  func add(_ more: [Image]) throws {
    for image in more { images.add(image) }
    try torch.check()
  }

  /// Waits for all steps so far.
  func report() throws -> DeviceStep.Report { try step.report() }

  /// Why steps are not recorded as a graph.
  var refusal: String? { step.refusal }
}
