import CKernels
import VAEZipModel
import VAEZipSupport

/// Makes integer, packed layers from a model file, several at a time.
struct NetworkBuilder: Sendable {
  let file: ModelFile
  let kernels: Kernels
  let threads: Threads

  private var network: NetworkDescription { file.network }
  var plan: LayerPlan { LayerPlan(network, calibration: file.calibration) }

  /// Packs layers, in the given order.
  private func pack(
    _ layers: [(LayerSpec, vzk_shuffle)]
  ) throws(ModelError) -> [PackedLayer] {
    try threads.map(layers.count) { index throws(ModelError) in
      let (spec, shuffle) = layers[index]
      return PackedLayer(
        try IntegerLayer(spec, tensors: file.tensors), shuffle: shuffle, kernels: kernels)
    }
  }

  /// Packs a part: layers around a stack of residual blocks.
  ///
  /// - Parameter layers: names after the part's, with what the stores do to the output channels.
  private func part(
    _ name: String, blocks count: Int, width: Int, _ layers: [(String, vzk_shuffle)]
  ) throws(ModelError) -> (layers: [PackedLayer], blocks: BlockStack) {
    let plan = plan
    var specs: [(LayerSpec, vzk_shuffle)] = []
    for (layer, shuffle) in layers { specs.append((try plan.layer("\(name).\(layer)"), shuffle)) }
    for spec in try plan.blocks(name, count) { specs.append((spec, .none)) }
    let packed = try pack(specs)
    return (
      Array(packed.prefix(layers.count)),
      BlockStack(width: width, blocks: Block.list(packed.dropFirst(layers.count)))
    )
  }

  func analysis() throws(ModelError) -> AnalysisNetwork {
    let (layers, blocks) = try part(
      "analysis", blocks: network.analysisBlocks, width: network.transformWidth,
      [("in", .none), ("down", .none)])
    return AnalysisNetwork(
      input: layers[0], blocks: blocks, down: layers[1], latentWidth: network.latentWidth,
      kernels: kernels)
  }

  func hyperAnalysis() throws(ModelError) -> HyperAnalysisNetwork {
    let (layers, blocks) = try part(
      "hyperanalysis", blocks: network.hyperAnalysisBlocks, width: network.priorWidth,
      [("in", .none), ("down1", .none), ("down2", .none)])
    return HyperAnalysisNetwork(
      input: layers[0], blocks: blocks, down1: layers[1], down2: layers[2],
      hyperWidth: network.hyperWidth)
  }

  func hyperSynthesis() throws(ModelError) -> HyperSynthesisNetwork {
    let (layers, blocks) = try part(
      "prior", blocks: network.priorBlocks, width: network.priorWidth,
      [("up1", .by2), ("up2", .by2), ("out", .none)])
    return HyperSynthesisNetwork(
      up1: layers[0], up2: layers[1], blocks: blocks, output: layers[2],
      hyperWidth: network.hyperWidth)
  }

  func context() throws(ModelError) -> ContextNetwork {
    let (layers, blocks) = try part(
      "context", blocks: network.contextBlocks, width: network.contextWidth,
      [("in", .none), ("out", .none)])
    return ContextNetwork(
      input: layers[0],
      blocks: ContextBlocks(stack: blocks, isSparse: network.passMask == .checkerboard),
      output: layers[1])
  }

  func synthesis() throws(ModelError) -> SynthesisNetwork {
    let (layers, blocks) = try part(
      "synthesis", blocks: network.synthesisBlocks, width: network.transformWidth,
      [("up", .by2), ("out", .by8RGB)])
    return SynthesisNetwork(
      up: layers[0], blocks: blocks, output: layers[1], latentWidth: network.latentWidth,
      kernels: kernels)
  }

  /// - Parameter table: nil takes the model file's.
  /// - Returns: nil for a model that has none.
  func preview(_ table: PreviewTable?) throws(ModelError) -> PreviewNetwork? {
    guard let table = table ?? file.preview else { return nil }
    return PreviewNetwork(
      try table.layer(plan), latentWidth: network.latentWidth, kernels: kernels)
  }
}
