import Foundation

/// What is minimized: bits per pixel + λ · D of each crop, weighted.
struct Objective {
  let network: TorchNetwork
  let distortion: DistortionMixture
  /// See `TrainingOptions.flatCropWeight`.
  let flatCropWeight: Double
  /// Crops of a step in all processes.
  let batch: Int

  /// The sum over these samples, divided by `batch`.
  ///
  /// The weight λ^-0.4 / 8 makes it about 1 for the usual crop of each quality level, so that every
  /// level keeps learning.
  ///
  /// - Parameters:
  ///   - original: the crops, `[B, 3, H, W]`.
  ///   - positions: the level position of each.
  func value(_ pass: ForwardPass, original: Tensor, positions: [Double]) -> Tensor {
    let lambdas = positions.map(network.lambda)
    func constant(_ values: [Double]) -> Tensor {
      .floats(network.torch, values.map { Float($0) }, [values.count], device: network.device)
    }
    let measured = distortion.measured(
      squaredError: pass.squaredError, decoded: pass.decoded, original: original,
      positions: positions)
    let cost = pass.bitsPerPixel + measured * constant(lambdas)
    let relative = cost * constant(lambdas.map { 1 / (8 * pow($0, 0.4)) })
    guard flatCropWeight > 0 else { return relative.sum() * (1 / Double(batch)) }
    let weights = (relative.detached().lowerBound(0.01).log() * -flatCropWeight).exp()
    return (relative * weights).sum() * (1 / Double(batch))
  }
}
