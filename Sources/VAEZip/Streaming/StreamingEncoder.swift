import Synchronization

/// An image that was encoded row by row.
public struct EncodedFile: Sendable {
  /// The .vz file.
  public let bytes: [UInt8]
  public let statistics: RateStatistics
  /// Of the picture that a decoder will make of it, on the scale 0…255, if asked for.
  public let meanSquaredError: Double?
}

extension Encoder {
  /// Encodes an image that comes row by row. Reading, transforms and entropy coding happen at the
  /// same time, as many threads permitting, and no more of the image than some tiles' height is in
  /// memory.
  ///
  /// - Parameters:
  ///   - measuresError: whether to compare the decoder's picture with the source, or with what was
  ///     put in the place of invisible colour.
  ///   - reconstruction: gets the rows of the picture that a decoder will make of the file, in
  ///     order, as `Image.pixels` has them; alpha stays as it is.
  /// - Throws: what the source throws, or as `encode(_:)`.
  public func encode<Source: ImageSource>(
    from source: Source, measuresError: Bool = false,
    reconstruction: @escaping (UnsafeBufferPointer<UInt8>) -> Void = { _ in }
  ) throws(StreamError<Source.Failure>) -> EncodedFile {
    let (width, height, format) = (source.width, source.height, source.format)
    let threads = Threads(options.threads, simulatedOrder: options.simulatedOrder)
    typealias Failure = StreamError<Source.Failure>
    let parts = try Failure.wrap { () throws(CodecError) in
      try self.parts(width: width, height: height, format: format, threads: threads)
    }
    let (header, refinement) = (parts.header, parts.refinement)

    let grid = Grid(width: width, height: height)
    let (latentRing, outputRing) = rings(parts, threads: threads)
    let original = PixelRing(grid, format.channels, bands: bands(parts, measuresError))
    let decoded = PixelRing(grid, format.channels, bands: MemoryEstimate.pictureBands)
    let area = TileArea(header)
    let alpha = AlphaRing(area, bands: AlphaRing.encoderBands(area))
    let alphaChecksum = RunningChecksum()
    let invisible =
      options.keepsInvisibleColour ? nil : InvisibleColour(width: width, format: format)
    let pipeline = Pipeline<Failure>()

    let reading = pipeline.add(rows: grid.latentHeight, isSerial: true, isUrgent: true) {
      band, _, _ throws(Failure) in
      do throws(Source.Failure) {
        try original.withBand(band) { rows throws(Source.Failure) in
          try alpha.withBand(band) { alpha throws(Source.Failure) in
            try source.read(into: rows, alpha: alpha)
            invisible?.replace(in: rows, alpha: alpha)
            alphaChecksum.update(UnsafeBufferPointer(alpha))
          }
        }
        if band == grid.latentHeight - 1 { try source.finish() }
      } catch {
        throw .stream(error)
      }
      original.padBand(band)
    }

    let alphaStreams = Mutex([[UInt8]](repeating: [], count: format.hasAlpha ? header.tileCount : 0))
    if format.hasAlpha {
      let coding = pipeline.add(
        rows: header.tileRows, units: header.tileColumns, isUrgent: true
      ) { row, column, _ throws(Failure) in
        let index = row * header.tileColumns + column
        let stream = try Failure.wrap { () throws(CodecError) in
          try CodecError.wrap(alphaOf: index) { () throws(EntropyError) in
            try alpha.encode(tile: index, level: Effort.zstdLevel(options.effort))
          }
        }
        alphaStreams.withLock { $0[index] = stream }
      }
      alpha.connect(pipeline, from: reading, toTiles: coding)
    }

    let (latent, output) = (latentRing.makeMap(), outputRing.makeMap())
    pipeline.keep(latent)
    pipeline.keep(output)
    let (v, decodedLatent) = (Rows(ring: latent), Rows(ring: output))
    let analyzing = parts.analysis.add(
      to: pipeline, pixels: original, latent: v, gains: refinement.coder.quality.forward,
      threads: threads, stripHeight: options.stripHeight)
    pipeline.wait(analyzing.first, for: reading) { $0 / 2 + 1 }

    let hyper = TileTable<FeatureMap>(rows: header.tileRows, columns: header.tileColumns)
    let preparing = pipeline.add(
      rows: header.tileRows, units: header.tileColumns, isUrgent: true
    ) { row, column, _ in
      hyper[row, column] = refinement.analysis.hyperLatent(
        Tile(row * header.tileColumns + column, header: header), latent: v)
    }
    latentRing.wait(pipeline, tiles: preparing, forRows: analyzing.last)
    let refining = refinement.add(
      to: pipeline, latent: v, hyper: hyper, header: header, after: preparing, pixels: original,
      threads: threads, stripHeight: options.stripHeight)

    let tiles = Mutex([EncodedTile](repeating: EncodedTile(), count: header.tileCount))
    let coding = pipeline.add(
      rows: header.tileRows, units: header.tileColumns, isUrgent: true
    ) { row, column, _ throws(Failure) in
      guard let z = hyper.take(row, column) else { return }
      let index = row * header.tileColumns + column
      let tile = Tile(index, header: header)
      let encoded = try Failure.wrap { () throws(CodecError) in
        try encodeTile(
          index, tile, source: TileCoder.Source(latent: v.at(tile.x, tile.y), hyper: z),
          refinement: refinement, output: decodedLatent)
      }
      tiles.withLock { $0[index] = encoded }
    }
    if let refining {
      latentRing.wait(pipeline, tiles: coding, forRows: refining.last)
    } else {
      pipeline.wait(coding, for: preparing) { $0 + 1 }
    }
    latentRing.wait(pipeline, rows: analyzing.last, forRoomBehind: coding)

    let synthesizing = parts.synthesis.add(
      to: pipeline, latent: decodedLatent, gains: refinement.coder.quality.inverse,
      pixels: decoded, threads: threads, stripHeight: options.stripHeight)
    outputRing.wait(pipeline, rows: synthesizing.head, forTiles: coding)
    outputRing.wait(pipeline, tiles: coding, forRoomBehind: synthesizing.head)

    let checksum = RunningChecksum()
    var error = SquaredError()
    let checking = pipeline.add(rows: grid.latentHeight, isSerial: true, isUrgent: true) {
      band, _, _ in
      decoded.withBand(band) { rows in
        checksum.update(UnsafeBufferPointer(rows))
        reconstruction(UnsafeBufferPointer(rows))
        if measuresError { original.withBand(band) { error.add($0, rows) } }
      }
    }
    decoded.connect(pipeline, from: synthesizing, to: checking)
    // A band is written over when nobody needs it any more.
    let bands = original.count / 16
    pipeline.wait(reading, for: analyzing.first) { 2 * ($0 - bands + 1) }
    if measuresError { pipeline.wait(reading, for: checking) { $0 - bands + 1 } }
    if let errors = refining?.errors {
      pipeline.wait(reading, for: errors.last) { errors.lastRows(max(0, 2 * ($0 - bands + 1))) }
    }
    try pipeline.run(threads: threads)

    return try Failure.wrap { () throws(CodecError) in
      try file(
        header, metadata: source.metadata, tiles.withLock { $0 },
        alpha: alphaStreams.withLock { $0 }, checksum: checksum.hash32,
        alphaChecksum: format.hasAlpha ? alphaChecksum.hash32 : nil,
        error: measuresError ? error.mean : nil)
    }
  }

  /// What an encoder needs of its model.
  struct Parts {
    let header: ContainerHeader
    let analysis: AnalysisNetwork
    let synthesis: SynthesisNetwork
    let refinement: Refinement
  }

  func parts(
    width: Int, height: Int, format: Image.Format, threads: Threads
  ) throws(CodecError) -> Parts {
    let position = levelPosition
    let header = try CodecError.wrap { () throws(ContainerError) in
      try ContainerHeader(
        width: width, height: height, format: format, modelID: model.id,
        qualityPosition: UInt16(position), tileSizeLog2: options.tileSize.trailingZeroBitCount)
    }
    let tileThreads = threads.each(of: header.tileCount)
    return try CodecError.wrap { () throws(ModelError) in
      let effort = Effort(level: options.effort)
      try model.prepare(Model.Part.all + (effort.rounds > 0 ? [.transposedSynthesis] : []))
      let tiles = TileAnalysis(
        hyperAnalysis: try model.hyperAnalysis.value(),
        coder: try TileCoder(model: model, position: position, threads: tileThreads))
      return Parts(
        header: header, analysis: try model.analysis.value(),
        synthesis: try model.synthesis.value(),
        refinement: try Refinement(
          effort, model: model, position: position, analysis: tiles))
    }
  }

  /// The windows of v, from the analysis to the symbols in the file, and of v̂ behind them.
  func rings(_ parts: Parts, threads: Threads) -> (latent: LatentRing, output: LatentRing) {
    let refinement = parts.refinement
    func ring(delay: Int) -> LatentRing {
      LatentRing(
        TileArea(parts.header), channels: parts.analysis.latentWidth, threads: threads,
        delay: delay)
    }
    let lag = refinement.lag(tileHeight: parts.header.tileSize / 16)
    return (ring(delay: refinement.rounds * lag), ring(delay: 0))
  }

  /// Bands of 16 rows of the picture that must be in memory: few, unless they are looked at again
  /// when the tiles that they are in have been decoded.
  func bands(_ parts: Parts, _ measuresError: Bool) -> Int {
    let refinement = parts.refinement
    guard measuresError || refinement.rounds > 0 else { return 6 }
    let tileHeight = parts.header.tileSize / 16
    let delay =
      (measuresError ? refinement.rounds : refinement.rounds - 1)
      * refinement.lag(tileHeight: tileHeight)
    // A row of tiles to be decoded, one that is read meanwhile, and what the transforms are behind.
    let blocks = parts.analysis.blocks.count + parts.synthesis.blocks.count
    return (2 + delay) * tileHeight + blocks + 8
  }

  private func file(
    _ header: ContainerHeader, metadata: ImageMetadata, _ tiles: [EncodedTile], alpha: [[UInt8]],
    checksum: UInt32, alphaChecksum: UInt32?, error: Double?
  ) throws(CodecError) -> EncodedFile {
    var streams = tiles.map(\.streams)
    for (index, alpha) in alpha.enumerated() { streams[index].alpha = alpha }
    let container = try CodecError.wrap { () throws(ContainerError) in
      try Container(
        header: header, chunks: try metadata.containerChunks(), tiles: streams,
        pixelChecksum: checksum, alphaChecksum: alphaChecksum)
    }
    var statistics = RateStatistics()
    for tile in tiles {
      statistics.add(tile.statistics.hyper, to: .hyper)
      statistics.add(tile.statistics.pass1, to: .pass1)
      statistics.add(tile.statistics.pass2, to: .pass2)
    }
    statistics.alphaBytes = alpha.reduce(0) { $0 + $1.count }
    let bytes = container.serialized()
    statistics.containerBytes = bytes.count - statistics.fileBytes
    return EncodedFile(bytes: bytes, statistics: statistics, meanSquaredError: error)
  }
}

/// Adds up the differences of samples.
private struct SquaredError {
  private var sum: UInt64 = 0
  private var count = 0

  var mean: Double { Double(sum) / Double(max(count, 1)) }

  mutating func add(
    _ a: UnsafeMutableBufferPointer<UInt8>, _ b: UnsafeMutableBufferPointer<UInt8>
  ) {
    // A row or so at a time, so that 32 bits are enough and the loop becomes vectors.
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
