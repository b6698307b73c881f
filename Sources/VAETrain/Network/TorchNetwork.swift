import VAEZip

/// The network of `Formats/MODEL.md` in libtorch's operations, for learning.
///
/// The topology is the integer engine's, layer for layer; `Formats/MODEL.md` explains the names. Raw
/// scale indexes are learned as 16 + 8 · value, so that one learning rate fits all tensors (see
/// `levelScale`).
package final class TorchNetwork {
  package let description: NetworkDescription
  package let parameters: Parameters
  let torch: Torch
  package let device: Tensor.Device

  /// Whether convolutions compute in bfloat16; weights and the residual streams stay float32.
  var bfloat16 = false

  /// The weights of such convolutions during `forward`.
  private(set) var rounded: RoundedWeights?

  /// Which part of every batch is this process'.
  var share = (rank: 0, count: 1)

  /// How layers are rounded while learning; nil computes in floating point.
  var integers: SimulatedIntegers?

  /// Sees every activation by its name in `NetworkDescription.calibratedActivations`.
  var observer: ((String, Tensor) -> Void)?

  package init(
    _ torch: Torch, _ description: NetworkDescription, posteriorHead: Bool, device: Tensor.Device
  ) {
    self.torch = torch
    self.description = description
    self.device = device
    parameters = Parameters(
      torch, description.parameters(posteriorHead: posteriorHead), device: device)
  }

  var hasPosteriorHead: Bool { parameters.has("analysis.deviation.weight") }

  /// A prior output x stands for the scale index 16 + 8·x.
  static let levelOffset = 16.0
  static let levelScale = 8.0

  // MARK: Layers

  /// Takes the weights as they are now into the layers that compute in bfloat16, if any do.
  func roundWeights() { rounded = bfloat16 ? parameters.rounded() : nil }

  /// An activation as the layers after it see it.
  func observed(_ name: String, _ tensor: Tensor) -> Tensor {
    observer?(name, tensor)
    return integers?.activation(name, tensor) ?? tensor
  }

  private func convolution(
    _ name: String, _ input: Tensor, stride: Int = 1, padding: Int = 0, groups: Int = 1,
    exact: Bool = false
  ) -> Tensor {
    if let rounded, !exact {
      return input.converted(to: .bfloat16).convolved(
        rounded[name + ".weight"], rounded[name + ".bias"],
        stride: stride, padding: padding, groups: groups)
    }
    let weight = integers?.weight(parameters[name + ".weight"]) ?? parameters[name + ".weight"]
    return input.converted(to: .float32).convolved(
      weight, parameters[name + ".bias"], stride: stride, padding: padding, groups: groups)
  }

  private func act(_ tensor: Tensor) -> Tensor { tensor.leakyReLU(0.125) }

  /// The residual blocks of one part; `input` is its residual stream.
  private func blocks(_ part: String, _ count: Int, _ input: Tensor) -> Tensor {
    var x = observed(part + ".trunk", input)
    for index in 0..<count {
      let name = "\(part).block\(index)"
      var branch = observed(name + ".mix", act(convolution(name + ".mix", x)))
      let width = branch.shape[1]
      branch = observed(
        name + ".depthwise", convolution(name + ".depthwise", branch, padding: 1, groups: width))
      x = observed(part + ".trunk", x + convolution(name + ".merge", branch))
      branch = observed(name + ".expand", act(convolution(name + ".expand", x)))
      x = observed(part + ".trunk", x + convolution(name + ".shrink", branch))
    }
    return x
  }

  // MARK: Parts

  /// - Parameter pixels: `[B, 3, H, W]`, (value − 128) / 128, H and W multiples of 16.
  /// - Returns: y, `[B, M, H/16, W/16]`, and where the network has that head, the logarithm of the
  ///   posterior's standard deviation, of y after its gain.
  func analysis(_ pixels: Tensor) -> (latent: Tensor, logDeviation: Tensor?) {
    var x = convolution("analysis.in", pixels.pixelUnshuffled(8))
    x = blocks("analysis", description.analysisBlocks, x.converted(to: .float32))
    let latent = convolution("analysis.down", x, stride: 2, padding: 1, exact: true)
    let deviation =
      hasPosteriorHead
      ? convolution("analysis.deviation", x, stride: 2, padding: 1, exact: true) : nil
    return (observed("analysis.latent", latent), deviation)
  }

  /// Per-sample rows of a `[levels, width]` parameter, interpolated: `[B, width, 1, 1]`.
  ///
  /// - Parameter weights: `[B, levels]`, see `levelWeights`.
  func interpolated(_ name: String, _ weights: Tensor) -> Tensor {
    let rows = weights.matmul(parameters[name])
    return rows.reshape(rows.shape + [1, 1])
  }

  /// The interpolation weights of each sample's level position: `[B, levels]`.
  package func levelWeights(_ positions: [Double]) -> Tensor {
    let levels = description.levels
    var weights = [Float](repeating: 0, count: positions.count * levels)
    for (sample, position) in positions.enumerated() {
      let lower = min(max(Int(position), 0), levels - 2)
      let fraction = Float(position - Double(lower))
      weights[sample * levels + lower] = 1 - fraction
      weights[sample * levels + lower + 1] = fraction
    }
    return .floats(torch, weights, [positions.count, levels], device: device)
  }

  /// sign(v) · (e + m) where 1 + |v| = 2^e · (1 + m): a piecewise linear log₂(1 + |v|).
  static func companded(_ v: Tensor) -> Tensor {
    let w = v.abs() + 1
    let exponent = w.detached().log2().floor()
    let power = exponent.exp2()
    return v.sign().detached() * (exponent + (w / power) - 1)
  }

  /// - Parameter latent: v, the latent times its gain.
  func hyperAnalysis(_ latent: Tensor) -> Tensor {
    var x = convolution("hyperanalysis.in", Self.companded(latent))
    x = blocks("hyperanalysis", description.hyperAnalysisBlocks, x.converted(to: .float32))
    x = act(convolution("hyperanalysis.down1", x, stride: 2, padding: 1))
    x = observed("hyperanalysis.down1", x)
    x = convolution("hyperanalysis.down2", x, stride: 2, padding: 1, exact: true)
    return observed("hyper", x)
  }

  /// - Returns: the prior's features `[B, K, h, w]`, and its outputs `[B, 2M, h, w]`: mean, raw scale index.
  func prior(_ hyperLatent: Tensor, height: Int, width: Int) -> (features: Tensor, out: Tensor) {
    var x = act(convolution("prior.up1", hyperLatent, exact: true).pixelShuffled(2))
    x = observed("prior.up1", x)
    x = x.narrow(2, 0, (height + 1) / 2).narrow(3, 0, (width + 1) / 2)
    x = convolution("prior.up2", x).pixelShuffled(2).narrow(2, 0, height).narrow(3, 0, width)
    x = blocks("prior", description.priorBlocks, x.converted(to: .float32))
    return (x, convolution("prior.out", x, exact: true))
  }

  /// - Returns: what the context adds to the prior's outputs, `[B, 2M, h, w]`.
  func context(firstPass: Tensor, features: Tensor) -> Tensor {
    var x = convolution("context.in", Tensor.concatenate([firstPass, features]))
    x = blocks("context", description.contextBlocks, x.converted(to: .float32))
    return convolution("context.out", x, exact: true)
  }

  /// - Parameter latent: ŷ, the latent after its inverse gain.
  /// - Returns: `[B, 3, H, W]` on the scale of `analysis`' input, not clamped.
  func synthesis(_ latent: Tensor) -> Tensor {
    var x = observed("synthesis.latent", latent)
    x = convolution("synthesis.up", x, exact: true).pixelShuffled(2)
    x = blocks("synthesis", description.synthesisBlocks, x)
    return convolution("synthesis.out", x, exact: true).pixelShuffled(8)
  }
}

extension Tensor {
  /// Bytes `[count, height, width, 3]` as the network's input.
  package func asPixels() -> Tensor {
    permute([0, 3, 1, 2]).converted(to: .float32).affine(1 / 128.0, -1)
  }

  /// An RGB image as the network's input.
  package static func pixels(_ torch: Torch, _ image: Image, device: Device = .cpu) -> Tensor {
    bytes(torch, image.pixels, [1, image.height, image.width, 3], device: device).asPixels()
  }
}
