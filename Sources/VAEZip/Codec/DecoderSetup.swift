import VAEZipAlpha
import VAEZipContainer
import VAEZipEntropy
import VAEZipImage
import VAEZipInference
import VAEZipLatents
import VAEZipModel
import VAEZipSupport

/// All that a decoder prepares before the first tile: the part of the image, the networks, the
/// sizes of all rings.
struct DecoderSetup: Sendable {
  let header: VZHeader
  /// Whether it is a region of the image.
  let isRegion: Bool
  let window: DecodingWindow
  let threads: Threads
  let stripHeight: Int?
  let tileDecoder: TileDecoder
  let synthesis: SynthesisNetwork
  /// Bytes of the model and its weights.
  private let modelMemory: Int

  /// - Parameter region: nil takes the whole image.
  /// - Throws: `CodecError`: the region is outside, or the model is missing or lacks the file's quality.
  init(
    _ decoder: ImageDecoder, _ header: VZHeader, region: Region?
  ) throws(CodecError) {
    let (width, height) = (header.width, header.height)
    isRegion = region != nil
    let region = region ?? Region(x: 0, y: 0, width: width, height: height)
    guard region.isInside(width: width, height: height) else {
      throw .regionOutside(region, width: width, height: height)
    }
    let model = try decoder.model(of: header)
    let threads = Threads(decoder.threads, simulatedOrder: decoder.simulatedOrder)
    let window = DecodingWindow(region, of: header, blocks: model.network.synthesisBlocks)
    let tileThreads = threads.each(of: window.tiles.count)
    let coder: TileCoder
    (coder, synthesis) = try CodecError.wrap { () throws(ModelError) in
      try model.prepare(Model.Part.ofDecoders)
      return (
        try TileCoder(
          model: model, qualityPosition: Int(header.qualityPosition), threads: tileThreads),
        try model.synthesis.value()
      )
    }
    self.header = header
    self.threads = threads
    self.window = window
    modelMemory = model.memory
    stripHeight = decoder.stripHeight
    tileDecoder = TileDecoder(
      coder: coder, symbolCoders: SymbolCoderPool(tables: model.tables))
  }

  /// The ring of v̂, from the tiles to the synthesis.
  var latentRing: LatentRing {
    LatentRing(window.tiles, channels: tileDecoder.coder.latentWidth, threads: threads)
  }

  /// Bands (16 rows) of alpha in memory.
  var alphaBands: Int {
    AlphaRing.decoderBands(window.tiles, latentRing, blocks: synthesis.blocks.count)
  }

  /// Bytes of memory that decoding takes at most; see `ImageDecoder.memoryEstimate`.
  var byteCount: Int {
    MemoryEstimate.fixed + modelMemory + VZFile.indexMemory(header) + latentRing.byteCount
      + MemoryEstimate.tiles(header, tileDecoder.coder, threads: threads)
      + synthesis.byteCount(window.grid, threads: threads, stripHeight: stripHeight)
      + RowRing.byteCount(
        window.grid, pixelBytes: header.format.colorBytes, bands: MemoryEstimate.pictureBands)
      + MemoryEstimate.alpha(header, copies: 1, threads: threads)
      + AlphaRing.byteCount(window.tiles, bands: alphaBands)
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
