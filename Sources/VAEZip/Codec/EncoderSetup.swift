import VAEZipAlpha
import VAEZipContainer
import VAEZipEntropy
import VAEZipImage
import VAEZipInference
import VAEZipLatents
import VAEZipModel
import VAEZipSupport

/// All that an encoder prepares before the first pixel: the header, the networks, the sizes of
/// all rings.
struct EncoderSetup: Sendable {
  let options: EncoderOptions
  let header: VZHeader
  let threads: Threads
  /// Whether the decoder's picture is compared with the source.
  let measuresError: Bool
  let analysis: AnalysisNetwork
  let synthesis: SynthesisNetwork
  let refinement: LatentRefinement
  let symbolCoders: SymbolCoderPool
  /// Bytes of the model and its weights.
  private let modelMemory: Int

  /// - Throws: `CodecError`: the image is larger than the format allows, or the model's weights cannot be
  ///   made integers.
  init(
    _ encoder: ImageEncoder, width: Int, height: Int, format: Image.Format, measuresError: Bool
  ) throws(CodecError) {
    let (model, options, position) = (encoder.model, encoder.options, encoder.qualityPosition)
    let header = try CodecError.wrap { () throws(VZError) in
      try VZHeader(
        width: width, height: height, format: format, modelID: model.id,
        qualityPosition: UInt16(position), tileSizeLog2: options.tileSize.trailingZeroBitCount)
    }
    let threads = Threads(options.threads, simulatedOrder: options.simulatedOrder)
    let tileThreads = threads.each(of: header.tileCount)
    (analysis, synthesis, refinement) = try CodecError.wrap { () throws(ModelError) in
      let effort = Effort(level: options.effort)
      try model.prepare(Model.Part.all + (effort.rounds > 0 ? [.transposedSynthesis] : []))
      let tiles = TileAnalysis(
        hyperAnalysis: try model.hyperAnalysis.value(),
        coder: try TileCoder(model: model, qualityPosition: position, threads: tileThreads))
      return (
        try model.analysis.value(), try model.synthesis.value(),
        try LatentRefinement(
          effort, model: model, qualityPosition: position, analysis: tiles)
      )
    }
    self.options = options
    self.header = header
    self.threads = threads
    self.measuresError = measuresError
    symbolCoders = SymbolCoderPool(tables: model.tables)
    modelMemory = model.memory
  }

  var grid: Grid { Grid(width: header.width, height: header.height) }
  var area: TileArea { TileArea(header) }

  /// The ring of v, from the analysis to the tile coder.
  var latentRing: LatentRing {
    let lag = refinement.lag(tileHeight: header.tileSize / 16)
    return ring(delay: refinement.rounds * lag)
  }

  /// The ring of v̂, from the tile coder to the synthesis.
  var outputRing: LatentRing { ring(delay: 0) }

  private func ring(delay: Int) -> LatentRing {
    LatentRing(area, channels: analysis.latentWidth, threads: threads, delay: delay)
  }

  /// Bands (16 rows) of source pixels in memory: a few, or several rows of tiles where refinement or
  /// the measurement of the error compares them with decoded tiles.
  var sourceBands: Int {
    guard measuresError || refinement.rounds > 0 else { return 6 }
    let tileHeight = header.tileSize / 16
    let rounds = measuresError ? refinement.rounds : refinement.rounds - 1
    let delay = rounds * refinement.lag(tileHeight: tileHeight)
    // One row of tiles is decoded while the next one is read; the transforms add their delay.
    let blocks = analysis.blocks.count + synthesis.blocks.count
    return (2 + delay) * tileHeight + blocks + 8
  }

  /// Bytes of the hyper-latents of all tiles that are in work: in a flat picture, of the whole picture.
  private var hyperBytes: Int {
    let tile = Tile(0, header: header)
    let side = { (latents: Int) in ((latents + 1) / 2 + 1) / 2 }
    return latentRing.tileRows * header.tileColumns
      * FeatureMap.byteCount(
        width: side(tile.width), height: side(tile.height), channels: refinement.coder.hyperWidth)
  }

  /// Bytes of memory that encoding takes at most; see `ImageEncoder.memoryEstimate`.
  var byteCount: Int {
    let pixelBytes = header.format.colorBytes
    let bands = [sourceBands, MemoryEstimate.pictureBands]
    let transforms =
      analysis.byteCount(grid, threads: threads, stripHeight: options.stripHeight)
      + synthesis.byteCount(grid, threads: threads, stripHeight: options.stripHeight)
      + refinement.byteCount(header, threads: threads, stripHeight: options.stripHeight)
    return MemoryEstimate.fixed + modelMemory + transforms + latentRing.byteCount + outputRing.byteCount
      + MemoryEstimate.tiles(header, refinement.coder, threads: threads) + hyperBytes
      + bands.reduce(0) { $0 + RowRing.byteCount(grid, pixelBytes: pixelBytes, bands: $1) }
      + MemoryEstimate.alpha(header, copies: 16, threads: threads)
      + AlphaRing.byteCount(area, bands: AlphaRing.encoderBands(area))
  }
}
