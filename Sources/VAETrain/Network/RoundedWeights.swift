import VAEZip

/// All weights in bfloat16, for the layers that compute in it.
///
/// These are leaves of their own, views of two flat vectors: rounding all weights is one operation a
/// step, and so is adding their gradients to those in float32. Tensor by tensor it would be hundreds,
/// and a GPU would mostly wait.
final class RoundedWeights {
  private let values: Tensor
  private let gradients: Tensor
  private let tensors: [String: Tensor]

  init(
    _ torch: Torch, _ specs: [ParameterSpec], starts: [Int], count: Int, device: Tensor.Device
  ) {
    let values = Tensor.zeros(torch, [count], .bfloat16, device: device)
    let gradients = Tensor.zeros(torch, [count], .bfloat16, device: device)
    tensors = zip(specs, starts).reduce(into: [:]) { tensors, tensor in
      tensors[tensor.0.name] = .parameter(
        values, gradients: gradients, start: tensor.1, shape: tensor.0.shape)
    }
    self.values = values
    self.gradients = gradients
  }

  /// The tensor of that name; every name in the specs has one.
  subscript(name: String) -> Tensor {
    guard let tensor = tensors[name] else { preconditionFailure("no parameter \(name)") }
    return tensor
  }

  /// Rounds `exact` into these weights.
  func round(_ exact: Tensor) { values.copy(from: exact) }

  /// Adds these weights' gradients to `exact`, and clears them here.
  func moveGradients(to exact: Tensor) {
    exact.copy(from: exact + gradients)
    gradients.zero()
  }
}
