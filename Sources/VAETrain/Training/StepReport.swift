/// The figures of a training step, fetched from the device at once: each fetch waits for it.
struct StepReport {
  let gradientNorm: Double
  let loss: Double
  /// By sample.
  let bitsPerPixel: [Double]
  /// By sample, on the 0…255 scale.
  let squaredError: [Double]

  /// - Throws: `TrainError.torch` if anything in the step failed.
  init(squaredNorm: Tensor, loss: Tensor, pass: ForwardPass) throws {
    let values = try Tensor.concatenate(
      [
        squaredNorm.reshape([1]), loss.detached().reshape([1]), pass.bitsPerPixel.detached(),
        pass.squaredError.detached(),
      ], dimension: 0
    ).floats().map(Double.init)
    let samples = (values.count - 2) / 2
    gradientNorm = values[0].squareRoot()
    self.loss = values[1]
    bitsPerPixel = Array(values[2..<2 + samples])
    squaredError = Array(values[(2 + samples)...])
  }
}
