import VAEZipAlpha
import VAEZipContainer
import VAEZipEntropy
import VAEZipExact
import VAEZipImage
import VAEZipInference
import VAEZipLatents
import VAEZipSupport

/// One image on its way through the encoder: its stages, the rings between them, and what they collect.
///
///     source ─▶ pixels ─▶ analysis ─▶ v ─▶ refinement ─▶ tiles ─▶ v̂ ─▶ synthesis ─▶ pixels
///       │         │                   │        ▲           ▲
///       │         │                   └─▶ hyper-analysis ──┤ z
///       │         └─▶ choice of exact pixels, their streams┘
///       └─▶ alpha ─▶ alpha streams
///
/// Each `add…` method adds one stage and connects it to those before it. All stages then run at the same
/// time, each as far as its rings allow. The synthesis runs only for a caller that wants the decoder's picture.
/// Of an image that is coded without loss, only pixels and alpha take part.
final class EncodingPipeline<Source: ImageSource> {
  typealias Failure = StreamError<Source.Failure>
  typealias Stage = Pipeline<Failure>.Stage

  /// Latents on their way, of an image that has some.
  struct Latents {
    let network: EncoderSetup.Network
    let latentRing, outputRing: LatentRing
    /// v and v̂.
    let latent, decodedLatent: Rows
    let hyper: TileTable<FeatureMap>

    var channels: Int { network.coder.latentWidth }
  }

  let setup: EncoderSetup
  let source: Source
  /// Gets the decoder's picture; nil if nobody wants it.
  let reconstruction: ((UnsafeBufferPointer<UInt8>) -> Void)?
  let pipeline = Pipeline<Failure>()

  /// The source's pixels.
  let original: RowRing
  let alpha: AlphaRing
  let latents: Latents?
  /// The exact pixels that have been chosen.
  let exactPlane: ExactPlane
  private let tiles: Guarded<[EncodedTile]>
  private let error = Guarded(SquaredError())

  var header: VZHeader { setup.header }
  var grid: Grid { setup.grid }

  init(
    _ setup: EncoderSetup, source: Source,
    reconstruction: ((UnsafeBufferPointer<UInt8>) -> Void)?
  ) {
    self.setup = setup
    self.source = source
    self.reconstruction = reconstruction
    let (header, grid) = (setup.header, setup.grid)
    original = RowRing(grid, pixelBytes: setup.pixelBytes, bands: setup.sourceBands)
    alpha = AlphaRing(setup.area, bands: AlphaRing.encoderBands(setup.area))
    exactPlane = ExactPlane(width: header.width, height: header.height, bands: setup.exactBands)
    tiles = Guarded(Array(repeating: EncodedTile(), count: header.tileCount))
    if let network = setup.network {
      let (latentRing, outputRing) = (setup.latentRing(network), setup.outputRing(network))
      let (latentMap, outputMap) = (latentRing.makeMap(), outputRing.makeMap())
      pipeline.keep(latentMap)
      pipeline.keep(outputMap)
      latents = Latents(
        network: network, latentRing: latentRing, outputRing: outputRing,
        latent: Rows(ring: latentMap), decodedLatent: Rows(ring: outputMap),
        hyper: TileTable(rows: header.tileRows, columns: header.tileColumns))
    } else {
      latents = nil
    }
  }

  /// Encodes the image. To be called once.
  func run() throws(Failure) -> EncodedImage {
    let reading = addReading()
    if header.format.hasAlpha { addAlphaCoding(after: reading) }
    if let latents {
      addNetwork(latents, after: reading)
    } else {
      addLosslessCoding(after: reading)
    }
    try pipeline.run(threads: setup.threads)
    return try Failure.wrap(file)
  }

  /// Changes what is known of a tile.
  func update(_ index: Int, _ change: (inout EncodedTile) -> Void) {
    tiles.withLock { change(&$0[index]) }
  }

  /// The exact pixels of a tile, once they have been chosen.
  func exact(_ index: Int) -> EncodedExact? { tiles.withLock { $0[index].exact } }

  /// Hands out rows of the decoder's picture, and measures their error.
  func check(band: Int, _ rows: UnsafeMutableBufferPointer<UInt8>) {
    reconstruction?(UnsafeBufferPointer(rows))
    if setup.measuresError {
      original.withBand(band) { source in error.withLock { $0.add(source, rows) } }
    }
  }

  // MARK: Source

  /// Reads pixels and alpha, a band of 16 rows at a time.
  private func addReading() -> Stage {
    let keepsInvisible = setup.options.keepsInvisibleColor || setup.options.isLossless
    let invisible =
      keepsInvisible ? nil : InvisibleColor(width: header.width, format: header.format)
    let last = grid.latentHeight - 1
    return pipeline.add(rows: grid.latentHeight, isSerial: true, isUrgent: true) {
      [source, original, alpha, self] band, _, _ throws(Failure) in
      do throws(Source.Failure) {
        try original.withBand(band) { rows throws(Source.Failure) in
          try alpha.withBand(band) { alpha throws(Source.Failure) in
            try source.read(into: rows, alpha: alpha)
            invisible?.replace(in: rows, alpha: alpha)
          }
          // Without loss, the picture is the source.
          if latents == nil { check(band: band, rows) }
        }
        if band == last { try source.finish() }
      } catch {
        throw .stream(error)
      }
      original.padBand(band)
    }
  }

  private func addAlphaCoding(after reading: Stage) {
    let columns = header.tileColumns
    let level = Effort.zstdLevel(setup.options.effort)
    let coding = pipeline.add(rows: header.tileRows, units: columns, isUrgent: true) {
      [alpha, self] row, column, _ throws(Failure) in
      let index = row * columns + column
      let stream = try Failure.wrap { () throws(CodecError) in
        try CodecError.wrap(alphaOf: index) { () throws(EntropyError) in
          try alpha.encode(tile: index, level: level)
        }
      }
      update(index) {
        $0.alpha = stream
        $0.hashes.alpha = alpha.hash(tile: index)
      }
    }
    pipeline.connect(alpha.schedule, from: reading, to: coding, alpha.tiles)
  }

  /// A row of tiles as rows of the ring of source pixels, which has two for each latent.
  var tilePixels: RingRows { RingRows(step: header.tileSize / 8) }

  /// Adds the way from pixels to exact streams of whole tiles.
  private func addLosslessCoding(after reading: Stage) {
    let columns = header.tileColumns
    let effort = ExactEffort(setup.options.effort)
    let coding = pipeline.add(rows: header.tileRows, units: columns, isUrgent: true) {
      [header, original, self] row, column, _ throws(Failure) in
      let index = row * columns + column
      let region = header.region(ofTile: index)
      let mask = ExactMask(width: region.width, height: region.height, isExact: true)
      let exact = try Failure.wrap { () throws(CodecError) in
        try CodecError.wrap(exactOf: index) { () throws(EntropyError) in
          try ExactChoice.encode(index, mask, header: header, original: original, effort)
        }
      }
      update(index) { $0.set(exact, hasLatents: false) }
    }
    pipeline.connect(original.schedule, from: reading, RowRing.band, to: coding, tilePixels)
  }

  // MARK: File

  /// Puts the file together.
  private func file() throws(CodecError) -> EncodedImage {
    let encoded = tiles.withLock { $0 }
    let contents = try CodecError.wrap { () throws(VZError) in
      try VZContents(
        header: finalHeader(encoded), chunks: try source.metadata.containerChunks(),
        tiles: encoded.map(\.streams),
        trailer: .content(TileHashes.checksum(encoded.map(\.hashes))))
    }
    var statistics = RateStatistics()
    for tile in encoded { statistics.add(tile) }
    let bytes = contents.serialized()
    statistics.containerBytes = bytes.count - statistics.fileBytes
    return EncodedImage(
      bytes: bytes, meanSquaredError: setup.measuresError ? error.withLock { $0.mean } : nil,
      statistics: statistics)
  }

  /// The header, now that it is known which tiles are exact.
  private func finalHeader(_ tiles: [EncodedTile]) throws(VZError) -> VZHeader {
    guard latents != nil, tiles.contains(where: { $0.exact != nil }) else { return header }
    let needsModel = tiles.contains(where: \.hasLatents)
    return try VZHeader(
      width: header.width, height: header.height, format: header.format,
      modelID: needsModel ? header.modelID : VZHeader.noModel,
      qualityPosition: needsModel ? header.qualityPosition : 0, tileSizeLog2: header.tileSizeLog2,
      exactDepth: .eight)
  }
}

/// A running sum of squared differences of samples.
private struct SquaredError {
  private var sum: UInt64 = 0
  private var count = 0

  var mean: Double { Double(sum) / Double(max(count, 1)) }

  mutating func add(
    _ a: UnsafeMutableBufferPointer<UInt8>, _ b: UnsafeMutableBufferPointer<UInt8>
  ) {
    // 4096 samples at a time: their sum fits 32 bits, and the loop becomes vector code.
    var start = 0
    while start < a.count {
      let end = min(start + 4096, a.count)
      var part: UInt32 = 0
      for index in start..<end {
        let difference = Int32(a[index]) - Int32(b[index])
        part &+= UInt32(truncatingIfNeeded: difference &* difference)
      }
      sum += UInt64(part)
      start = end
    }
    count += a.count
  }
}
