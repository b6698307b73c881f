import CTorch
import Foundation

/// What changes from step to step, as tensors on the device that stay where they are: one copy, which
/// nobody waits for, fills them all.
package final class StepInput {
  /// `[1]`, int64.
  package let step: Tensor
  /// See `VZT_RATE` and its neighbors.
  package let control: Tensor
  /// Interpolation weights of each sample's level position: `[B, levels]`.
  package let levelWeights: Tensor
  /// 1 where a sample's nearest level is that: `[levels, B, 1]`.
  package let membership: Tensor
  /// λ of each sample, and how much its cost counts: `[B]`.
  package let lambdas, lossWeights: Tensor
  /// The shares of metrics in each sample's distortion: `[sharedMetrics, B]`.
  let shares: Tensor
  /// A `CropRecord` of each sample.
  package let records: Tensor

  /// In the order of `shares`.
  package static let sharedMetrics: [DistortionMetric] = [.msssim, .ssimulacra2]

  /// The host's side.
  package struct Values {
    /// Of the noise.
    package var step: Int
    /// Since the optimizer's moments were zero, from 1.
    package var optimizerStep: Int
    package var positions: [Double]
    package var crops: [CropRecord]
    package var learningRate: Double
    /// Of the moving average.
    package var decay: Double
    /// Longer gradients are scaled down to it.
    package var gradientNorm: Double
    /// As `StepInput.shares`, or empty where the squared error alone counts.
    package var shares: [Float] = []

    package init(
      step: Int, optimizerStep: Int, positions: [Double], crops: [CropRecord],
      learningRate: Double, decay: Double, gradientNorm: Double
    ) {
      (self.step, self.optimizerStep) = (step, optimizerStep)
      (self.positions, self.crops) = (positions, crops)
      (self.learningRate, self.decay, self.gradientNorm) = (learningRate, decay, gradientNorm)
    }
  }

  private let torch: Torch
  private let staging: OpaquePointer?
  private let batch: Int
  private let lambdaOfLevel: [Double]
  private var places: [Int] = []
  private let byteCount: Int
  private let maxLossScale: Float

  /// - Parameters:
  ///   - lambdas: of the quality levels.
  ///   - maxLossScale: 1 where gradients need none.
  package init(_ torch: Torch, batch: Int, lambdas: [Double], maxLossScale: Float, device: Tensor.Device) {
    self.torch = torch
    self.batch = batch
    self.maxLossScale = maxLossScale
    lambdaOfLevel = lambdas
    let levels = lambdas.count
    let sizes = [
      8, 4 * VZT_CONTROL_COUNT, 4 * batch * levels, 4 * batch * levels, 4 * batch,
      4 * batch, 4 * batch * Self.sharedMetrics.count, batch * MemoryLayout<CropRecord>.stride,
    ]
    var places: [Int] = []
    var total = 0
    for size in sizes {
      places.append(total)
      total += (size + 63) / 64 * 64
    }
    byteCount = total
    let made = torch.api.make_staging(Int64(total), device.rawValue)
    func view(_ index: Int, _ type: Tensor.ElementType, _ shape: [Int]) -> Tensor {
      Tensor(
        torch,
        torch.api.staged(
          made, type.rawValue, Int64(places[index]), shape.map(Int64.init), Int32(shape.count)))
    }
    step = view(0, .int64, [1])
    control = view(1, .float32, [VZT_CONTROL_COUNT])
    levelWeights = view(2, .float32, [batch, levels])
    membership = view(3, .float32, [levels, batch, 1])
    self.lambdas = view(4, .float32, [batch])
    lossWeights = view(5, .float32, [batch])
    shares = view(6, .float32, [Self.sharedMetrics.count, batch])
    records = view(7, .uint8, [batch * MemoryLayout<CropRecord>.stride])
    staging = made
    self.places = places
  }

  deinit { if staging != nil { torch.api.release_staging(staging) } }

  /// Sends a step's values; earlier steps still see their own.
  ///
  /// - Precondition: a position and a crop of each sample.
  package func fill(_ values: Values) {
    precondition(values.positions.count == batch && values.crops.count == batch)
    var bytes = [UInt8](repeating: 0, count: byteCount)
    func put<Element>(_ index: Int, _ elements: [Element]) {
      elements.withUnsafeBytes { source in
        bytes.withUnsafeMutableBytes {
          UnsafeMutableRawBufferPointer(rebasing: $0[places[index]...]).copyMemory(from: source)
        }
      }
    }
    let levels = lambdaOfLevel.count
    var weights = [Float](repeating: 0, count: batch * levels)
    var membership = weights
    for (sample, position) in values.positions.enumerated() {
      let lower = min(max(Int(position), 0), levels - 2)
      let fraction = Float(position - Double(lower))
      weights[sample * levels + lower] = 1 - fraction
      weights[sample * levels + lower + 1] = fraction
      membership[min(levels - 1, Int(position.rounded())) * batch + sample] = 1
    }
    let lambdas = values.positions.map { TorchNetwork.lambda($0, of: lambdaOfLevel) }
    put(0, [Int64(values.step)])
    put(1, control(values))
    put(2, weights)
    put(3, membership)
    put(4, lambdas.map(Float.init))
    put(5, lambdas.map { Float(TorchNetwork.lossWeight(lambda: $0)) })
    put(6, values.shares)
    put(7, values.crops)
    _ = bytes.withUnsafeBytes { torch.api.fill(staging, $0.baseAddress, Int64(byteCount)) }
  }

  private func control(_ values: Values) -> [Float] {
    var control = [Float](repeating: 0, count: VZT_CONTROL_COUNT)
    func set(_ place: Int, _ value: Double) { control[place] = Float(value) }
    let count = Double(values.optimizerStep)
    set(VZT_RATE, values.learningRate / (1 - pow(0.9, count)))
    set(VZT_ROOT, (1 - pow(0.999, count)).squareRoot())
    set(VZT_DECAY, values.decay)
    set(VZT_MAX_NORM, values.gradientNorm)
    set(VZT_MAX_SCALE, Double(maxLossScale))
    return control
  }
}
