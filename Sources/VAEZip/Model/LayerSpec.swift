/// Channels that share a fixed-point position.
struct ChannelGroup: Sendable, Equatable {
  var channels: Int
  var fractionBits: Int

  /// The position of each channel.
  var perChannel: [Int] { Array(repeating: fractionBits, count: channels) }
}

/// A convolution of the network with the fixed-point positions around it.
struct LayerSpec: Sendable {
  enum Kind: Sendable {
    /// 1×1.
    case pointwise
    /// 3×3, zero padding 1, stride 2.
    case strided
    /// 3×3 a channel, zero padding 1.
    case depthwise
  }

  /// The tensors are `name.weight` and `name.bias`.
  var name: String
  var kind: Kind
  /// Input channels in order; for a depthwise convolution, its channels.
  var inputs: [ChannelGroup]
  /// Output channels in order.
  var outputs: [ChannelGroup]
  /// Added to every bias.
  var biasOffset = 0

  var inputChannels: Int { inputs.reduce(0) { $0 + $1.channels } }
  var outputChannels: Int { outputs.reduce(0) { $0 + $1.channels } }
  /// Kernel elements: 1 or 9.
  var taps: Int { kind == .pointwise ? 1 : 9 }
}

/// Fixed-point positions that are constants of the format.
enum FractionBits {
  /// Pixels: one unit is one grey value, 2^7 units are the network's 1.0.
  static let pixel = 7
  /// The companded latent.
  static let companded = 11
  /// The raw scale level.
  static let rawLevel = 7
}

/// The layers of each part of the network.
struct LayerPlan {
  let description: NetworkDescription
  let calibration: [String: Int]

  /// Fraction bits of a calibrated activation; the model file's reader made sure that it is there.
  func bits(_ activation: String) -> Int { calibration[activation] ?? 0 }

  private func group(_ channels: Int, _ activation: String) -> [ChannelGroup] {
    [ChannelGroup(channels: channels, fractionBits: bits(activation))]
  }

  /// The five convolutions of each block.
  func blocks(_ part: String, _ count: Int, width: Int) -> [[LayerSpec]] {
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

  var analysisIn: LayerSpec {
    LayerSpec(
      name: "analysis.in", kind: .pointwise,
      inputs: [ChannelGroup(channels: 192, fractionBits: FractionBits.pixel)],
      outputs: group(description.transformWidth, "analysis.trunk"))
  }

  var analysisDown: LayerSpec {
    LayerSpec(
      name: "analysis.down", kind: .strided,
      inputs: group(description.transformWidth, "analysis.trunk"),
      outputs: group(description.latentWidth, "analysis.latent"))
  }

  var hyperAnalysisIn: LayerSpec {
    LayerSpec(
      name: "hyperanalysis.in", kind: .pointwise,
      inputs: [
        ChannelGroup(channels: description.latentWidth, fractionBits: FractionBits.companded)
      ],
      outputs: group(description.priorWidth, "hyperanalysis.trunk"))
  }

  var hyperAnalysisDown1: LayerSpec {
    LayerSpec(
      name: "hyperanalysis.down1", kind: .strided,
      inputs: group(description.priorWidth, "hyperanalysis.trunk"),
      outputs: group(description.priorWidth, "hyperanalysis.down1"))
  }

  var hyperAnalysisDown2: LayerSpec {
    LayerSpec(
      name: "hyperanalysis.down2", kind: .strided,
      inputs: group(description.priorWidth, "hyperanalysis.down1"),
      outputs: group(description.hyperWidth, "hyper"))
  }

  var priorUp1: LayerSpec {
    LayerSpec(
      name: "prior.up1", kind: .pointwise, inputs: group(description.hyperWidth, "hyper"),
      outputs: group(4 * description.hyperWidth, "prior.up1"))
  }

  var priorUp2: LayerSpec {
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

  var priorOut: LayerSpec {
    LayerSpec(
      name: "prior.out", kind: .pointwise, inputs: group(description.priorWidth, "prior.trunk"),
      outputs: distribution)
  }

  var contextIn: LayerSpec {
    LayerSpec(
      name: "context.in", kind: .pointwise,
      inputs: group(description.latentWidth, "latent")
        + group(description.priorWidth, "prior.trunk"),
      outputs: group(description.contextWidth, "context.trunk"))
  }

  var contextOut: LayerSpec {
    LayerSpec(
      name: "context.out", kind: .pointwise,
      inputs: group(description.contextWidth, "context.trunk"), outputs: distribution)
  }

  var synthesisUp: LayerSpec {
    LayerSpec(
      name: "synthesis.up", kind: .pointwise,
      inputs: group(description.latentWidth, "synthesis.latent"),
      outputs: group(4 * description.transformWidth, "synthesis.trunk"))
  }

  var synthesisOut: LayerSpec {
    LayerSpec(
      name: "synthesis.out", kind: .pointwise,
      inputs: group(description.transformWidth, "synthesis.trunk"),
      outputs: [ChannelGroup(channels: 192, fractionBits: FractionBits.pixel)],
      // 1.0 in the network is 128 grey values: what the pixels lost on their way in.
      biasOffset: 1)
  }
}
