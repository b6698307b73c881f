/// The fixed-point position of an activation: how many bits of its integers are fraction.
package enum FixedPointPosition: Sendable, Equatable {
  /// The model's calibration says it, under this name.
  case calibrated(String)
  /// Pixels: one unit is one gray value, 2^7 units are the network's 1.0.
  case pixel
  /// The latents after companding, on their way into the hyper-analysis.
  case companded(String)
  /// Raw scale indexes.
  case rawScale

  /// Fraction bits of pixels.
  package static let pixelBits = 7
  /// Fraction bits of companded latents.
  static let compandedBits = 11
  /// Fraction bits of raw scale indexes.
  static let rawScaleBits = 7

  /// The activation that the calibration must have a position for.
  var activation: String? {
    switch self {
    case .calibrated(let name), .companded(let name): name
    case .pixel, .rawScale: nil
    }
  }

  /// - Parameter calibration: fraction bits by name; the model file's reader made sure that all are there.
  func fractionBits(_ calibration: [String: Int]) -> Int {
    switch self {
    case .calibrated(let name): calibration[name] ?? 0
    case .pixel: Self.pixelBits
    case .companded: Self.compandedBits
    case .rawScale: Self.rawScaleBits
    }
  }
}

/// A convolution of the network: what the model file stores, the calibration positions, the integer engine
/// computes and the trainer learns.
package struct Layer: Sendable, Equatable {
  package enum Kind: Sendable {
    /// 1×1.
    case pointwise
    /// 3×3, zero padding 1, stride 2.
    case strided
    /// 3×3 in each channel by itself, zero padding 1.
    case depthwise

    /// Width and height of the kernel.
    package var kernel: Int { self == .pointwise ? 1 : 3 }
  }

  /// Some channels side by side that share a position.
  package struct Channels: Sendable, Equatable {
    package let count: Int
    package let position: FixedPointPosition

    init(_ count: Int, _ position: FixedPointPosition) {
      (self.count, self.position) = (count, position)
    }

    init(_ count: Int, _ activation: String) {
      self.init(count, .calibrated(activation))
    }
  }

  /// The tensors are `name.weight` and `name.bias`.
  package let name: String
  package let kind: Kind
  /// Input channels, in order.
  package let inputs: [Channels]
  /// Output channels, in order; before a pixel shuffle, if one follows.
  package let outputs: [Channels]
  /// Added to every bias by the integer engine.
  package let biasOffset: Int

  init(
    _ name: String, _ inputs: [Channels], _ outputs: [Channels], _ kind: Kind = .pointwise,
    biasOffset: Int = 0
  ) {
    self.name = name
    self.kind = kind
    self.inputs = inputs
    self.outputs = outputs
    self.biasOffset = biasOffset
  }

  /// Shapes of weight and bias.
  var parameters: [ParameterSpec] {
    let (out, into) = (outputs.reduce(0) { $0 + $1.count }, inputs.reduce(0) { $0 + $1.count })
    return [
      ParameterSpec(
        name + ".weight", [out, kind == .depthwise ? 1 : into, kind.kernel, kind.kernel]),
      ParameterSpec(name + ".bias", [out]),
    ]
  }
}

extension NetworkDescription {
  /// All convolutions, in the order in which an image meets them.
  ///
  /// This is the one list of the topology: tensors, calibrated activations and the integer engine's layers
  /// follow from it (Formats/MODEL.md draws it).
  ///
  /// - Parameter posteriorHead: includes the second head of the analysis, the logarithm of the posterior's
  ///   standard deviation, which models with a Gaussian posterior have.
  package func layers(posteriorHead: Bool = false) -> [Layer] {
    analysisLayers(posteriorHead) + hyperLayers + contextLayers + synthesisLayers
  }

  private func analysisLayers(_ posteriorHead: Bool) -> [Layer] {
    let (c, m) = (transformWidth, latentWidth)
    let trunk = Layer.Channels(c, "analysis.trunk")
    let latent = Layer.Channels(m, "analysis.latent")
    return [Layer("analysis.in", [Layer.Channels(Self.cellSamples, .pixel)], [trunk])]
      + blocks("analysis", analysisBlocks, trunk)
      + [Layer("analysis.down", [trunk], [latent], .strided)]
      + (posteriorHead ? [Layer("analysis.deviation", [trunk], [latent], .strided)] : [])
  }

  /// Hyper-analysis, and hyper-synthesis ("prior").
  private var hyperLayers: [Layer] {
    let (m, z, k) = (latentWidth, hyperWidth, priorWidth)
    let down = Layer.Channels(k, "hyperanalysis.trunk")
    let half = Layer.Channels(k, "hyperanalysis.down1")
    let hyper = Layer.Channels(z, "hyper")
    let trunk = Layer.Channels(k, "prior.trunk")
    return [Layer("hyperanalysis.in", [Layer.Channels(m, .companded("latent"))], [down])]
      + blocks("hyperanalysis", hyperAnalysisBlocks, down)
      + [
        Layer("hyperanalysis.down1", [down], [half], .strided),
        Layer("hyperanalysis.down2", [half], [hyper], .strided),
        Layer("prior.up1", [hyper], [Layer.Channels(4 * z, "prior.up1")]),
        Layer("prior.up2", [Layer.Channels(z, "prior.up1")], [Layer.Channels(4 * k, "prior.trunk")]),
      ] + blocks("prior", priorBlocks, trunk) + [Layer("prior.out", [trunk], distribution)]
  }

  private var contextLayers: [Layer] {
    let trunk = Layer.Channels(contextWidth, "context.trunk")
    let features = [
      Layer.Channels(latentWidth, "latent"), Layer.Channels(priorWidth, "prior.trunk"),
    ]
    return [Layer("context.in", features, [trunk])] + blocks("context", contextBlocks, trunk)
      + [Layer("context.out", [trunk], distribution)]
  }

  private var synthesisLayers: [Layer] {
    let (c, m) = (transformWidth, latentWidth)
    let trunk = Layer.Channels(c, "synthesis.trunk")
    return [
      Layer(
        "synthesis.up", [Layer.Channels(m, "synthesis.latent")],
        [Layer.Channels(4 * c, "synthesis.trunk")])
    ] + blocks("synthesis", synthesisBlocks, trunk) + [
      // The network's 1.0 is 128 gray values: those that the analysis took from the pixels.
      Layer("synthesis.out", [trunk], [Layer.Channels(Self.cellSamples, .pixel)], biasOffset: 1)
    ]
  }

  /// Means and raw scale indexes of the latents.
  private var distribution: [Layer.Channels] {
    [Layer.Channels(latentWidth, "latent"), Layer.Channels(latentWidth, .rawScale)]
  }

  /// The five convolutions of each residual block.
  private func blocks(_ part: String, _ count: Int, _ trunk: Layer.Channels) -> [Layer] {
    (0..<count).flatMap { index in
      let name = "\(part).block\(index)"
      let mix = Layer.Channels(trunk.count, name + ".mix")
      let depthwise = Layer.Channels(trunk.count, name + ".depthwise")
      let expand = Layer.Channels(2 * trunk.count, name + ".expand")
      return [
        Layer(name + ".mix", [trunk], [mix]),
        Layer(name + ".depthwise", [mix], [depthwise], .depthwise),
        Layer(name + ".merge", [depthwise], [trunk]),
        Layer(name + ".expand", [trunk], [expand]),
        Layer(name + ".shrink", [expand], [trunk]),
      ]
    }
  }

  /// Samples of a cell: 8 × 8 pixels of 3 channels.
  private static let cellSamples = 192
}
