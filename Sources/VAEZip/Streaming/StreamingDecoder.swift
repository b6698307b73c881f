import Synchronization

extension Decoder {
  /// Decodes a file, or a region of it, row by row. Entropy decoding, transforms and the sink's work
  /// happen at the same time, as many threads permitting, and no more of the picture than some tiles'
  /// height is in memory.
  ///
  /// For a region, only the tiles are looked at that it needs: those that have its pixels, and those
  /// in the synthesis' halo around it (8 pixels for each of its blocks). It equals the crop of the
  /// whole, bit for bit, and its tiles' checksums are compared; that of all pixels cannot be.
  ///
  /// The checksums of the file are compared before the sink gets anything, that of the pixels after
  /// it got all of them: it should not take the picture for good before this function has returned.
  ///
  /// - Parameters:
  ///   - region: nil takes the whole image.
  ///   - keepsGoing: whether tiles that are damaged or missing are replaced. Damage of what is in
  ///     front of the tiles (header, chunks, tile index) is an error in any case.
  /// - Returns: what was replaced, or not proved; empty unless `keepsGoing`.
  /// - Throws: what the sink throws, or as `decode(_:)`.
  @discardableResult
  public func decode<Sink: ImageSink>(
    _ bytes: [UInt8], region: Region? = nil, keepsGoing: Bool = false, to sink: Sink
  ) throws(StreamError<Sink.Failure>) -> Damage {
    typealias Failure = StreamError<Sink.Failure>
    let threads = Threads(threads, simulatedOrder: simulatedOrder)
    let (layout, parts) = try Failure.wrap { () throws(CodecError) in
      try prepare(bytes, region: region, threads: threads)
    }
    let (window, coder) = (parts.window, parts.coder)
    let (header, tiles, crop) = (layout.header, window.tiles, window.crop)
    if !keepsGoing {
      try Failure.wrap { () throws(CodecError) in try check(layout, window, bytes, region) }
    }
    do throws(Sink.Failure) {
      try sink.begin(
        width: crop.width, height: crop.height, format: header.format,
        metadata: ImageMetadata(layout.chunks))
    } catch {
      throw .stream(error)
    }

    let ring = LatentRing(tiles, channels: coder.latentWidth, threads: threads)
    let pixels = PixelRing(window.grid, header.channels, bands: MemoryEstimate.pictureBands)
    let blocks = parts.synthesis.blocks.blocks.count
    let alpha = AlphaRing(
      tiles, bands: AlphaRing.decoderBands(tiles, ring, blocks: blocks))
    let pipeline = Pipeline<Failure>()

    let latent = ring.makeMap()
    pipeline.keep(latent)
    let damaged = Mutex<[Damage.Tile]>([])
    let coding = pipeline.add(
      rows: tiles.rows.count, units: tiles.columns.count, isUrgent: true
    ) { row, column, _ throws(Failure) in
      let index = tiles.index(row: row, column: column)
      let (tile, output) = (tiles.tile(row: row, column: column), Rows(ring: latent))
      do throws(CodecError) {
        let streams = try CodecError.wrap { () throws(ContainerError) in
          try layout.streams(ofTile: index, in: bytes)
        }
        _ = try decodeTile(index, tile, streams, model: parts.model, coder: coder, output: output)
        try CodecError.wrap(alphaOf: index) { () throws(EntropyError) in
          try alpha.decode(tile: index, streams.alpha)
        }
      } catch {
        let error = error.located(in: layout)
        guard keepsGoing else { throw .codec(error) }
        alpha.makeOpaque(tile: index)
        coder.run(tile, source: nil, output: output) { _, levels, _ in
          [Int16](repeating: 0, count: levels.count)
        }
        let found = Damage.Tile(index: index, region: header.region(ofTile: index), reason: error)
        damaged.withLock { $0.append(found) }
      }
    }
    let synthesizing = parts.synthesis.add(
      to: pipeline, latent: Rows(ring: latent).from(window.latentX, window.latentY),
      gains: coder.quality.inverse, pixels: pixels, threads: threads, stripHeight: stripHeight)
    ring.wait(pipeline, rows: synthesizing.head, forTiles: coding, skipped: window.latentY)
    ring.wait(
      pipeline, tiles: coding, forRoomBehind: synthesizing.head, skipped: window.latentY)

    let (checksum, alphaChecksum) = (RunningChecksum(), RunningChecksum())
    var (buffer, alphaBuffer): ([UInt8], [UInt8]) = ([], [])
    let writing = pipeline.add(rows: window.grid.latentHeight, isSerial: true, isUrgent: true) {
      band, _, _ throws(Failure) in
      do throws(Sink.Failure) {
        try pixels.withBand(band, of: crop, buffer: &buffer) { rows throws(Sink.Failure) in
          try alpha.withBand(
            band + window.latentY, of: window.tileCrop, buffer: &alphaBuffer
          ) { alpha throws(Sink.Failure) in
            checksum.update(UnsafeBufferPointer(rows))
            alphaChecksum.update(UnsafeBufferPointer(alpha))
            try sink.write(UnsafeBufferPointer(rows), alpha: UnsafeBufferPointer(alpha))
          }
        }
      } catch {
        throw .stream(error)
      }
    }
    pixels.connect(pipeline, from: synthesizing, to: writing)
    alpha.connect(pipeline, fromTiles: coding, to: writing, skipped: window.latentY)
    try pipeline.run(threads: threads)

    var damage = Damage()
    damage.tiles = damaged.withLock { $0 }.sorted { $0.index < $1.index }
    if region == nil {
      do throws(ContainerError) {
        // Of replaced tiles they are wrong for certain.
        let found = (checksum.hash32, alphaChecksum.hash32)
        try layout.verifyEnd(of: bytes, checksums: damage.tiles.isEmpty ? found : nil)
      } catch {
        guard keepsGoing else { throw .codec(.container(error)) }
        damage.end = error
      }
    }
    return damage
  }

  /// What decoding needs of its model, and of the image.
  struct Parts {
    let window: DecodingWindow
    let model: Model
    let coder: TileCoder
    let synthesis: SynthesisNetwork
  }

  /// - Parameter region: nil takes the whole image.
  func parts(
    _ header: ContainerHeader, region: Region?, threads: Threads
  ) throws(CodecError) -> Parts {
    let (width, height) = (header.width, header.height)
    let region = region ?? Region(x: 0, y: 0, width: width, height: height)
    guard region.isInside(width: width, height: height) else {
      throw .regionOutside(region, width: width, height: height)
    }
    let model = try models.model(id: header.modelID)
    let position = Int(header.qualityPosition)
    guard position <= model.lastPosition else {
      throw .qualityOutOfRange(found: position, largest: model.lastPosition)
    }
    let window = DecodingWindow(
      region, of: header, blocks: model.description.synthesisBlocks)
    let tileThreads = threads.each(of: window.tiles.count)
    return try CodecError.wrap { () throws(ModelError) in
      try model.prepare(Model.Part.ofDecoders)
      return Parts(
        window: window, model: model,
        coder: try TileCoder(model: model, position: position, threads: tileThreads),
        synthesis: try model.synthesis.value())
    }
  }

  private func prepare(
    _ bytes: [UInt8], region: Region?, threads: Threads
  ) throws(CodecError) -> (ContainerLayout, Parts) {
    let limits = limits
    let layout = try CodecError.wrap { () throws(ContainerError) in
      try ContainerLayout(parsing: bytes, limits: limits)
    }
    let parts = try parts(layout.header, region: region, threads: threads)
    let memory = memoryEstimate(layout.header, parts, threads: threads)
    guard memory <= limits.memory else {
      throw .container(.limitExceeded("bytes of memory", limit: limits.memory, found: memory))
    }
    return (layout, parts)
  }

  /// Compares the checksums of all tiles in use and, if it is the whole image, looks at the file's
  /// end.
  private func check(
    _ layout: ContainerLayout, _ window: DecodingWindow, _ bytes: [UInt8], _ region: Region?
  ) throws(CodecError) {
    try CodecError.wrap { () throws(ContainerError) in
      for row in 0..<window.tiles.rows.count {
        for column in 0..<window.tiles.columns.count {
          try layout.verify(tile: window.tiles.index(row: row, column: column), in: bytes)
        }
      }
      if region == nil { try layout.verifyEnd(of: bytes) }
    }
  }
}
