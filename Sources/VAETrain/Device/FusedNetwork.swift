import Foundation
import VAEZip

/// `TorchNetwork`'s forward pass for learning over the larger pieces of `FusedOperations`: the same
/// function of the same weights, in fewer and wider steps. Its noise is a function of the step's number
/// alone, and it takes all that changes from tensors on the device, so it can be recorded as a graph.
///
/// Trunks compute in `type`, with sums in float32. Means, scales, latents and pixels are float32; the
/// layers that make them are exact, which where `type` is float16 means inputs of 11 bits, as TF32's.
///
/// It has no simulated integers, no observers and no Gaussian posterior.
package final class FusedNetwork {
  package let network: TorchNetwork
  package let type: Tensor.ElementType
  package let noise: Tensor.NoiseSource
  private var isDual: Bool { network.description.passMask == .dualCheckerboard }
  private let copy: WeightCopy?
  private var parameters: Parameters { network.parameters }

  /// What a pass gives, by sample.
  package struct Pass {
    /// `[B]`
    package let bitsPerPixel: Tensor
    /// On the 0…255 scale: `[B]`.
    package let squaredError: Tensor
    /// `[B, 192, H/8, W/8]`, (value − 128) / 128, not clamped: `pixelShuffled(8)` makes pixels of it.
    package let decodedBlocks: Tensor
  }

  package init(
    _ network: TorchNetwork, type: Tensor.ElementType, noise: Tensor.NoiseSource
  ) {
    self.network = network
    self.type = type
    self.noise = noise
    copy =
      type == .float32
      ? nil : WeightCopy(network.parameters, type: type, device: network.device)
  }

  /// - Parameters:
  ///   - pixels: `[B, 3, H, W]`, (value − 128) / 128; H and W multiples of 64.
  ///   - weights: `[B, levels]`, see `TorchNetwork.levelWeights`.
  package func forward(_ pixels: Tensor, levelWeights weights: Tensor) -> Pass {
    copy?.refresh()
    let blocks = pixels.pixelUnshuffled(8)
    let v = limited(analysis(blocks) * network.interpolated("gain.forward", weights).exp2())
    let (hyperLatent, hyperBits) = codedHyperLatent(v, weights)
    let (latent, bits) = codedLatent(v, hyperLatent)
    let inverse = (network.interpolated("gain.inverse", weights) * -1).exp2()
    let decoded = synthesis(latent * inverse)
    let area = 1 / Double(max(pixels.size(2) * pixels.size(3), 1))
    return Pass(
      bitsPerPixel: (bits + hyperBits) * area,
      squaredError: (decoded - blocks).square().sumBySample() * (128 * 128 * area / 3),
      decodedBlocks: decoded)
  }

  // MARK: Layers

  private func pointwise(_ name: String, _ input: Tensor, result: Tensor.ElementType? = nil) -> Tensor {
    let (weight, bias) = (name + ".weight", name + ".bias")
    return input.converted(to: type).pointwise(
      parameters[weight], parameters[bias],
      rounded: copy.map { ($0[weight], $0[bias]) }, result: result ?? type)
  }

  /// A layer whose outputs need more than bfloat16's precision.
  private func exactPointwise(_ name: String, _ input: Tensor) -> Tensor {
    type == .bfloat16 ? convolution(name, input) : pointwise(name, input, result: .float32)
  }

  private func convolution(
    _ name: String, _ input: Tensor, stride: Int = 1, padding: Int = 0
  ) -> Tensor {
    input.converted(to: .float32).convolved(
      parameters[name + ".weight"], parameters[name + ".bias"], stride: stride, padding: padding)
  }

  private func act(_ tensor: Tensor) -> Tensor { tensor.leakyReLU(Self.slope) }
  private static let slope = 0.125

  private func blocks(_ part: String, _ count: Int, _ input: Tensor) -> Tensor {
    guard count > 0 else { return input.converted(to: type) }
    let names = (0..<count).flatMap { index in
      ["mix", "depthwise", "merge", "expand", "shrink"].flatMap {
        ["\(part).block\(index).\($0).weight", "\(part).block\(index).\($0).bias"]
      }
    }
    return input.converted(to: type).residualBlocks(
      count, names.map { parameters[$0] }, rounded: copy.map { copy in names.map { copy[$0] } },
      slope: Self.slope)
  }

  // MARK: Parts

  private func analysis(_ pixelBlocks: Tensor) -> Tensor {
    let x = blocks(
      "analysis", network.description.analysisBlocks, pointwise("analysis.in", pixelBlocks))
    return convolution("analysis.down", x, stride: 2, padding: 1)
  }

  /// Limits the latent to ±500, as `TorchNetwork` does.
  private func limited(_ latent: Tensor) -> Tensor {
    (latent.lowerBound(-500) * -1).lowerBound(-500) * -1
  }

  private func hyperAnalysis(_ latent: Tensor) -> Tensor {
    var x = pointwise("hyperanalysis.in", TorchNetwork.companded(latent))
    x = blocks("hyperanalysis", network.description.hyperAnalysisBlocks, x)
    x = act(convolution("hyperanalysis.down1", x, stride: 2, padding: 1))
    return convolution("hyperanalysis.down2", x, stride: 2, padding: 1)
  }

  private func codedHyperLatent(_ v: Tensor, _ weights: Tensor) -> (latent: Tensor, bits: Tensor) {
    let z = hyperAnalysis(v)
    let rows = Tensor.concatenate([
      network.interpolated("hyper.mean", weights), network.interpolated("hyper.level", weights),
    ])
    // The same for all places.
    let prior = Tensor.concatenate([z, z]).detached() * 0 + rows
    return z.codedLatent(prior: prior, change: nil, noise: noise, stream: 0)
  }

  private func codedLatent(_ v: Tensor, _ hyperLatent: Tensor) -> (latent: Tensor, bits: Tensor) {
    let (features, prior) = prior(hyperLatent, height: v.size(2), width: v.size(3))
    let first = v.firstPass(prior: prior, isDual: isDual)
    let context = pointwise(
      "context.in", .concatenate([first.converted(to: type), features]))
    let change = exactPointwise(
      "context.out", blocks("context", network.description.contextBlocks, context))
    return v.codedLatent(
      prior: prior, change: change, noise: noise, stream: 1, isDual: isDual)
  }

  private func prior(
    _ hyperLatent: Tensor, height: Int, width: Int
  ) -> (features: Tensor, out: Tensor) {
    var x = act(convolution("prior.up1", hyperLatent).pixelShuffled(2))
    x = x.narrow(2, 0, (height + 1) / 2).narrow(3, 0, (width + 1) / 2)
    x = pointwise("prior.up2", x).pixelShuffled(2).narrow(2, 0, height).narrow(3, 0, width)
    x = blocks("prior", network.description.priorBlocks, x)
    return (x, exactPointwise("prior.out", x))
  }

  /// - Returns: `[B, 192, H/8, W/8]`.
  private func synthesis(_ latent: Tensor) -> Tensor {
    let up = type == .bfloat16 ? convolution("synthesis.up", latent) : pointwise("synthesis.up", latent)
    let x = blocks("synthesis", network.description.synthesisBlocks, up.pixelShuffled(2))
    return exactPointwise("synthesis.out", x)
  }
}

extension TorchNetwork {
  /// λ of a level position, log-linear between the quality levels.
  package static func lambda(_ position: Double, of lambdas: [Double]) -> Double {
    let lower = min(max(Int(position), 0), lambdas.count - 2)
    let fraction = position - Double(lower)
    return lambdas[lower] * pow(lambdas[lower + 1] / lambdas[lower], fraction)
  }

  /// How much a sample of that λ counts: about 1 for the usual crop's cost.
  package static func lossWeight(lambda: Double) -> Double { 1 / (8 * pow(lambda, 0.4)) }
}
