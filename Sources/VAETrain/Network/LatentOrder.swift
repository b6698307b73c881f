import VAEZip

/// Another order of the latent's channels, for networks with a dual checkerboard.
///
/// The block DCT's channels run from low frequencies to high ones and from luma to chroma. A dual
/// checkerboard codes the halves of the channels in different passes, so each half should have some of
/// everything: here the first half has every second channel, and the other half the rest.
struct LatentOrder {
  let network: NetworkDescription
  /// By new channel: the old one.
  private let channels: [Int]

  init(_ network: NetworkDescription) {
    self.network = network
    let half = network.latentWidth / 2
    channels = (0..<network.latentWidth).map { $0 < half ? 2 * $0 : 2 * ($0 - half) + 1 }
  }

  /// - Parameter tensors: elements by tensor name: weights, or an optimizer's moments.
  /// - Returns: the same network with its latent's channels in the new order.
  func applied(to tensors: [String: [Float]]) -> [String: [Float]] {
    var tensors = tensors
    let specs = network.parameters(posteriorHead: tensors["analysis.deviation.weight"] != nil)
    for spec in specs {
      guard let values = tensors[spec.name], values.count == spec.count else { continue }
      tensors[spec.name] = reordered(values, spec)
    }
    return tensors
  }

  private func reordered(_ values: [Float], _ spec: ParameterSpec) -> [Float] {
    let layer = spec.name.split(separator: ".").dropLast().joined(separator: ".")
    return switch layer {
    // Outputs: latents, or their means and then their raw scale indexes.
    case "analysis.down", "analysis.deviation", "prior.out", "context.out":
      reordered(values, rows: 1, rowLength: spec.count, step: spec.count / spec.shape[0])
    // Inputs: latents, and then whatever else there is.
    case "hyperanalysis.in", "context.in", "synthesis.up":
      spec.name.hasSuffix(".bias")
        ? values
        : reordered(
          values, rows: spec.shape[0], rowLength: spec.count / spec.shape[0],
          step: spec.count / (spec.shape[0] * spec.shape[1]), isOnce: true)
    case "gain":
      reordered(
        values, rows: spec.shape[0], rowLength: spec.shape[1], step: 1, isOnce: true)
    default: values
    }
  }

  /// - Parameters:
  ///   - rowLength: elements of a row, in which channels follow each other.
  ///   - step: elements of a channel.
  ///   - isOnce: whether only the first channels of a row are latents; else all are, group by group.
  private func reordered(
    _ values: [Float], rows: Int, rowLength: Int, step: Int, isOnce: Bool = false
  ) -> [Float] {
    var result = values
    let groups = isOnce ? 1 : rowLength / step / channels.count
    for row in 0..<rows {
      for group in 0..<groups {
        let start = row * rowLength + group * channels.count * step
        for (new, old) in channels.enumerated() {
          for element in 0..<step {
            result[start + new * step + element] = values[start + old * step + element]
          }
        }
      }
    }
    return result
  }
}
