/// How much memory an encoder or a decoder takes at most, from the expressions that allocate it.
///
/// Memory grows with an image's width and the tiles' size, hardly with its height. What no image
/// decides is `fixed`.
enum MemoryEstimate {
  /// Program, libraries, model and packed weights, in bytes: what a small image takes, measured.
  static let fixed = 64 << 20
  /// Bands of 16 rows of the picture between the synthesis and who uses it.
  static let pictureBands = 4

  /// Of all the tiles that are in work at the same time.
  static func tiles(_ header: ContainerHeader, _ coder: TileCoder, threads: Threads) -> Int {
    let size = Tile(0, header: header)
    return min(threads.count, header.tileCount)
      * coder.byteCount((width: size.width, height: size.height))
  }

  /// Of the alpha of all the tiles that are in work at the same time.
  ///
  /// - Parameter copies: of a tile's bytes: one, filtered, while it is decoded; while it is encoded
  ///   two and zstd's frame and tables, which grow with it.
  static func alpha(_ header: ContainerHeader, copies: Int, threads: Threads) -> Int {
    guard header.format.hasAlpha else { return 0 }
    let (x, y) = header.bounds(ofTile: 0)
    let tile = y.count * (x.count * header.format.alphaBytes + 1)
    return min(threads.count, header.tileCount) * (copies * tile + (1 << 20))
  }
}

extension Decoder {
  /// Bytes of memory that decoding a file takes at most, without the file itself, which `decode` is
  /// given.
  ///
  /// - Parameters:
  ///   - header: need not be that of a file that was decoded before; nothing of the image's size is
  ///     allocated.
  ///   - region: nil takes the whole image.
  /// - Throws: `CodecError`: the region is not inside, the model is not at hand, or the quality is none
  ///   of its.
  public func memoryEstimate(
    _ header: ContainerHeader, region: Region? = nil
  ) throws(CodecError) -> Int {
    let threads = Threads(threads)
    return memoryEstimate(
      header, try parts(header, region: region, threads: threads), threads: threads)
  }

  func memoryEstimate(_ header: ContainerHeader, _ parts: Parts, threads: Threads) -> Int {
    let area = parts.window.tiles
    let ring = LatentRing(
      area, channels: parts.coder.latentWidth, threads: threads)
    let grid = parts.window.grid
    return MemoryEstimate.fixed + ring.byteCount
      + MemoryEstimate.tiles(header, parts.coder, threads: threads)
      + parts.synthesis.byteCount(grid, threads: threads, stripHeight: stripHeight)
      + PixelRing.byteCount(grid, header.channels, bands: MemoryEstimate.pictureBands)
      + MemoryEstimate.alpha(header, copies: 1, threads: threads)
      + AlphaRing.byteCount(
        area,
        bands: AlphaRing.decoderBands(area, ring, blocks: parts.synthesis.blocks.blocks.count))
  }
}

extension Encoder {
  /// Bytes of memory that encoding an image row by row takes at most, without the file that comes of
  /// it, which is in memory up to three times at the end.
  ///
  /// - Parameters:
  ///   - width, height: in pixels.
  ///   - format: of the samples.
  ///   - measuresError: as `encode(from:measuresError:reconstruction:)` is told.
  /// - Throws: `CodecError`: the image is larger than the format allows, or the model's weights
  ///   cannot be made integers.
  public func memoryEstimate(
    width: Int, height: Int, format: Image.Format, measuresError: Bool = false
  ) throws(CodecError) -> Int {
    let threads = Threads(options.threads)
    let parts = try parts(width: width, height: height, format: format, threads: threads)
    let (header, refinement) = (parts.header, parts.refinement)
    let grid = Grid(width: width, height: height)
    let (rings, area) = (rings(parts, threads: threads), TileArea(header))
    let transforms =
      parts.analysis.byteCount(grid, threads: threads, stripHeight: options.stripHeight)
      + parts.synthesis.byteCount(grid, threads: threads, stripHeight: options.stripHeight)
    return MemoryEstimate.fixed + transforms + rings.latent.byteCount + rings.output.byteCount
      + refinement.byteCount(header, threads: threads, stripHeight: options.stripHeight)
      + MemoryEstimate.tiles(header, refinement.coder, threads: threads)
      + PixelRing.byteCount(grid, format.channels, bands: bands(parts, measuresError))
      + PixelRing.byteCount(grid, format.channels, bands: MemoryEstimate.pictureBands)
      + MemoryEstimate.alpha(header, copies: 16, threads: threads)
      + AlphaRing.byteCount(area, bands: AlphaRing.encoderBands(area))
  }
}
