import CKernels

/// Integer weights of each part of the network, packed for an instruction set.
struct AnalysisNetwork: Sendable {
  let input: PackedLayer
  let blocks: BlockStack
  let down: PackedLayer
  /// Channels of the latent.
  let latentWidth: Int
  let kernels: Kernels
}

struct HyperAnalysisNetwork: Sendable {
  let input: PackedLayer
  let blocks: BlockStack
  let down1: PackedLayer
  let down2: PackedLayer
  let hyperWidth: Int
}

struct PriorNetwork: Sendable {
  let up1: PackedLayer
  let up2: PackedLayer
  let blocks: BlockStack
  let output: PackedLayer
  let hyperWidth: Int
}

struct ContextNetwork: Sendable {
  let input: PackedLayer
  let blocks: ContextBlocks
  let output: PackedLayer
}

struct SynthesisNetwork: Sendable {
  let up: PackedLayer
  let blocks: BlockStack
  let output: PackedLayer
  /// Channels of the latent.
  let latentWidth: Int
  let kernels: Kernels
}

/// Makes integer, packed layers from a model file, several at a time.
struct NetworkBuilder {
  let file: ModelFile
  let kernels: Kernels
  let threads: Threads

  private var plan: LayerPlan {
    LayerPlan(description: file.description, calibration: file.calibration)
  }
  private var description: NetworkDescription { file.description }

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

  func analysis() throws(ModelError) -> AnalysisNetwork {
    let (layers, blocks) = try part(
      "analysis", description.analysisBlocks, width: description.transformWidth,
      around: [(plan.analysisIn, .none), (plan.analysisDown, .none)])
    return AnalysisNetwork(
      input: layers[0], blocks: blocks, down: layers[1], latentWidth: description.latentWidth,
      kernels: kernels)
  }

  func hyperAnalysis() throws(ModelError) -> HyperAnalysisNetwork {
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

  func prior() throws(ModelError) -> PriorNetwork {
    let (layers, blocks) = try part(
      "prior", description.priorBlocks, width: description.priorWidth,
      around: [(plan.priorUp1, .by2), (plan.priorUp2, .by2), (plan.priorOut, .none)])
    return PriorNetwork(
      up1: layers[0], up2: layers[1], blocks: blocks, output: layers[2],
      hyperWidth: description.hyperWidth)
  }

  func context() throws(ModelError) -> ContextNetwork {
    let (layers, blocks) = try part(
      "context", description.contextBlocks, width: description.contextWidth,
      around: [(plan.contextIn, .none), (plan.contextOut, .none)])
    return ContextNetwork(
      input: layers[0], blocks: ContextBlocks(stack: blocks), output: layers[1])
  }

  func synthesis() throws(ModelError) -> SynthesisNetwork {
    let (layers, blocks) = try part(
      "synthesis", description.synthesisBlocks, width: description.transformWidth,
      around: [(plan.synthesisUp, .by2), (plan.synthesisOut, .by8RGB)])
    return SynthesisNetwork(
      up: layers[0], blocks: blocks, output: layers[1], latentWidth: description.latentWidth,
      kernels: kernels)
  }
}
