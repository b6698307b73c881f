import VAEZip
import VAEZipAlpha
import VAEZipContainer
import VAEZipEntropy
import VAEZipExact
import VAEZipInference
import VAEZipLatents
import VAEZipModel
import VAEZipSupport

/// Gives the latents of .vz files and of pictures, and their rates. It runs neither the synthesis nor, for pictures,
/// the entropy coder.
///
/// ```swift
/// let reader = LatentReader()
/// let latents = try reader.latents(of: bytes)        // of a .vz file
/// print(latents.latents().values.count, latents.bits.values.max() ?? 0)
/// let others = try reader.latents(of: image, model: Model.builtIn(), quality: 60)
/// ```
public struct LatentReader: Sendable {
  /// The models that files may ask for.
  public let models: ModelLibrary
  /// Threads to use; 0 takes all cores. The result does not depend on it.
  public let threads: Int
  /// What a file or a picture may ask for.
  public let limits: VZFile.Limits

  /// A reader; see the properties of the same names.
  public init(
    models: ModelLibrary = ModelLibrary(), threads: Int = 0, limits: VZFile.Limits = .default
  ) {
    self.models = models
    self.threads = threads
    self.limits = limits
  }

  /// The latents of a .vz file. The checksums of the file and its tiles are compared; that of the decoded pixels
  /// is not.
  ///
  /// - Parameter bytes: a .vz file.
  /// - Throws: `FeatureError.codec` if the file is damaged or its model is not at hand, `.noLatents` if all of its
  ///   pixels are exact, `.memory`.
  public func latents(of bytes: [UInt8]) throws(FeatureError) -> PictureLatents {
    let (file, setup) = try FeatureError.wrap { () throws(CodecError) in
      let file = try CodecError.wrap { () throws(VZError) in
        let file = try VZFile(parsing: bytes, limits: limits)
        for tile in file.tiles.indices { try file.verify(tile: tile, in: bytes) }
        try file.verifyEnd(of: bytes)
        return file
      }
      guard file.header.needsModel else { return (file, LatentSetup?.none) }
      let model = try ImageDecoder(models: models, limits: limits).model(of: file.header)
      return (file, try LatentSetup(model, file.header, threads: threads))
    }
    guard let setup else { throw .noLatents }
    try setup.check(limits, copies: 1)
    let map = setup.makeMap()
    let symbolCoders = SymbolCoderPool(tables: setup.model.tables)
    let tiles = try FeatureError.wrap { () throws(CodecError) in
      try Threads(threads).map(file.header.tileCount) { index throws(CodecError) in
        do throws(CodecError) {
          return try decode(index, file, bytes, setup, symbolCoders, output: map)
        } catch {
          throw error.located(in: file)
        }
      }
    }
    return setup.picture(tiles, quantized: map, unquantized: nil)
  }

  /// Decodes the symbols of a tile.
  private func decode(
    _ index: Int, _ file: VZFile, _ bytes: [UInt8], _ setup: LatentSetup, _ coders: SymbolCoderPool,
    output: FeatureMap
  ) throws(CodecError) -> TileFeatures {
    let header = file.header
    let tile = Tile(index, header: header)
    let streams = try CodecError.wrap { () throws(VZError) in try file.streams(ofTile: index, in: bytes) }
    var exact: ExactMask?
    if let first = streams.exact.first {
      guard !ExactCoder.isWithoutLatents(first) else {
        Rows(all: View(output)).clear(tile, channels: setup.coder.latentWidth)
        return TileFeatures(tile: tile, rates: nil, exact: nil)
      }
      let (x, y) = header.bounds(ofTile: index)
      exact = ExactCoder(
        width: x.count, height: y.count, samples: Int(header.channels.rawValue),
        sampleBytes: (header.exactDepth ?? .eight).bytes
      ).exactMask(streams.exact)
    }
    let symbolCoder = try CodecError.wrap(.hyper, ofTile: index, coders.take)
    var rates = TileRates(tile)
    try setup.coder.run(
      tile, source: nil, output: Rows(all: View(output))
    ) { stream, scaleIndexes, _ throws(CodecError) in
      let symbols = try CodecError.wrap(stream, ofTile: index) { () throws(EntropyError) in
        try symbolCoder.decode(streams.symbols[stream], scaleIndexes: scaleIndexes)
      }
      setup.add(stream, symbols, scaleIndexes, to: &rates)
      return symbols
    }
    coders.giveBack(symbolCoder)
    return TileFeatures(tile: tile, rates: rates, exact: exact)
  }
}

extension LatentReader {
  /// The latents of a picture: those of the .vz file that an encoder of this quality and effort makes of it
  /// without exact pixels.
  ///
  /// - Parameters:
  ///   - image: of any kind. Color of 16 bits is rounded to 8, and the color of fully transparent pixels is
  ///     replaced as by an encoder.
  ///   - quality: 0…100; a higher one has finer quantization steps.
  ///   - effort: 1…9. At 1, latents are rounded and nothing is coded: it is fastest, and the only effort that also
  ///     gives the latents before quantization. Others choose symbols as an encoder does, which changes the rates:
  ///     compare a picture with files of the same effort.
  /// - Throws: `FeatureError`: an argument is out of range, the model's weights cannot be made integers, or
  ///   memory is short.
  public func latents(
    of image: Image, model: Model, quality: Int, effort: Int = 1
  ) throws(FeatureError) -> PictureLatents {
    guard 0...100 ~= quality else {
      throw .outOfRange(name: "quality", expected: "0…100", found: "\(quality)")
    }
    return try latents(
      of: image, model: model, qualityPosition: model.qualityPositions[quality], effort: effort)
  }

  /// The latents of a picture; see `latents(of:model:quality:effort:)`.
  ///
  /// - Parameter qualityPosition: between the model's quality levels, in 1/256 level.
  public func latents(
    of image: Image, model: Model, qualityPosition: Int, effort: Int = 1
  ) throws(FeatureError) -> PictureLatents {
    guard 0...model.lastQualityPosition ~= qualityPosition else {
      throw .outOfRange(
        name: "quality position", expected: "0…\(model.lastQualityPosition)", found: "\(qualityPosition)")
    }
    guard effort != 1 else {
      return try rounded(image, model: model, qualityPosition: qualityPosition)
    }
    let bytes = try FeatureError.wrap { () throws(CodecError) in
      let options = EncoderOptions(
        qualityPosition: qualityPosition, threads: threads, effort: effort, choosesExactPixels: false)
      return try ImageEncoder(model: model, options: options).encode(image.withoutExtras).bytes
    }
    return try LatentReader(models: ModelLibrary([model]), threads: threads, limits: limits)
      .latents(of: bytes)
  }

  /// The latents of a picture, rounded.
  private func rounded(
    _ image: Image, model: Model, qualityPosition: Int
  ) throws(FeatureError) -> PictureLatents {
    let setup = try FeatureError.wrap { () throws(CodecError) in
      let header = try CodecError.wrap { () throws(VZError) in
        try VZHeader(
          width: image.width, height: image.height, format: Image.Format(channels: image.channels),
          modelID: model.id, qualityPosition: UInt16(qualityPosition),
          tileSizeLog2: EncoderOptions().tileSize(width: image.width, height: image.height)
            .trailingZeroBitCount)
      }
      return try LatentSetup(model, header, threads: threads)
    }
    try setup.check(limits, copies: 2)
    let latent = try FeatureError.wrap { () throws(CodecError) in
      try CodecError.wrap { () throws(ModelError) in try analyzed(image, setup) }
    }
    let tiles = try FeatureError.wrap { () throws(CodecError) in
      try CodecError.wrap { () throws(ModelError) in try coded(latent, setup) }
    }
    return setup.picture(tiles.features, quantized: tiles.output, unquantized: latent)
  }

  /// v of a picture.
  private func analyzed(_ image: Image, _ setup: LatentSetup) throws(ModelError) -> FeatureMap {
    let grid = Grid(width: image.width, height: image.height)
    let ring = RowRing(grid, pixelBytes: Int(image.channels.rawValue), bands: grid.latentHeight)
    var pixels = image.color.pixels
    if image.format.hasAlpha, var alpha = image.alpha {
      let format = Image.Format(channels: image.channels, hasAlpha: true, depth: image.depth)
      pixels.withUnsafeMutableBufferPointer { pixels in
        alpha.withUnsafeMutableBufferPointer { alpha in
          InvisibleColor(width: image.width, format: format).replace(in: pixels, alpha: alpha)
        }
      }
    }
    for band in 0..<grid.latentHeight {
      let start = 16 * band * ring.rowBytes
      ring.withBand(band) { rows in
        _ = rows.update(fromContentsOf: pixels[start..<start + rows.count])
      }
      ring.padBand(band)
    }
    let map = setup.makeMap()
    let pipeline = Pipeline<Never>()
    pipeline.keep(ring)
    _ = try setup.model.analysis.value().add(
      to: pipeline, pixels: ring, latent: Rows(all: View(map)), gains: setup.coder.quality.forward,
      threads: Threads(threads), stripHeight: nil)
    pipeline.run(threads: Threads(threads))
    return map
  }

  /// v̂ of v, rounded, and its rates.
  private func coded(
    _ latent: FeatureMap, _ setup: LatentSetup
  ) throws(ModelError) -> (features: [TileFeatures], output: FeatureMap) {
    let analysis = TileAnalysis(
      hyperAnalysis: try setup.model.hyperAnalysis.value(), coder: setup.coder)
    let output = setup.makeMap()
    let features = Threads(threads).map(setup.header.tileCount) { index -> TileFeatures in
      let tile = Tile(index, header: setup.header)
      let rows = Rows(all: View(latent))
      let source = TileCoder.Source(
        latent: rows.at(tile.x, tile.y), hyper: analysis.hyperLatent(tile, latent: rows))
      var rates = TileRates(tile)
      setup.coder.run(tile, source: source, output: Rows(all: View(output))) {
        stream, scaleIndexes, symbols in
        setup.add(stream, symbols, scaleIndexes, to: &rates)
        return symbols
      }
      return TileFeatures(tile: tile, rates: rates, exact: nil)
    }
    return (features, output)
  }
}

extension Image {
  /// With color of 8 bits and without metadata.
  fileprivate var withoutExtras: Image {
    Image(
      width: width, height: height, channels: channels, pixels: color.pixels, depth: depth, alpha: alpha)
  }
}
