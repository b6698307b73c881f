import CTorch
import Foundation

/// A training step that the host never waits for.
///
/// It is launched, as one graph where the device has graphs, and the host goes on to the next: norm,
/// clipping, the test for finiteness and the loss scale are the device's business (`VZT_FACTOR` and its
/// neighbors), and so are the figures of a report, which are sums that `report` fetches now and then.
package final class DeviceStep {
  package struct Options {
    /// In which trunks compute.
    package var type = Tensor.ElementType.float32
    /// Whether a GPU takes a step as one graph.
    package var usesGraph = true
    /// As `TrainingOptions`'.
    package var flatCropWeight = 0.0
    package var seed: UInt64 = 1
    /// Whether the graph takes Adam's step, too; else the caller takes some optimizer's after `run`.
    package var takesAdam = true
    /// The distortion's metrics are taken of one crop in so many, and count so many times there.
    package var metricsEvery = 1

    package init(type: Tensor.ElementType = .float32, usesGraph: Bool = true, takesAdam: Bool = true) {
      (self.type, self.usesGraph, self.takesAdam) = (type, usesGraph, takesAdam)
    }
  }

  /// What steps have added up since the last report, good ones only.
  package struct Report {
    package var steps: Int
    /// Steps whose gradients were not finite.
    package var skipped: Int
    /// Such steps in a row, up to now.
    package var badRun: Int
    /// Mean.
    package var loss: Double
    /// Mean.
    package var gradientNorm: Double
    package var lossScale: Double
    /// By quality level: samples, and sums of bits per pixel and of decibels.
    package var levels: [(count: Int, bitsPerPixel: Double, psnr: Double)]
  }

  private let torch: Torch
  private let fused: FusedNetwork
  private let crops: CropTable
  private let options: Options
  private let cropSize, batch: Int
  private let distortion: DistortionMixture?
  package let input: StepInput
  /// See `VZT_LOSS_SCALE` and its neighbors.
  package let state: Tensor
  private let totals, levelSums: Tensor
  private let graph: StepGraph
  private var parameters: Parameters { fused.network.parameters }

  /// Why steps are not recorded as a graph, though they should be.
  package var refusal: String? { graph.refusal }

  /// The highest scale of the loss: float16's largest gradients are about 1 then.
  package static let maxLossScale: Float = 65536

  /// - Parameter distortion: nil takes the squared error.
  package init(
    _ network: TorchNetwork, crops: CropTable, batch: Int, cropSize: Int, options: Options,
    distortion: DistortionMixture? = nil
  ) throws {
    let (torch, device) = (network.torch, network.device)
    self.torch = torch
    self.crops = crops
    self.batch = batch
    self.cropSize = cropSize
    self.options = options
    self.distortion = distortion.flatMap { $0.isSquaredError ? nil : $0 }
    let scale = options.type == .float16 ? Self.maxLossScale : 1
    input = StepInput(
      torch, batch: batch, lambdas: network.description.lambdas, maxLossScale: scale,
      device: device)
    fused = FusedNetwork(
      network, type: options.type, noise: .init(seed: options.seed, step: input.step))
    var initial = [Float](repeating: 0, count: VZT_STATE_COUNT)
    initial[VZT_LOSS_SCALE] = scale
    state = .floats(torch, initial, [initial.count], device: device)
    totals = .zeros(torch, [3], device: device)
    levelSums = .zeros(torch, [network.description.levels, 3], device: device)
    graph = StepGraph(torch, device: device, isEnabled: options.usesGraph)
    if device != .cpu { torch.takeOwnStream(device) }
    try torch.check()
  }

  /// Launches a step. Errors of earlier steps may show only now.
  package func run(_ values: StepInput.Values) throws {
    var values = values
    values.shares = shares(values.positions)
    input.fill(values)
    try graph.run { learn() }
    try torch.check()
  }

  private func learn() {
    let pixels = crops.crops(input.records, count: batch, size: cropSize)
    let pass = fused.forward(pixels, levelWeights: input.levelWeights)
    let loss = objective(pass, measured(pass, pixels))
    (loss * state.narrow(0, VZT_LOSS_SCALE, 1)).sum().backward()
    let parameters = parameters
    _ = torch.api.judge(parameters.gradients.handle, input.control.handle, state.handle)
    if options.takesAdam {
      _ = torch.api.adam_judged(
        parameters.values.handle, parameters.gradients.handle, parameters.mean.handle,
        parameters.square.handle, parameters.average.handle, 0.9, 0.999, 1e-8,
        input.control.handle, state.handle)
    } else {
      _ = torch.api.scale_judged(parameters.gradients.handle, state.handle)
    }
    tally(pass, loss)
  }

  /// How many of the samples, from the first, are measured by the distortion's metrics.
  private var measuredCount: Int { max(1, batch / max(options.metricsEvery, 1)) }

  /// Of the metrics, in samples that are measured by them: they count for the others, too.
  private func shares(_ positions: [Double]) -> [Float] {
    guard let distortion else { return [] }
    let factor = Double(batch) / Double(measuredCount)
    let shares = StepInput.sharedMetrics.map { metric in
      positions.map { distortion.share(of: metric, at: $0) * factor }
    }
    let totals = positions.indices.map { index in shares.reduce(0) { $0 + $1[index] } }
    return shares.flatMap { zip($0, totals).map { Float($0 / max($1, 1)) } }
  }

  /// Each sample's distortion on the 0…255 scale: `[B]`.
  private func measured(_ pass: FusedNetwork.Pass, _ pixels: Tensor) -> Tensor {
    guard let distortion else { return pass.squaredError }
    let count = measuredCount
    let first = distortion.measured(
      squaredError: pass.squaredError.narrow(0, 0, count),
      decoded: pass.decodedBlocks.narrow(0, 0, count).pixelShuffled(8),
      original: pixels.narrow(0, 0, count)
    ) { metric in
      let row = StepInput.sharedMetrics.firstIndex(of: metric) ?? 0
      return input.shares.narrow(0, row, 1).narrow(1, 0, count).reshape([count])
    }
    guard count < batch else { return first }
    return .concatenate(
      [first, pass.squaredError.narrow(0, count, batch - count)], dimension: 0)
  }

  /// Bits per pixel + λ · D, weighted so that every level keeps learning; see `Objective`.
  private func objective(_ pass: FusedNetwork.Pass, _ distortion: Tensor) -> Tensor {
    let relative = (pass.bitsPerPixel + distortion * input.lambdas) * input.lossWeights
    let count = 1 / Double(batch)
    guard options.flatCropWeight > 0 else { return relative.sum() * count }
    let weights = (relative.detached().lowerBound(0.01).log() * -options.flatCropWeight).exp()
    return (relative * weights).sum() * count
  }

  private func tally(_ pass: FusedNetwork.Pass, _ loss: Tensor) {
    torch.withoutGradients {
      let decibels = (pass.squaredError.detached() + 1e-6).log()
        .affine(-10 / log(10.0), 20 * log10(255.0))
      let bits = pass.bitsPerPixel.detached()
      let figures = Tensor.concatenate(
        [(bits * 0 + 1), bits, decibels].map { $0.reshape([1, batch, 1]) }, dimension: 2)
      accumulate(levelSums, (figures * input.membership).sum([1]))
      let one = loss.detached().reshape([1])
      accumulate(
        totals,
        .concatenate([one, one * 0 + 1, state.narrow(0, VZT_NORM, 1)], dimension: 0))
    }
  }

  private func accumulate(_ sums: Tensor, _ values: Tensor) {
    _ = torch.api.accumulate(sums.handle, values.handle, state.handle)
  }

  /// Waits for all steps so far, and begins to add up anew.
  package func report() throws -> Report {
    let totals = try totals.floats().map(Double.init)
    let levels = try levelSums.floats().map(Double.init)
    let state = try state.floats().map(Double.init)
    self.totals.zero()
    levelSums.zero()
    self.state.narrow(0, VZT_SKIPPED, 1).zero()
    try torch.check()
    let steps = max(totals[1], 1)
    return Report(
      steps: Int(totals[1]), skipped: Int(state[VZT_SKIPPED]), badRun: Int(state[VZT_BAD_RUN]),
      loss: totals[0] / steps, gradientNorm: totals[2] / steps, lossScale: state[VZT_LOSS_SCALE],
      levels: stride(from: 0, to: levels.count, by: 3).map {
        (Int(levels[$0]), levels[$0 + 1], levels[$0 + 2])
      })
  }
}
