/// Channels that share a fixed-point position.
package struct ChannelGroup: Sendable, Equatable {
  package var channels: Int
  package var fractionBits: Int

  package init(channels: Int, fractionBits: Int) {
    self.channels = channels
    self.fractionBits = fractionBits
  }

  /// The position of each channel.
  var perChannel: [Int] { Array(repeating: fractionBits, count: channels) }
}

/// A convolution of the network with the fixed-point positions around it.
package struct LayerSpec: Sendable {
  package enum Kind: Sendable {
    /// 1×1.
    case pointwise
    /// 3×3, zero padding 1, stride 2.
    case strided
    /// 3×3 a channel, zero padding 1.
    case depthwise
  }

  /// The tensors are `name.weight` and `name.bias`.
  package var name: String
  package var kind: Kind
  /// Input channels in order; for a depthwise convolution, its channels.
  package var inputs: [ChannelGroup]
  /// Output channels in order.
  package var outputs: [ChannelGroup]

  package init(name: String, kind: Kind, inputs: [ChannelGroup], outputs: [ChannelGroup], biasOffset: Int = 0
  ) {
    self.name = name
    self.kind = kind
    self.inputs = inputs
    self.outputs = outputs
    self.biasOffset = biasOffset
  }
  /// Added to every bias.
  package var biasOffset: Int

  package var inputChannels: Int { inputs.reduce(0) { $0 + $1.channels } }
  package var outputChannels: Int { outputs.reduce(0) { $0 + $1.channels } }
  /// Kernel elements: 1 or 9.
  package var taps: Int { kind == .pointwise ? 1 : 9 }
}

/// Fixed-point positions that are constants of the format.
package enum FractionBits {
  /// Pixels: one unit is one gray value, 2^7 units are the network's 1.0.
  package static let pixel = 7
  /// The companded latent.
  package static let companded = 11
  /// The raw scale level.
  static let rawLevel = 7
}

/// The layers of each part of the network.
package struct LayerPlan {
  package let description: NetworkDescription
  package let calibration: [String: Int]

  package init(description: NetworkDescription, calibration: [String: Int]) {
    self.description = description
    self.calibration = calibration
  }

  /// Fraction bits of a calibrated activation; the model file's reader made sure that it is there.
  package func bits(_ activation: String) -> Int { calibration[activation] ?? 0 }

  private func group(_ channels: Int, _ activation: String) -> [ChannelGroup] {
    [ChannelGroup(channels: channels, fractionBits: bits(activation))]
  }

  /// The five convolutions of each block.
  package func blocks(_ part: String, _ count: Int, width: Int) -> [[LayerSpec]] {
    let trunk = group(width, "\(part).trunk")
    return (0..<count).map { index in
      let name = "\(part).block\(index)"
      let mix = group(width, name + ".mix")
      let depthwise = group(width, name + ".depthwise")
      let expand = group(2 * width, name + ".expand")
      return [
        LayerSpec(name: name + ".mix", kind: .pointwise, inputs: trunk, outputs: mix),
        LayerSpec(name: name + ".depthwise", kind: .depthwise, inputs: mix, outputs: depthwise),
        LayerSpec(name: name + ".merge", kind: .pointwise, inputs: depthwise, outputs: trunk),
        LayerSpec(name: name + ".expand", kind: .pointwise, inputs: trunk, outputs: expand),
        LayerSpec(name: name + ".shrink", kind: .pointwise, inputs: expand, outputs: trunk),
      ]
    }
  }

  package var analysisIn: LayerSpec {
    LayerSpec(
      name: "analysis.in", kind: .pointwise,
      inputs: [ChannelGroup(channels: 192, fractionBits: FractionBits.pixel)],
      outputs: group(description.transformWidth, "analysis.trunk"))
  }

  package var analysisDown: LayerSpec {
    LayerSpec(
      name: "analysis.down", kind: .strided,
      inputs: group(description.transformWidth, "analysis.trunk"),
      outputs: group(description.latentWidth, "analysis.latent"))
  }

  package var hyperAnalysisIn: LayerSpec {
    LayerSpec(
      name: "hyperanalysis.in", kind: .pointwise,
      inputs: [
        ChannelGroup(channels: description.latentWidth, fractionBits: FractionBits.companded)
      ],
      outputs: group(description.priorWidth, "hyperanalysis.trunk"))
  }

  package var hyperAnalysisDown1: LayerSpec {
    LayerSpec(
      name: "hyperanalysis.down1", kind: .strided,
      inputs: group(description.priorWidth, "hyperanalysis.trunk"),
      outputs: group(description.priorWidth, "hyperanalysis.down1"))
  }

  package var hyperAnalysisDown2: LayerSpec {
    LayerSpec(
      name: "hyperanalysis.down2", kind: .strided,
      inputs: group(description.priorWidth, "hyperanalysis.down1"),
      outputs: group(description.hyperWidth, "hyper"))
  }

  package var priorUp1: LayerSpec {
    LayerSpec(
      name: "prior.up1", kind: .pointwise, inputs: group(description.hyperWidth, "hyper"),
      outputs: group(4 * description.hyperWidth, "prior.up1"))
  }

  package var priorUp2: LayerSpec {
    LayerSpec(
      name: "prior.up2", kind: .pointwise, inputs: group(description.hyperWidth, "prior.up1"),
      outputs: group(4 * description.priorWidth, "prior.trunk"))
  }

  /// Means and raw scale levels, the outputs of prior and context.
  private var distribution: [ChannelGroup] {
    group(description.latentWidth, "latent") + [
      ChannelGroup(channels: description.latentWidth, fractionBits: FractionBits.rawLevel)
    ]
  }

  package var priorOut: LayerSpec {
    LayerSpec(
      name: "prior.out", kind: .pointwise, inputs: group(description.priorWidth, "prior.trunk"),
      outputs: distribution)
  }

  package var contextIn: LayerSpec {
    LayerSpec(
      name: "context.in", kind: .pointwise,
      inputs: group(description.latentWidth, "latent")
        + group(description.priorWidth, "prior.trunk"),
      outputs: group(description.contextWidth, "context.trunk"))
  }

  package var contextOut: LayerSpec {
    LayerSpec(
      name: "context.out", kind: .pointwise,
      inputs: group(description.contextWidth, "context.trunk"), outputs: distribution)
  }

  package var synthesisUp: LayerSpec {
    LayerSpec(
      name: "synthesis.up", kind: .pointwise,
      inputs: group(description.latentWidth, "synthesis.latent"),
      outputs: group(4 * description.transformWidth, "synthesis.trunk"))
  }

  package var synthesisOut: LayerSpec {
    LayerSpec(
      name: "synthesis.out", kind: .pointwise,
      inputs: group(description.transformWidth, "synthesis.trunk"),
      outputs: [ChannelGroup(channels: 192, fractionBits: FractionBits.pixel)],
      // 1.0 in the network is 128 gray values: what the pixels lost on their way in.
      biasOffset: 1)
  }
}
