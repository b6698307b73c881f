import Synchronization
import VAEZipAlpha
import VAEZipContainer
import VAEZipEntropy
import VAEZipImage
import VAEZipInference
import VAEZipLatents
import VAEZipSupport

/// One image on its way through the encoder: its stages, the rings between them, and what they collect.
///
///     source ─▶ pixels ─▶ analysis ─▶ v ─▶ refinement ─▶ tiles ─▶ v̂ ─▶ synthesis ─▶ pixels ─▶ checksum
///       │                             │                    ▲
///       └─▶ alpha ─▶ alpha streams    └─▶ hyper-analysis ──┘ z
///
/// Each `add…` method adds one stage and connects it to those before it. All stages then run at the same
/// time, each as far as its rings allow.
final class EncodingPipeline<Source: ImageSource> {
  typealias Failure = StreamError<Source.Failure>
  typealias Stage = Pipeline<Failure>.Stage

  private let setup: EncoderSetup
  private let source: Source
  private let reconstruction: (UnsafeBufferPointer<UInt8>) -> Void
  private let pipeline = Pipeline<Failure>()

  /// The source's pixels, and the decoder's.
  private let original, decoded: RowRing
  private let alpha: AlphaRing
  private let latentRing, outputRing: LatentRing
  /// v and v̂.
  private let latent, decodedLatent: Rows
  private let hyper: TileTable<FeatureMap>

  private let tiles: Mutex<[EncodedTile]>
  private let alphaStreams: Mutex<[[UInt8]]>
  private let checksum = RunningChecksum()
  private let alphaChecksum = RunningChecksum()
  private var error = SquaredError()

  private var header: VZHeader { setup.header }
  private var grid: Grid { setup.grid }

  init(
    _ setup: EncoderSetup, source: Source,
    reconstruction: @escaping (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    self.setup = setup
    self.source = source
    self.reconstruction = reconstruction
    let (header, grid) = (setup.header, setup.grid)
    let pixelBytes = header.format.colorBytes
    original = RowRing(grid, pixelBytes: pixelBytes, bands: setup.sourceBands)
    decoded = RowRing(grid, pixelBytes: pixelBytes, bands: MemoryEstimate.pictureBands)
    alpha = AlphaRing(setup.area, bands: AlphaRing.encoderBands(setup.area))
    (latentRing, outputRing) = (setup.latentRing, setup.outputRing)
    let (latentMap, outputMap) = (latentRing.makeMap(), outputRing.makeMap())
    pipeline.keep(latentMap)
    pipeline.keep(outputMap)
    (latent, decodedLatent) = (Rows(ring: latentMap), Rows(ring: outputMap))
    hyper = TileTable(rows: header.tileRows, columns: header.tileColumns)
    tiles = Mutex(Array(repeating: EncodedTile(), count: header.tileCount))
    alphaStreams = Mutex(
      Array(repeating: [], count: header.format.hasAlpha ? header.tileCount : 0))
  }

  /// Encodes the image. To be called once.
  func run() throws(Failure) -> EncodedImage {
    let reading = addReading()
    if header.format.hasAlpha { addAlphaCoding(after: reading) }
    let analyzing = addAnalysis(after: reading)
    let preparing = addHyperAnalysis(after: analyzing)
    let refining = addRefinement(after: preparing)
    let coding = addTileCoding(after: preparing, refining)
    pipeline.makeRoom(
      latentRing.schedule, for: analyzing.last, after: coding, latentRing.tiles)
    let synthesizing = addSynthesis(after: coding)
    let checking = addChecking(after: synthesizing)

    // The last to read the source's pixels make room for new ones.
    let (ring, written) = (original.schedule, RowRing.band)
    pipeline.makeRoom(ring, for: reading, written, after: analyzing.first)
    if let errors = refining?.errors {
      pipeline.makeRoom(ring, for: reading, written, after: errors.last, errors.lastRows)
    }
    if setup.measuresError {
      pipeline.makeRoom(ring, for: reading, written, after: checking, RowRing.band)
    }
    try pipeline.run(threads: setup.threads)
    return try Failure.wrap(file)
  }

  /// Reads pixels and alpha, a band of 16 rows at a time.
  private func addReading() -> Stage {
    let invisible =
      setup.options.keepsInvisibleColor
      ? nil : InvisibleColor(width: header.width, format: header.format)
    let last = grid.latentHeight - 1
    return pipeline.add(rows: grid.latentHeight, isSerial: true, isUrgent: true) {
      [source, original, alpha, alphaChecksum] band, _, _ throws(Failure) in
      do throws(Source.Failure) {
        try original.withBand(band) { rows throws(Source.Failure) in
          try alpha.withBand(band) { alpha throws(Source.Failure) in
            try source.read(into: rows, alpha: alpha)
            invisible?.replace(in: rows, alpha: alpha)
            alphaChecksum.update(UnsafeBufferPointer(alpha))
          }
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
      alphaStreams.withLock { $0[index] = stream }
    }
    pipeline.connect(alpha.schedule, from: reading, to: coding, alpha.tiles)
  }

  /// Adds the way from pixels to v.
  private func addAnalysis(after reading: Stage) -> AnalysisNetwork.Stages<Failure> {
    let stages = setup.analysis.add(
      to: pipeline, pixels: original, latent: latent,
      gains: setup.refinement.coder.quality.forward, threads: setup.threads,
      stripHeight: setup.options.stripHeight)
    pipeline.supply(original.schedule, from: reading, RowRing.band, to: stages.first)
    return stages
  }

  /// Adds the way from v to z, tile by tile.
  private func addHyperAnalysis(after analyzing: AnalysisNetwork.Stages<Failure>) -> Stage {
    let columns = header.tileColumns
    let preparing = pipeline.add(rows: header.tileRows, units: columns, isUrgent: true) {
      [setup, hyper, latent] row, column, _ in
      hyper[row, column] = setup.refinement.analysis.hyperLatent(
        Tile(row * columns + column, header: setup.header), latent: latent)
    }
    pipeline.supply(latentRing.schedule, from: analyzing.last, to: preparing, latentRing.tiles)
    return preparing
  }

  /// - Returns: nil if the effort asks for none.
  private func addRefinement(after preparing: Stage) -> LatentRefinement.Stages<Failure>? {
    setup.refinement.add(
      to: pipeline, latent: latent, hyper: hyper, header: header, after: preparing,
      pixels: original, threads: setup.threads, stripHeight: setup.options.stripHeight)
  }

  /// Adds the way from v and z to the file's streams and v̂, tile by tile.
  private func addTileCoding(
    after preparing: Stage, _ refining: LatentRefinement.Stages<Failure>?
  ) -> Stage {
    let encoder = TileEncoder(setup)
    let (columns, header) = (header.tileColumns, header)
    let coding = pipeline.add(rows: header.tileRows, units: columns, isUrgent: true) {
      [hyper, latent, decodedLatent, self] row, column, _ throws(Failure) in
      guard let z = hyper.take(row, column) else { return }
      let index = row * columns + column
      let tile = Tile(index, header: header)
      let encoded = try Failure.wrap { () throws(CodecError) in
        try encoder.encode(
          index, tile, source: TileCoder.Source(latent: latent.at(tile.x, tile.y), hyper: z),
          output: decodedLatent)
      }
      tiles.withLock { $0[index] = encoded }
    }
    if let refining {
      pipeline.supply(latentRing.schedule, from: refining.last, to: coding, latentRing.tiles)
    } else {
      pipeline.wait(coding, for: preparing) { $0 + 1 }
    }
    return coding
  }

  /// Adds the way from v̂ to the decoder's pixels.
  private func addSynthesis(after coding: Stage) -> StackStages<Failure> {
    let stages = setup.synthesis.add(
      to: pipeline, latent: decodedLatent, gains: setup.refinement.coder.quality.inverse,
      pixels: decoded, threads: setup.threads, stripHeight: setup.options.stripHeight)
    pipeline.connect(outputRing.schedule, from: coding, outputRing.tiles, to: stages.head)
    return stages
  }

  /// Takes the checksum of the decoder's pixels, hands them out, and measures their error.
  private func addChecking(after synthesizing: StackStages<Failure>) -> Stage {
    let checking = pipeline.add(rows: grid.latentHeight, isSerial: true, isUrgent: true) {
      [decoded, original, setup, self] band, _, _ in
      decoded.withBand(band) { rows in
        checksum.update(UnsafeBufferPointer(rows))
        reconstruction(UnsafeBufferPointer(rows))
        if setup.measuresError { original.withBand(band) { error.add($0, rows) } }
      }
    }
    pipeline.connect(
      decoded.schedule, from: synthesizing.last, synthesizing.lastRows, to: checking, RowRing.band)
    return checking
  }

  /// Puts the file together.
  private func file() throws(CodecError) -> EncodedImage {
    let encoded = tiles.withLock { $0 }
    let alpha = alphaStreams.withLock { $0 }
    let streams = encoded.enumerated().map { index, tile in
      TileStreams(symbols: tile.symbols, alpha: alpha.isEmpty ? [] : alpha[index])
    }
    let contents = try CodecError.wrap { () throws(VZError) in
      try VZContents(
        header: header, chunks: try source.metadata.containerChunks(), tiles: streams,
        pixelChecksum: checksum.hash32,
        alphaChecksum: header.format.hasAlpha ? alphaChecksum.hash32 : nil)
    }
    var statistics = RateStatistics()
    for tile in encoded { statistics.add(tile.rates) }
    statistics.alphaBytes = alpha.reduce(0) { $0 + $1.count }
    let bytes = contents.serialized()
    statistics.containerBytes = bytes.count - statistics.fileBytes
    return EncodedImage(
      bytes: bytes, meanSquaredError: setup.measuresError ? error.mean : nil,
      statistics: statistics)
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
