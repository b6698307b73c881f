import VAEZip

/// All weights in a 16-bit type, for layers that compute in it and give their gradients to the exact
/// weights themselves.
final class WeightCopy {
  private let exact: Tensor
  private let values: Tensor
  private let tensors: [String: Tensor]

  init(_ parameters: Parameters, type: Tensor.ElementType, device: Tensor.Device) {
    exact = parameters.values
    let values = Tensor.zeros(exact.torch, [exact.count], type, device: device)
    let start = exact.address
    tensors = parameters.specs.reduce(into: [:]) { tensors, spec in
      let place = Int(parameters[spec.name].address - start) / MemoryLayout<Float>.stride
      tensors[spec.name] = values.narrow(0, place, spec.count).reshape(spec.shape)
    }
    self.values = values
  }

  /// The tensor of that name; every name in the specs has one.
  subscript(name: String) -> Tensor {
    guard let tensor = tensors[name] else { preconditionFailure("no parameter \(name)") }
    return tensor
  }

  /// Rounds the weights as they are now.
  func refresh() { values.copy(from: exact) }
}
