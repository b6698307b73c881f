import CTorch
import VAEZip

/// How the weights follow from their gradients.
public enum OptimizerKind: String, Sendable, Codable, CaseIterable {
  /// Kingma & Ba 2014.
  case adam
  /// Adam in the eigenbasis of Shampoo's preconditioner (Vyas et al. 2024).
  case soap
  /// Momentum whose matrices are orthogonalized by Newton–Schulz (Jordan et al. 2024), scaled so that
  /// it takes Adam's rates (Liu et al. 2025).
  case muon
}

/// Takes the steps of one `OptimizerKind`. SOAP and Muon take the matrices of a network; biases,
/// depthwise weights, gains and tables always follow Adam.
///
/// Its moments are those of `Parameters`: SOAP's second moment is in the eigenbasis, and Muon has none.
package final class Optimizer {
  /// The batch of one matrix group: views of the flat vectors, and what SOAP knows of each side.
  private struct Batch {
    let names: [String]
    let values, gradients, mean, square, average: Tensor
    let sides: [Side]
  }

  /// Rows or columns: the gradients' covariance and, approximately, its eigenvectors, `[matrices, n, n]`.
  private struct Side {
    let name: String
    let length: Int
    let covariance, basis: Tensor
  }

  let kind: OptimizerKind
  private let torch: Torch
  private var batches: [Batch] = []
  private let vectors: (values: Tensor, gradients: Tensor, mean: Tensor, square: Tensor, average: Tensor)

  /// SOAP turns longer sides than this by no basis.
  static let longestSide = 1024
  /// Steps from one update of the eigenbases to the next.
  static let basisInterval = 10

  init(_ kind: OptimizerKind, _ parameters: Parameters, device: Tensor.Device) {
    self.kind = kind
    torch = parameters.torch
    let layout = parameters.layout
    let start = kind == .adam ? 0 : layout.vectorsStart
    func rest(_ vector: Tensor) -> Tensor { vector.narrow(0, start, layout.count - start) }
    vectors = (
      rest(parameters.values), rest(parameters.gradients), rest(parameters.mean),
      rest(parameters.square), rest(parameters.average)
    )
    guard kind != .adam else { return }
    batches = layout.groups.map { group in
      func view(_ vector: Tensor) -> Tensor {
        vector.narrow(0, group.start, group.count)
          .reshape([group.names.count, group.rows, group.columns])
      }
      return Batch(
        names: group.names, values: view(parameters.values), gradients: view(parameters.gradients),
        mean: view(parameters.mean), square: view(parameters.square),
        average: view(parameters.average),
        sides: kind == .soap ? sides(of: group, device: device) : [])
    }
  }

  private func sides(of group: ParameterLayout.MatrixGroup, device: Tensor.Device) -> [Side] {
    [("left", group.rows), ("right", group.columns)].filter { $0.1 <= Self.longestSide }
      .map { name, length in
        let identity = (0..<length * length).map { Float($0 % (length + 1) == 0 ? 1 : 0) }
        let identities = (0..<group.names.count).flatMap { _ in identity }
        let shape = [group.names.count, length, length]
        return Side(
          name: name, length: length, covariance: .zeros(torch, shape, device: device),
          basis: .floats(torch, identities, shape, device: device))
      }
  }

  /// One step, and one of the moving average; clears the gradients.
  ///
  /// - Parameters:
  ///   - step: from 1, since the moments were zero.
  ///   - scale: what the gradients are multiplied by first (clipping).
  ///   - decay: of the moving average.
  func step(_ step: Int, rate: Double, scale: Double, decay: Double) {
    _ = torch.api.adam(
      vectors.values.handle, vectors.gradients.handle, vectors.mean.handle, vectors.square.handle,
      vectors.average.handle, rate, 0.9, 0.999, 1e-8, Int64(step), scale, decay)
    var settings = vzt_step(
      rate: rate, beta1: 0.95, beta2: 0.95, epsilon: 1e-8, step: Int64(step), scale: scale,
      decay: decay)
    for batch in batches {
      switch kind {
      case .adam: break
      case .soap: soapStep(batch, &settings)
      case .muon:
        _ = torch.api.muon(
          batch.values.handle, batch.gradients.handle, batch.mean.handle, batch.average.handle,
          &settings)
      }
    }
  }

  private func soapStep(_ batch: Batch, _ settings: inout vzt_step) {
    let left = batch.sides.first { $0.name == "left" }
    let right = batch.sides.first { $0.name == "right" }
    _ = torch.api.soap(
      batch.values.handle, batch.gradients.handle, batch.mean.handle, batch.square.handle,
      batch.average.handle, left?.covariance.handle, right?.covariance.handle, left?.basis.handle,
      right?.basis.handle, &settings)
    // The first gradients say enough for a first basis.
    guard settings.step == 1 || Int(settings.step) % Self.basisInterval == 0 else { return }
    for side in batch.sides { _ = torch.api.update_basis(side.basis.handle, side.covariance.handle) }
  }
}

extension Optimizer {
  /// The names and shapes of what an optimizer keeps beside its moments, by matrix.
  static func state(_ kind: OptimizerKind, _ layout: ParameterLayout) -> [ParameterSpec] {
    guard kind == .soap else { return [] }
    return layout.groups.flatMap { group in
      [("left", group.rows), ("right", group.columns)].filter { $0.1 <= longestSide }
        .flatMap { side, length in
          group.names.flatMap { name in
            ["covariance", "basis"].map {
              ParameterSpec("\(side).\($0)/\(name)", [length, length])
            }
          }
        }
    }
  }

  private func forEachState(_ body: (_ name: String, _ matrix: Tensor) throws -> Void) rethrows {
    for batch in batches {
      for side in batch.sides {
        for (index, name) in batch.names.enumerated() {
          for (kind, tensor) in [("covariance", side.covariance), ("basis", side.basis)] {
            try body("\(side.name).\(kind)/\(name)", tensor.narrow(0, index, 1))
          }
        }
      }
    }
  }

  /// Elements by the names of `state`.
  func readState() throws -> [String: [Float]] {
    var contents: [String: [Float]] = [:]
    try forEachState { contents[$0] = try $1.floats() }
    return contents
  }

  /// Overwrites what `contents` names; the rest stays.
  func writeState(_ contents: [String: [Float]]) throws {
    forEachState { name, matrix in
      guard let elements = contents[name], elements.count == matrix.count else { return }
      matrix.copy(from: .floats(torch, elements, matrix.shape))
    }
    try torch.check()
  }
}

extension Optimizer {
  /// The weights after some steps from given ones with given gradients, at a constant rate.
  package static func weights(
    _ torch: Torch, _ kind: OptimizerKind, _ specs: [ParameterSpec], start: [String: [Float]],
    gradients: [[String: [Float]]], rate: Double
  ) throws -> [String: [Float]] {
    let parameters = Parameters(torch, specs, device: .cpu)
    try parameters.write(.values, start)
    let optimizer = Optimizer(kind, parameters, device: .cpu)
    for (index, gradient) in gradients.enumerated() {
      var flat = [Float](repeating: 0, count: parameters.layout.count)
      for (spec, place) in zip(specs, parameters.layout.starts) {
        flat.replaceSubrange(place..<place + spec.count, with: gradient[spec.name] ?? [])
      }
      parameters.gradients.copy(from: .floats(torch, flat, [flat.count]))
      optimizer.step(index + 1, rate: rate, scale: 1, decay: 0)
      try torch.check()
    }
    return try parameters.read(.values)
  }
}
