/// Channels with their fixed-point position.
package struct ChannelGroup: Sendable, Equatable {
  package let channels: Int
  package let fractionBits: Int

  package init(channels: Int, fractionBits: Int) {
    self.channels = channels
    self.fractionBits = fractionBits
  }

  /// The position of each channel.
  var perChannel: [Int] { Array(repeating: fractionBits, count: channels) }
}

/// A convolution with the fixed-point positions around it: what an `IntegerLayer` is made of.
package struct LayerSpec: Sendable {
  /// The tensors are `name.weight` and `name.bias`.
  package let name: String
  package let kind: Layer.Kind
  /// Input channels in order; of a depthwise convolution, its channels.
  package let inputs: [ChannelGroup]
  /// Output channels in order.
  package let outputs: [ChannelGroup]
  /// Added to every bias.
  package let biasOffset: Int

  package init(
    name: String, kind: Layer.Kind, inputs: [ChannelGroup], outputs: [ChannelGroup],
    biasOffset: Int = 0
  ) {
    self.name = name
    self.kind = kind
    self.inputs = inputs
    self.outputs = outputs
    self.biasOffset = biasOffset
  }

  package var inputChannels: Int { inputs.reduce(0) { $0 + $1.channels } }
  package var outputChannels: Int { outputs.reduce(0) { $0 + $1.channels } }
  /// Kernel elements: 1 or 9.
  package var taps: Int { kind.kernel * kind.kernel }
}

/// The layers of a network with the positions of its calibration.
package struct LayerPlan: Sendable {
  private let layers: [String: Layer]
  private let calibration: [String: Int]

  package init(_ network: NetworkDescription, calibration: [String: Int]) {
    let all = network.layers() + [network.previewLayer]
    layers = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
    self.calibration = calibration
  }

  /// Fraction bits of a calibrated activation; the model file's reader made sure that it is there.
  package func bits(_ activation: String) -> Int { calibration[activation] ?? 0 }

  /// - Parameter name: of a layer, for example `synthesis.block0.expand`.
  /// - Throws: `ModelError.missingTensor` if the network has no such layer.
  package func layer(_ name: String) throws(ModelError) -> LayerSpec {
    guard let layer = layers[name] else { throw .missingTensor(name + ".weight") }
    func groups(_ channels: [Layer.Channels]) -> [ChannelGroup] {
      channels.map {
        ChannelGroup(channels: $0.count, fractionBits: $0.position.fractionBits(calibration))
      }
    }
    return LayerSpec(
      name: name, kind: layer.kind, inputs: groups(layer.inputs), outputs: groups(layer.outputs),
      biasOffset: layer.biasOffset)
  }

  /// The five convolutions of each residual block of a part.
  package func blocks(_ part: String, _ count: Int) throws(ModelError) -> [LayerSpec] {
    var specs: [LayerSpec] = []
    for index in 0..<count {
      for name in ["mix", "depthwise", "merge", "expand", "shrink"] {
        specs.append(try layer("\(part).block\(index).\(name)"))
      }
    }
    return specs
  }
}
