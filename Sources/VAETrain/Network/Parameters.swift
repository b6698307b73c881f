import VAEZip

/// All learned values of a network as one flat vector, with their gradients, Adam's moments and the
/// moving average as four more of the same length.
///
/// Each named tensor is a view of the flat vectors, so an optimiser step, the norm of the gradient
/// and the moving average are a few operations on one vector whatever the number of layers.
package final class Parameters {
  package let specs: [ParameterSpec]
  private let starts: [Int]
  private let torch: Torch
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
    self.specs = specs
    var starts: [Int] = []
    var total = 0
    for spec in specs {
      starts.append(total)
      total += spec.count
    }
    self.starts = starts
    values = .zeros(torch, [total], device: device)
    gradients = .zeros(torch, [total], device: device)
    mean = .zeros(torch, [total], device: device)
    square = .zeros(torch, [total], device: device)
    average = .zeros(torch, [total], device: device)
    var tensors: [String: Tensor] = [:]
    for (spec, start) in zip(specs, starts) {
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
    for (spec, start) in zip(specs, starts) {
      result[spec.name] = Array(flat[start..<start + spec.count])
    }
    return result
  }

  /// Overwrites the tensors that `contents` names; the others stay.
  ///
  /// - Precondition: each array has its tensor's number of elements.
  package func write(_ part: Part, _ contents: [String: [Float]]) throws {
    var flat = try vector(part).floats()
    for (spec, start) in zip(specs, starts) {
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
      ?? RoundedWeights(torch, specs, starts: starts, count: values.count, device: device)
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

  /// One step of Adam and of the moving average; clears the gradients.
  ///
  /// - Parameters:
  ///   - step: from 1.
  ///   - scale: what the gradients are multiplied by first (clipping).
  ///   - decay: of the moving average.
  func step(_ step: Int, rate: Double, scale: Double, decay: Double) {
    _ = torch.api.adam(
      values.handle, gradients.handle, mean.handle, square.handle, average.handle,
      rate, 0.9, 0.999, 1e-8, Int64(step), scale, decay)
  }
}
