/// Rounds activations and weights while a network learns as the codec's integers will, with
/// straight-through gradients (Jacob et al. 2018), so that it learns to live with it.
///
/// What is left out: how a layer whose inputs have different positions shares its bits among them, and
/// that the accumulator's bias is rounded.
struct SimulatedIntegers {
  /// By activation, as `ModelFile.calibration`.
  let fractionBits: [String: Int]

  /// - Returns: the multiples of 2^-F that fit in 16 bits.
  func activation(_ name: String, _ tensor: Tensor) -> Tensor {
    guard let bits = fractionBits[name] else { return tensor }
    let scale = Double(1 << bits)
    let rounded = (tensor.detached() * scale).rounded().clamped(-32768, 32767) * (1 / scale)
    return tensor + (rounded - tensor).detached()
  }

  /// - Parameter weight: `[outputs, inputs, height, width]`.
  /// - Returns: for each output, multiples of the largest power of two with which the magnitudes of its
  ///   integers add up to less than 2^16, as its accumulator asks for (`Formats/MODEL.md`).
  func weight(_ weight: Tensor) -> Tensor {
    let fixed = weight.detached()
    let sum = fixed.abs().sum([1, 2, 3], keep: true) + 1e-9
    let exponent = (sum.log2() * -1 + 16).floor()
    let rounded = (fixed * exponent.exp2()).rounded() * (exponent * -1).exp2()
    return weight + (rounded - weight).detached()
  }
}
