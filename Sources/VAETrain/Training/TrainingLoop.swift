import Foundation
import VAEZip

extension Trainer {
  /// Trains until the time or the steps are up, or `stop` is set.
  ///
  /// The weights before the learning rate falls are kept in `checkpointPath`, and a later run goes on
  /// from there. Those of the decay are written beside it: `new.decayed.ckpt` beside `new.ckpt`.
  ///
  /// - Parameters:
  ///   - checkpointPath: written at the end and every `checkpointMinutes`.
  ///   - validationMinutes: between two measurements on the validation images.
  /// - Throws: `TrainError`.
  package func run(
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
    let file = CheckpointFile(path: checkpointPath)
    try prepare()
    defer { network.integers = nil }
    var nextCheckpoint = minutes + checkpointMinutes
    var nextValidation = minutes + validationMinutes
    var badSteps = 0
    let device = takesDeviceSteps ? try DeviceTraining(self) : nil
    watcher?.start()
    defer { watcher?.stop() }
    var pixels = device == nil ? crops(step: step).asPixels() : nil
    while step < lastStep {
      let progress = try agreedProgress()
      guard progress.value < 1, !progress.isStopped else { break }
      try branchIfDecaying(progress.value, file)
      try addNewImages(device)
      if let device {
        badSteps = try takeStep(device, progress: progress.value) ?? badSteps
      } else {
        badSteps = try takeStep(&pixels, progress: progress.value) ? 0 : badSteps + 1
      }
      if badSteps >= 50 { throw TrainError.diverged(step: step - badSteps) }
      guard group.rank == 0 else { continue }
      if minutes >= nextCheckpoint {
        try write(to: file)
        nextCheckpoint = minutes + checkpointMinutes
      }
      if minutes >= nextValidation {
        try validate()
        nextValidation = minutes + validationMinutes
      }
    }
    if let device { _ = try record(device, progress: 1) }
    guard group.rank == 0 else { return }
    log.finish()
    try write(to: file)
  }

  /// What comes before the first step: the figures of the model that the run begins with, and the
  /// positions of simulated integers.
  private func prepare() throws {
    if let validation, isFineTuning {
      figuresBefore = try withAverage { try validation.measure(network) }
    }
    guard options.integers else { return }
    let calibration = try withAverage { try exporter(TimeLimit(stop: stop)).calibration() }
    network.integers = SimulatedIntegers(fractionBits: calibration)
  }

  /// Takes what was put into the folders since the last step.
  private func addNewImages(_ device: DeviceTraining?) throws {
    guard let more = watcher?.take(), !more.isEmpty else { return }
    try device?.add(more)
    try images.add(more, cropSize: options.cropSize, threads: Threads(threads))
    log.note("\(more.count) more images: \(images.count), \(images.totalArea / 1_000_000) Mpixel")
  }

  /// Learns from the crops in `next`, and replaces them by the next step's.
  ///
  /// - Returns: false if the gradient was not finite; the weights are then as before.
  private func takeStep(_ next: inout Tensor?, progress: Double) throws -> Bool {
    let pixels = next ?? crops(step: step).asPixels()
    step += 1
    let parameters = network.parameters
    let positions = drawPositions(step: step)
    let pass = network.forward(
      pixels, positions: positions, posterior: options.posterior, sampling: true)
    let loss = objective.value(pass, original: pixels, positions: positions)
    parameters.learn(from: loss)
    group.sum(parameters.gradients)
    // A GPU is still at work on the step: ask for the next one's crops before waiting for it.
    next = crops(step: step).asPixels()
    let report = try StepReport(
      squaredNorm: parameters.squaredGradientNorm(), loss: loss, pass: pass)
    guard report.gradientNorm.isFinite else {
      parameters.gradients.zero()
      log.skippedSteps += 1
      return false
    }
    optimizer.step(
      step - firstStep, rate: schedule.rate(step: step - firstStep, progress: progress),
      scale: min(1, options.gradientNorm / report.gradientNorm), decay: averageDecay)
    if group.rank == 0 {
      log.record(
        step: step, minutes: minutes, report, positions: positions,
        pixels: options.batch * group.count * options.cropSize * options.cropSize,
        progress: progress)
    }
    return true
  }

  /// Of the moving average, which the first steps soon leave behind.
  private var averageDecay: Double {
    let steps = Double(step)
    return min(1 - 1 / Double(options.averageSteps), (1 + steps) / (10 + steps))
  }

  /// Launches a step on the device.
  ///
  /// - Returns: steps in a row whose gradients were not finite, if it is known now.
  private func takeStep(_ device: DeviceTraining, progress: Double) throws -> Int? {
    step += 1
    try device.run(
      step, positions: drawPositions(step: step), optimizerStep: step - firstStep,
      optimizer: optimizer, rate: schedule.rate(step: step - firstStep, progress: progress),
      decay: averageDecay)
    guard step % DeviceTraining.reportInterval == 0 else { return nil }
    return try record(device, progress: progress)
  }

  /// Tells the log what the device has added up.
  private func record(_ device: DeviceTraining, progress: Double) throws -> Int {
    let report = try device.report()
    if let refusal = device.refusal, step < 2 * DeviceTraining.reportInterval {
      log.note("steps are not recorded as a graph: \(refusal)")
    }
    log.record(
      step: step, minutes: minutes, report,
      pixels: (report.steps + report.skipped) * options.batch * options.cropSize
        * options.cropSize, progress: progress)
    return report.badRun
  }

  /// Writes the last weights before the decay.
  private func branchIfDecaying(_ progress: Double, _ file: CheckpointFile) throws {
    guard !isDecayed, schedule.isDecaying(progress) else { return }
    if group.rank == 0 { try write(to: file) }
    isDecayed = true
  }

  private func write(to file: CheckpointFile) throws {
    try checkpoint().write(
      to: isDecayed ? file.decayedPath : file.path, layout: network.parameters.layout)
  }

  private func validate() throws {
    guard let validation else { return }
    let figures = try withAverage { try validation.measure(network) }
    log.validation(step: step, ValidationSet.means(figures))
  }

  /// How much of the training is done, 0…1, and whether it was stopped: the first process decides.
  private func agreedProgress() throws -> (value: Double, isStopped: Bool) {
    let progress =
      switch options.length {
      case .minutes(let total): minutes / (total - exportMinutes)
      case .steps(let total): Double(step) / Double(total)
      }
    let agreed = try group.agreed([progress, stop.isSet ? 1 : 0])
    return (agreed[0], agreed[1] > 0)
  }

  /// What is kept of this run's minutes for the export: a tenth, but 1.5 … 5, and at most a half.
  var exportMinutes: Double {
    guard case .minutes(let total) = options.length else { return 0 }
    let minutes = max(total - minutesBefore, 0)
    return min(max(minutes * 0.1, 1.5), 5, minutes / 2)
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

  /// The level positions of this process' samples. Seeds the noise, too: a step's randomness depends on
  /// its number alone, so that a resumed run repeats nothing.
  private func drawPositions(step: Int) -> [Double] {
    let seed = options.seed &+ UInt64(step) &* 0xD1B5_4A32_D192_ED03
    network.torch.setSeed(seed)
    var random = SplitMix64(seed: seed)
    return Array(sampling.positions(options.batch * group.count, using: &random)[share])
  }

  /// The mean objective over some training batches, without learning from them.
  package func loss(batches: Int) throws -> Double {
    try network.torch.withoutGradients {
      var sum = 0.0
      for index in 1...batches {
        let (positions, pixels) = (drawPositions(step: index), crops(step: index).asPixels())
        let pass = network.forward(
          pixels, positions: positions, posterior: options.posterior, sampling: true)
        sum += objective.value(pass, original: pixels, positions: positions).item
      }
      try network.torch.check()
      return sum / Double(batches)
    }
  }
}

/// Where a run's checkpoints go.
struct CheckpointFile {
  let path: String

  /// For the weights of the decay.
  var decayedPath: String {
    let stem = path.hasSuffix(".ckpt") ? String(path.dropLast(5)) : path
    return stem + ".decayed.ckpt"
  }
}
