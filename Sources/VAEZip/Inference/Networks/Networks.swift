import CKernels
import VAEZipModel
import VAEZipSupport

/// Integer weights of each part of the network, packed for an instruction set.
package struct AnalysisNetwork: Sendable {
  package let input: PackedLayer
  package let blocks: BlockStack
  package let down: PackedLayer
  /// Channels of the latent.
  package let latentWidth: Int
  package let kernels: Kernels
}

package struct HyperAnalysisNetwork: Sendable {
  package let input: PackedLayer
  package let blocks: BlockStack
  package let down1: PackedLayer
  package let down2: PackedLayer
  package let hyperWidth: Int
}

package struct HyperSynthesisNetwork: Sendable {
  package let up1: PackedLayer
  package let up2: PackedLayer
  package let blocks: BlockStack
  package let output: PackedLayer
  package let hyperWidth: Int
}

package struct ContextNetwork: Sendable {
  package let input: PackedLayer
  package let blocks: ContextBlocks
  package let output: PackedLayer
}

package struct SynthesisNetwork: Sendable {
  package let up: PackedLayer
  package let blocks: BlockStack
  package let output: PackedLayer
  /// Channels of the latent.
  package let latentWidth: Int
  package let kernels: Kernels
}

/// Makes integer, packed layers from a model file, several at a time.
package struct NetworkBuilder {
  package let file: ModelFile
  package let kernels: Kernels
  package let threads: Threads

  private var plan: LayerPlan {
    LayerPlan(description: file.network, calibration: file.calibration)
  }
  private var description: NetworkDescription { file.network }

  /// - Returns: the layers in the given order.
  private func pack(
    _ layers: [(LayerSpec, vzk_shuffle)]
  ) throws(ModelError) -> [PackedLayer] {
    try threads.map(layers.count) { index throws(ModelError) in
      let (spec, shuffle) = layers[index]
      return PackedLayer(
        try IntegerLayer(spec, tensors: file.tensors), shuffle: shuffle, kernels: kernels)
    }
  }

  /// Packs a part: layers around a stack of blocks.
  private func part(
    _ name: String, _ count: Int, width: Int, around layers: [(LayerSpec, vzk_shuffle)]
  ) throws(ModelError) -> (layers: [PackedLayer], blocks: BlockStack) {
    let blockSpecs = plan.blocks(name, count, width: width)
    let packed = try pack(layers + blockSpecs.joined().map { ($0, .none) })
    let blocks = (0..<count).map { index in
      let first = layers.count + 5 * index
      return Block(
        mix: packed[first], depthwise: packed[first + 1], merge: packed[first + 2],
        expand: packed[first + 3], shrink: packed[first + 4])
    }
    return (Array(packed.prefix(layers.count)), BlockStack(width: width, blocks: blocks))
  }

  package func analysis() throws(ModelError) -> AnalysisNetwork {
    let (layers, blocks) = try part(
      "analysis", description.analysisBlocks, width: description.transformWidth,
      around: [(plan.analysisIn, .none), (plan.analysisDown, .none)])
    return AnalysisNetwork(
      input: layers[0], blocks: blocks, down: layers[1], latentWidth: description.latentWidth,
      kernels: kernels)
  }

  package func hyperAnalysis() throws(ModelError) -> HyperAnalysisNetwork {
    let (layers, blocks) = try part(
      "hyperanalysis", description.hyperAnalysisBlocks, width: description.priorWidth,
      around: [
        (plan.hyperAnalysisIn, .none), (plan.hyperAnalysisDown1, .none),
        (plan.hyperAnalysisDown2, .none),
      ])
    return HyperAnalysisNetwork(
      input: layers[0], blocks: blocks, down1: layers[1], down2: layers[2],
      hyperWidth: description.hyperWidth)
  }

  package func prior() throws(ModelError) -> HyperSynthesisNetwork {
    let (layers, blocks) = try part(
      "prior", description.priorBlocks, width: description.priorWidth,
      around: [(plan.priorUp1, .by2), (plan.priorUp2, .by2), (plan.priorOut, .none)])
    return HyperSynthesisNetwork(
      up1: layers[0], up2: layers[1], blocks: blocks, output: layers[2],
      hyperWidth: description.hyperWidth)
  }

  package func context() throws(ModelError) -> ContextNetwork {
    let (layers, blocks) = try part(
      "context", description.contextBlocks, width: description.contextWidth,
      around: [(plan.contextIn, .none), (plan.contextOut, .none)])
    return ContextNetwork(
      input: layers[0], blocks: ContextBlocks(stack: blocks), output: layers[1])
  }

  package func synthesis() throws(ModelError) -> SynthesisNetwork {
    let (layers, blocks) = try part(
      "synthesis", description.synthesisBlocks, width: description.transformWidth,
      around: [(plan.synthesisUp, .by2), (plan.synthesisOut, .by8RGB)])
    return SynthesisNetwork(
      up: layers[0], blocks: blocks, output: layers[1], latentWidth: description.latentWidth,
      kernels: kernels)
  }
}
