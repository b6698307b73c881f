import Foundation
import VAEZip

/// Measures how many pixels a second a network learns from, with this or that part switched off.
package final class TrainingThroughput {
  /// How the steps are taken.
  package struct Configuration {
    package var label: String
    /// In which trunks compute.
    package var type: Tensor.ElementType
    package var usesKernels = true
    package var usesGraph = true
    package var allowsTF32 = true
    /// Beside the squared error.
    package var metric: DistortionMetric? = .ssimulacra2
    /// The metric is taken of one crop in so many.
    package var metricsEvery = 4
    package var batch = 64
    package var cropSize = 256

    package init(_ label: String, type: Tensor.ElementType = .float16) {
      (self.label, self.type) = (label, type)
    }
  }

  package struct Result {
    package let millisecondsPerStep: Double
    package let megapixelsPerSecond: Double
    /// Of the device, in bytes.
    package let peakMemory: Int
    package let loss: Double
    package let skipped: Int
    /// Why there was no graph, where one was asked for.
    package let refusal: String?
  }

  private let torch: Torch
  private let device: Tensor.Device
  private let images: CropTable

  /// Makes some pictures to cut crops from.
  package init(_ torch: Torch, cuda: Bool) throws {
    self.torch = torch
    device = cuda ? .cuda(0) : .cpu
    images = CropTable(torch, capacity: 8, device: device)
    var random = SplitMix64(seed: 1)
    for _ in 0..<8 { images.add(Self.picture(width: 1280, height: 960, using: &random)) }
    try torch.check()
  }

  /// Waves with some noise.
  private static func picture(width: Int, height: Int, using random: inout SplitMix64) -> Image {
    let (a, b) = (random.uniform(0.01, 0.1), random.uniform(0.01, 0.1))
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * width * height)
    for y in 0..<height {
      for x in 0..<width {
        let wave = 50 * sin(a * Double(x) + 0.02 * Double(y)) + 40 * cos(b * Double(y))
        let noise = random.next()
        for channel in 0..<3 {
          let grain = Double((noise >> (8 * channel)) & 15)
          pixels.append(UInt8(min(max(120 + wave + grain - Double(15 * channel), 0), 255)))
        }
      }
    }
    return Image(width: width, height: height, channels: .rgb, pixels: pixels)
  }

  private func network(_ description: NetworkDescription) throws -> TorchNetwork {
    let network = TorchNetwork(torch, description, posteriorHead: false, device: device)
    var start = BlockDCT(description, seed: 1)
    let values = start.values(network.parameters.specs)
    try network.parameters.write(.values, values)
    try network.parameters.write(.average, values)
    return network
  }

  /// Takes some steps, and then measures more.
  package func measure(
    _ configuration: Configuration, _ description: NetworkDescription, steps: Int
  ) throws -> Result {
    let run = try Run(self, configuration, network(description))
    try run.take(8)
    _ = try run.step.report()
    let start = ContinuousClock.now
    try run.take(steps)
    torch.synchronize(device)
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    let report = try run.step.report()
    let pixels = Double(configuration.batch * configuration.cropSize * configuration.cropSize)
    return Result(
      millisecondsPerStep: elapsed / Double(steps) * 1000,
      megapixelsPerSecond: pixels * Double(steps) / elapsed * 1e-6,
      peakMemory: torch.peakMemory(device), loss: report.loss, skipped: report.skipped,
      refusal: run.step.refusal)
  }

  /// A table of the device's kernels by time.
  package func profile(
    _ configuration: Configuration, _ description: NetworkDescription, steps: Int
  ) throws -> String {
    let run = try Run(self, configuration, network(description))
    try run.take(8)
    torch.synchronize(device)
    return try torch.profile(device, steps: steps) { try run.take(steps) }
  }

  /// Steps of one configuration.
  private final class Run {
    let step: DeviceStep
    private let configuration: Configuration
    private let images: CropTable
    private let top: Double
    private var count = 0
    private var random = SplitMix64(seed: 2)

    init(
      _ owner: TrainingThroughput, _ configuration: Configuration, _ network: TorchNetwork
    ) throws {
      let torch = owner.torch
      torch.use(configuration.usesKernels ? .kernels : .stock)
      torch.allowTF32(configuration.allowsTF32)
      self.configuration = configuration
      images = owner.images
      top = Double(network.description.levels - 1)
      var options = DeviceStep.Options(type: configuration.type, usesGraph: configuration.usesGraph)
      options.metricsEvery = configuration.metricsEvery
      let distortion = configuration.metric.flatMap { Distortion(shares: [.mse: 0.75, $0: 0.25]) }
      step = try DeviceStep(
        network, crops: images, batch: configuration.batch, cropSize: configuration.cropSize,
        options: options,
        distortion: DistortionMixture(
          torch, distortion ?? .mse, cropSize: configuration.cropSize,
          levels: network.description.levels, device: owner.device))
    }

    func take(_ steps: Int) throws {
      for _ in 0..<steps {
        count += 1
        let batch = configuration.batch
        var positions = (0..<batch).map {
          (Double($0) + random.uniform(0, 1)) / Double(batch) * top
        }
        positions.shuffle(using: &random)
        try step.run(
          .init(
            step: count, optimizerStep: count, positions: positions,
            crops: images.draw(
              batch, size: configuration.cropSize, scaledShare: 0.4, using: &random),
            learningRate: 1e-4, decay: 0.99, gradientNorm: 1))
      }
    }
  }
}
