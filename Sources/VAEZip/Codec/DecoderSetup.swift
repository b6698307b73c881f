import VAEZipAlpha
import VAEZipContainer
import VAEZipEntropy
import VAEZipExact
import VAEZipImage
import VAEZipInference
import VAEZipLatents
import VAEZipModel
import VAEZipSupport

/// All that a decoder prepares before the first tile: the part of the image, the networks, the
/// sizes of all rings.
struct DecoderSetup: Sendable {
  /// What becomes of the latents.
  enum Goal {
    case picture, preview, latents
  }

  /// What makes pixels of latents.
  struct Network: Sendable {
    enum Output {
      case synthesis(SynthesisNetwork)
      case preview(PreviewNetwork)
      /// Nothing: the latents themselves are asked for.
      case latents
    }

    let tileDecoder: TileDecoder
    let output: Output
    /// Bytes of the model and its weights.
    let memory: Int

    /// How many cells of 8 × 8 pixels the output sees beside its own, in each direction.
    var reach: Int {
      if case .synthesis(let network) = output { network.blocks.count } else { 0 }
    }
  }

  let header: VZHeader
  /// Whether it is a region of the image.
  let isRegion: Bool
  let window: DecodingWindow
  let threads: Threads
  let stripHeight: Int?
  /// Nil for an image all of whose pixels are exact.
  let network: Network?

  /// - Parameters:
  ///   - region: nil takes the whole image.
  ///   - goal: a preview needs a model with a preview table.
  /// - Throws: `CodecError`: the region is outside, or the model is missing or lacks the file's quality.
  init(
    _ decoder: ImageDecoder, _ header: VZHeader, region: Region?, goal: Goal = .picture
  ) throws(CodecError) {
    let (width, height) = (header.width, header.height)
    isRegion = region != nil
    let region = region ?? Region(x: 0, y: 0, width: width, height: height)
    guard region.isInside(width: width, height: height) else {
      throw .regionOutside(region, width: width, height: height)
    }
    let model = header.needsModel ? try decoder.model(of: header) : nil
    self.header = header
    threads = Threads(decoder.threads, simulatedOrder: decoder.simulatedOrder)
    window = DecodingWindow(
      region, of: header, blocks: goal == .picture ? model?.network.synthesisBlocks ?? 0 : 0)
    stripHeight = decoder.stripHeight
    let tileThreads = threads.each(of: window.tiles.count)
    network = try model.map { model throws(CodecError) in
      try Network(model, header, goal: goal, threads: tileThreads)
    }
  }

  /// Rows of tiles in memory between the tile decoder and what follows.
  var tileRows: Int { LatentRing.tileRows(window.tiles, threads: threads) }

  /// Bands (16 rows) of alpha, and of exact pixels, in memory.
  var tileBands: Int {
    AlphaRing.decoderBands(
      window.tiles, tileRows: tileRows, blocks: network?.reach ?? 0)
  }

  /// The depth of the color that comes out.
  var colorDepth: Image.Depth { header.exactDepth ?? .eight }

  /// What the sink gets.
  var format: Image.Format {
    var format = header.format
    format.colorDepth = colorDepth
    return format
  }

  /// Bytes of memory that decoding takes at most; see `ImageDecoder.memoryEstimate`.
  var byteCount: Int {
    let pictures =
      RowRing.byteCount(
        window.grid, pixelBytes: header.format.colorBytes,
        bands: network == nil ? 0 : MemoryEstimate.pictureBands)
      + ExactRing.byteCount(window.tiles, bands: tileBands)
      + 16 * window.crop.width * format.colorBytes
    return MemoryEstimate.fixed + VZFile.indexMemory(header) + pictures
      + (network?.byteCount(self) ?? 0)
      + MemoryEstimate.alpha(header, copies: 1, threads: threads)
      + MemoryEstimate.exact(header, depth: header.exactDepth, copies: 3, threads: threads)
      + AlphaRing.byteCount(window.tiles, bands: tileBands)
  }
}

extension DecoderSetup.Network {
  fileprivate init(
    _ model: Model, _ header: VZHeader, goal: DecoderSetup.Goal, threads: Threads
  ) throws(CodecError) {
    let coder: TileCoder
    (coder, output) = try CodecError.wrap { () throws(ModelError) in
      try model.prepare(Model.Part.ofDecoders.filter { goal == .picture || $0 != .synthesis })
      return (
        try TileCoder(model: model, qualityPosition: Int(header.qualityPosition), threads: threads),
        try Self.output(of: model, goal)
      )
    }
    memory = model.memory
    tileDecoder = TileDecoder(coder: coder, symbolCoders: SymbolCoderPool(tables: model.tables))
  }

  private static func output(
    of model: Model, _ goal: DecoderSetup.Goal
  ) throws(ModelError) -> Output {
    switch goal {
    case .picture: return .synthesis(try model.synthesis.value())
    case .preview:
      guard let network = try model.preview.value() else { throw .missingTensor(PreviewTable.weightName) }
      return .preview(network)
    case .latents: return .latents
    }
  }

  /// The ring of v̂, from the tiles to the synthesis.
  func latentRing(_ setup: DecoderSetup) -> LatentRing {
    LatentRing(setup.window.tiles, channels: tileDecoder.coder.latentWidth, threads: setup.threads)
  }

  /// Bytes of memory that the model and the networks' rings take.
  fileprivate func byteCount(_ setup: DecoderSetup) -> Int {
    memory + latentRing(setup).byteCount
      + MemoryEstimate.tiles(setup.header, tileDecoder.coder, threads: setup.threads)
      + outputByteCount(setup)
  }

  private func outputByteCount(_ setup: DecoderSetup) -> Int {
    switch output {
    case .synthesis(let network):
      network.byteCount(setup.window.grid, threads: setup.threads, stripHeight: setup.stripHeight)
    case .preview(let network):
      PreviewNetwork.Row.byteCount(network, width: setup.window.grid.latentWidth)
    case .latents: 0
    }
  }
}

extension ImageDecoder {
  /// The model that a file names.
  ///
  /// - Throws: `CodecError`: it is not at hand, or it has no such quality.
  package func model(of header: VZHeader) throws(CodecError) -> Model {
    let model = try CodecError.wrap { () throws(ModelError) in
      try models.model(id: header.modelID, memory: limits.memory)
    }
    guard Int(header.qualityPosition) <= model.lastQualityPosition else {
      throw .qualityOutOfRange(
        found: Int(header.qualityPosition), largest: model.lastQualityPosition)
    }
    return model
  }
}
