import VAEZip

/// All learned values of a network as one flat vector, with their gradients, the optimizer's moments and
/// the moving average as four more of the same length.
///
/// Each named tensor is a view of the flat vectors, so an optimizer step, the norm of the gradient
/// and the moving average are a few operations on one vector whatever the number of layers.
package final class Parameters {
  let layout: ParameterLayout
  package var specs: [ParameterSpec] { layout.specs }
  let torch: Torch
  private let device: Tensor.Device
  private let tensors: [String: Tensor]
  private var roundedWeights: RoundedWeights?

  package let values: Tensor
  package let gradients: Tensor
  package let mean: Tensor
  package let square: Tensor
  package let average: Tensor

  init(_ torch: Torch, _ specs: [ParameterSpec], device: Tensor.Device) {
    self.torch = torch
    layout = ParameterLayout(specs)
    let total = layout.count
    values = .zeros(torch, [total], device: device)
    gradients = .zeros(torch, [total], device: device)
    mean = .zeros(torch, [total], device: device)
    square = .zeros(torch, [total], device: device)
    average = .zeros(torch, [total], device: device)
    var tensors: [String: Tensor] = [:]
    for (spec, start) in zip(specs, layout.starts) {
      tensors[spec.name] = .parameter(
        values, gradients: gradients, start: start, shape: spec.shape)
    }
    self.tensors = tensors
    self.device = device
  }

  /// The tensor of that name; every name in `specs` has one.
  subscript(name: String) -> Tensor {
    guard let tensor = tensors[name] else { preconditionFailure("no parameter \(name)") }
    return tensor
  }

  func has(_ name: String) -> Bool { tensors[name] != nil }

  /// What to read or overwrite of each tensor.
  package enum Part: String, CaseIterable, Sendable {
    case values, average, mean, square
  }

  package func vector(_ part: Part) -> Tensor {
    switch part {
    case .values: values
    case .average: average
    case .mean: mean
    case .square: square
    }
  }

  /// Every tensor's elements by name.
  func read(_ part: Part) throws -> [String: [Float]] {
    let flat = try vector(part).floats()
    var result: [String: [Float]] = [:]
    for (spec, start) in zip(specs, layout.starts) {
      result[spec.name] = Array(flat[start..<start + spec.count])
    }
    return result
  }

  /// Overwrites the tensors that `contents` names; the others stay.
  ///
  /// - Precondition: each array has its tensor's number of elements.
  package func write(_ part: Part, _ contents: [String: [Float]]) throws {
    var flat = try vector(part).floats()
    for (spec, start) in zip(specs, layout.starts) {
      guard let elements = contents[spec.name] else { continue }
      precondition(elements.count == spec.count)
      flat.replaceSubrange(start..<start + spec.count, with: elements)
    }
    vector(part).copy(from: .floats(torch, flat, [flat.count]))
    try torch.check()
  }

  /// The weights as they are now, rounded to bfloat16, until the next call.
  func rounded() -> RoundedWeights {
    let rounded =
      roundedWeights
      ?? RoundedWeights(torch, specs, starts: layout.starts, count: values.count, device: device)
    roundedWeights = rounded
    rounded.round(values)
    return rounded
  }

  /// Computes the gradients of `loss`, those of rounded weights among them.
  func learn(from loss: Tensor) {
    loss.backward()
    roundedWeights?.moveGradients(to: gradients)
  }

  /// The squared Euclidean norm of the whole gradient.
  package func squaredGradientNorm() -> Tensor { gradients.square().sum() }
}
