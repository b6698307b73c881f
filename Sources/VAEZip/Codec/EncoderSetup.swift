import VAEZipAlpha
import VAEZipContainer
import VAEZipEntropy
import VAEZipExact
import VAEZipImage
import VAEZipInference
import VAEZipLatents
import VAEZipModel
import VAEZipSupport

/// All that an encoder prepares before the first pixel: the header, the networks, the sizes of
/// all rings.
struct EncoderSetup: Sendable {
  /// What makes latents of pixels, and a picture of latents.
  struct Network: Sendable {
    let analysis: AnalysisNetwork
    let synthesis: SynthesisNetwork
    let refinement: LatentRefinement
    let symbolCoders: SymbolCoderPool
    /// Chooses the exact pixels; nil if there are none.
    let choice: ExactChoice?
    /// Bytes of the model and its weights.
    let memory: Int

    var coder: TileCoder { refinement.coder }
  }

  let options: EncoderOptions
  /// As if no tile were exact, unless all are.
  let header: VZHeader
  let threads: Threads
  /// Whether the decoder's picture is compared with the source.
  let measuresError: Bool
  /// Whether the decoder's picture is made.
  let makesPicture: Bool
  /// Nil if all pixels are exact.
  let network: Network?

  /// - Throws: `CodecError`: the image is larger than the format allows, or the model's weights cannot be
  ///   made integers.
  init(
    _ encoder: ImageEncoder, width: Int, height: Int, format: Image.Format, measuresError: Bool,
    handsOutPicture: Bool = false
  ) throws(CodecError) {
    let (model, options) = (encoder.model, encoder.options)
    let isLossless = options.isLossless
    guard isLossless || format.colorDepth == .eight else {
      throw .invalidOption(
        name: "color depth", expected: "8 bits for lossy coding", found: "\(format.colorDepth.rawValue)")
    }
    let position = isLossless ? 0 : encoder.qualityPosition
    let tileSize = options.tileSize(width: width, height: height)
    header = try CodecError.wrap { () throws(VZError) in
      try VZHeader(
        width: width, height: height, format: format,
        modelID: isLossless ? VZHeader.noModel : model.id, qualityPosition: UInt16(position),
        tileSizeLog2: tileSize.trailingZeroBitCount,
        exactDepth: isLossless ? format.colorDepth : nil)
    }
    threads = Threads(options.threads, simulatedOrder: options.simulatedOrder)
    self.options = options
    self.measuresError = measuresError
    makesPicture = measuresError || handsOutPicture
    let tileThreads = threads.each(of: header.tileCount)
    network =
      isLossless
      ? nil
      : try CodecError.wrap { () throws(ModelError) in
        try Network(
          model, options, qualityPosition: position, channels: format.channels, threads: tileThreads)
      }
  }

  var grid: Grid { Grid(width: header.width, height: header.height) }
  var area: TileArea { TileArea(header) }

  /// Bytes of a pixel of the source.
  var pixelBytes: Int { Int(header.channels.rawValue) * (header.exactDepth ?? .eight).bytes }

  /// Rows of tiles by which the coding of a tile lags the choice of exact pixels: a tile without latents must
  /// know that no pixel around it needs them.
  var choiceLag: Int {
    guard let network, network.choice != nil else { return 0 }
    return (reach + header.tileSize - 1) / header.tileSize
  }

  /// How far a pixel may be from the latents on which it depends, in pixels.
  var reach: Int { 8 * (network?.synthesis.blocks.count ?? 0) }

  /// Rows of tiles by which coding lags the analysis.
  private var codingLag: Int {
    let lag = network?.refinement.lag(tileHeight: header.tileSize / 16) ?? 0
    return choiceLag + (network?.refinement.rounds ?? 0) * lag
  }

  /// Whether the symbols of the file are judged by their pixels.
  var settlesTiles: Bool { (network?.refinement.rounds ?? 0) > 0 }

  /// Rows of tiles by which the last decision on a tile lags its coding.
  private var settlingLag: Int {
    settlesTiles ? (reach + header.tileSize - 1) / header.tileSize : 0
  }

  /// The ring of v, from the analysis to the tile coder, or to the last decision on a tile.
  func latentRing(_ network: Network) -> LatentRing { ring(network, delay: codingLag + settlingLag) }

  /// The ring of v̂, from the tile coder to the synthesis.
  func outputRing(_ network: Network) -> LatentRing { ring(network, delay: settlingLag) }

  private func ring(_ network: Network, delay: Int) -> LatentRing {
    LatentRing(area, channels: network.analysis.latentWidth, threads: threads, delay: delay)
  }

  /// Bands (16 rows) of source pixels in memory: a few, or several rows of tiles where tiles are coded without
  /// loss, or where refinement or the measurement of the error compares them with decoded tiles.
  var sourceBands: Int {
    let tileHeight = header.tileSize / 16
    guard let network else {
      return (1 + LatentRing.tileRows(area, threads: threads)) * tileHeight
    }
    let rounds = network.refinement.rounds
    guard makesPicture || rounds > 0 || network.choice != nil else { return 6 }
    // One row of tiles is decoded while the next one is read; the transforms add their delay.
    let blocks = network.analysis.blocks.count + network.synthesis.blocks.count
    let delay =
      makesPicture ? codingLag + 2 * settlingLag : rounds > 0 ? codingLag + settlingLag : 0
    return (2 + delay) * tileHeight + blocks + 8
  }

  /// Bands of which it is known which pixels are exact: those of all tiles that have latents or pixels in memory, and
  /// one row of tiles above and below.
  var exactBands: Int {
    guard let network, network.choice != nil else { return 0 }
    let tileHeight = header.tileSize / 16
    return max(latentRing(network).tileRows * tileHeight, sourceBands) + 2 * tileHeight
  }

  /// Bytes of memory that encoding takes at most; see `ImageEncoder.memoryEstimate`.
  var byteCount: Int {
    let depth = network == nil ? header.exactDepth : network?.choice == nil ? nil : .eight
    let decoded = makesPicture && network != nil ? MemoryEstimate.pictureBands : 0
    let bands = [sourceBands, decoded]
    return MemoryEstimate.fixed + (network?.byteCount(self) ?? 0)
      + bands.reduce(0) { $0 + RowRing.byteCount(grid, pixelBytes: pixelBytes, bands: $1) }
      + MemoryEstimate.exact(header, depth: depth, copies: 24, threads: threads)
      + ExactPlane.byteCount(width: header.width, height: header.height, bands: exactBands)
      + MemoryEstimate.alpha(header, copies: 16, threads: threads)
      + AlphaRing.byteCount(area, bands: AlphaRing.encoderBands(area))
  }
}

extension EncoderSetup.Network {
  fileprivate init(
    _ model: Model, _ options: EncoderOptions, qualityPosition: Int, channels: Image.Channels,
    threads: Threads
  ) throws(ModelError) {
    let effort = Effort(level: options.effort)
    try model.prepare(Model.Part.all + (effort.movesLatents ? [.transposedSynthesis] : []))
    let tiles = TileAnalysis(
      hyperAnalysis: try model.hyperAnalysis.value(),
      coder: try TileCoder(model: model, qualityPosition: qualityPosition, threads: threads))
    analysis = try model.analysis.value()
    synthesis = try model.synthesis.value()
    refinement = try LatentRefinement(
      effort, model: model, qualityPosition: qualityPosition, channels: channels, analysis: tiles)
    symbolCoders = SymbolCoderPool(tables: model.tables)
    memory = model.memory
    let trial = NetworkTrial(
      coder: refinement.coder, quantizer: refinement.finalQuantizer, costs: refinement.costs,
      synthesis: synthesis, cost: refinement.cost)
    choice =
      options.choosesExactBlocks
      ? ExactChoice(
        trial: trial, analysis: FilledAnalysis(analysis: analysis, tiles: tiles),
        effort: ExactEffort(options.effort)) : nil
  }

  /// Bytes of memory that the model and the networks' rings take.
  fileprivate func byteCount(_ setup: EncoderSetup) -> Int {
    let (threads, stripHeight) = (setup.threads, setup.options.stripHeight)
    let tiles = min(threads.count, setup.header.tileCount)
    var sum = memory + analysis.byteCount(setup.grid, threads: threads, stripHeight: stripHeight)
    sum += refinement.byteCount(setup.header, threads: threads, stripHeight: stripHeight)
    sum += setup.latentRing(self).byteCount + hyperBytes(setup)
    sum += MemoryEstimate.tiles(setup.header, coder, threads: threads)
    if let choice {
      let filling = choice.analysis.byteCount(setup.header, pixelBytes: setup.pixelBytes)
      sum += (choice.trial.byteCount(setup.header) + filling) * tiles
    }
    sum += setup.outputRing(self).byteCount
    let syntheses = (setup.makesPicture ? 1 : 0) + (setup.settlesTiles ? 1 : 0)
    sum += syntheses * synthesis.byteCount(setup.grid, threads: threads, stripHeight: stripHeight)
    if setup.settlesTiles {
      sum += CellErrors.byteCount(setup.grid, rows: 2 * setup.outputRing(self).schedule.capacity)
    }
    return sum
  }

  /// Bytes of the hyper-latents of all tiles that are in work: in a flat picture, of the whole picture.
  private func hyperBytes(_ setup: EncoderSetup) -> Int {
    let tile = Tile(0, header: setup.header)
    let side = { (latents: Int) in ((latents + 1) / 2 + 1) / 2 }
    return setup.latentRing(self).tileRows * setup.header.tileColumns
      * FeatureMap.byteCount(
        width: side(tile.width), height: side(tile.height), channels: coder.hyperWidth)
  }
}
