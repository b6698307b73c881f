import Foundation
import VAEZip

/// Moves weights into a network that has more blocks or other quality levels.
///
/// A new block begins as the identity, since the last convolution of each of its branches starts at
/// zero. The tables of the quality levels are interpolated between the old levels and extrapolated
/// beyond. So a grown network begins about where the old one was (cf. Net2Net, Chen et al. 2016). Where
/// it gets a dual checkerboard, its latents are put in another order (`LatentOrder`), and its context has
/// yet to learn what the passes are now.
struct NetworkGrowth {
  let old: NetworkDescription
  let new: NetworkDescription

  /// - Throws: `TrainError.network` if the new network differs in its widths, lacks blocks, or has a simple
  ///   checkerboard where the old one has a dual one.
  init(from old: NetworkDescription, to new: NetworkDescription) throws {
    self.old = old
    self.new = new
    let widths: [(String, KeyPath<NetworkDescription, Int>)] = [
      ("transform width", \.transformWidth), ("latent width", \.latentWidth),
      ("hyper width", \.hyperWidth), ("prior width", \.priorWidth),
      ("context width", \.contextWidth),
    ]
    for (name, path) in widths where old[keyPath: path] != new[keyPath: path] {
      throw TrainError.network("the \(name) can't change from \(old[keyPath: path])")
    }
    guard old.passMask == new.passMask || old.passMask == .checkerboard else {
      throw TrainError.network("the masks can't change from \(old.passMask.rawValue)")
    }
    let depths: [(String, KeyPath<NetworkDescription, Int>)] = [
      ("analysis", \.analysisBlocks), ("hyper-analysis", \.hyperAnalysisBlocks),
      ("prior", \.priorBlocks), ("context", \.contextBlocks), ("synthesis", \.synthesisBlocks),
    ]
    for (name, path) in depths where old[keyPath: path] > new[keyPath: path] {
      throw TrainError.network("the \(name) can't have fewer blocks than \(old[keyPath: path])")
    }
  }

  /// - Parameters:
  ///   - values: elements by tensor name, of the old network.
  ///   - start: what the new network would begin with.
  /// - Returns: the elements of the tensors in `start`.
  func values(_ values: [String: [Float]], start: [String: [Float]]) -> [String: [Float]] {
    start.merging(ordered(values).filter { start[$0.key] != nil }) { $1 }
      .reduce(into: [:]) { result, tensor in
        result[tensor.key] = isTable(tensor.key) ? table(tensor.value) : tensor.value
      }
  }

  /// The optimizer's moments: those of new blocks, and of tables whose levels moved, begin at zero.
  func moments(_ values: [String: [Float]], specs: [ParameterSpec]) -> [String: [Float]] {
    let values = ordered(values)
    return specs.reduce(into: [:]) { result, spec in
      let kept = isTable(spec.name) && old.lambdas != new.lambdas ? nil : values[spec.name]
      result[spec.name] = kept ?? [Float](repeating: 0, count: spec.count)
    }
  }

  /// The old network's tensors with the latents as the new one has them.
  private func ordered(_ values: [String: [Float]]) -> [String: [Float]] {
    old.passMask == new.passMask ? values : LatentOrder(old).applied(to: values)
  }

  /// Whether a tensor has a row for each quality level.
  private func isTable(_ name: String) -> Bool {
    name.hasPrefix("gain.") || name == "hyper.mean" || name == "hyper.level"
  }

  /// The rows of the new levels, linear in log λ between the old ones and beyond.
  private func table(_ rows: [Float]) -> [Float] {
    if old.lambdas == new.lambdas { return rows }
    let width = rows.count / old.levels
    return new.lambdas.flatMap { lambda -> [Float] in
      let above = old.lambdas.firstIndex { $0 > lambda } ?? old.levels - 1
      let low = min(max(above - 1, 0), old.levels - 2)
      let fraction = Float(
        log(lambda / old.lambdas[low]) / log(old.lambdas[low + 1] / old.lambdas[low]))
      return (0..<width).map { channel in
        let (first, second) = (rows[low * width + channel], rows[(low + 1) * width + channel])
        return first + (second - first) * fraction
      }
    }
  }
}
