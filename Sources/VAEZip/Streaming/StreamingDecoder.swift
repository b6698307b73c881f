extension Decoder {
  /// Decodes a whole file, row by row. Entropy decoding, transforms and the sink's work happen at
  /// the same time, as many threads permitting, and no more of the picture than some tiles' height
  /// is in memory.
  ///
  /// The file's checksums are compared before the sink gets anything, that of the pixels after it
  /// got all of them: it should not take the picture for good before this function has returned.
  ///
  /// - Throws: what the sink throws, or as `decode(_:)`.
  public func decode<Sink: ImageSink>(
    _ bytes: [UInt8], to sink: Sink
  ) throws(StreamError<Sink.Failure>) {
    typealias Failure = StreamError<Sink.Failure>
    let threads = Threads(threads)
    let (container, model, coder, synthesis) = try Failure.wrap { () throws(CodecError) in
      try prepare(bytes, threads: threads)
    }
    let header = container.header
    do throws(Sink.Failure) {
      try sink.begin(width: header.width, height: header.height, channels: header.channels)
    } catch {
      throw .stream(error)
    }

    let grid = Grid(width: header.width, height: header.height)
    let ring = LatentRing(
      header: header, grid: grid, channels: coder.latentWidth, threads: threads)
    let pixels = PixelRing(grid, header.channels, bands: MemoryEstimate.pictureBands)
    let pipeline = Pipeline<Failure>()

    let latent = ring.makeMap()
    pipeline.keep(latent)
    let coding = pipeline.add(
      rows: header.tileRows, units: header.tileColumns, isUrgent: true
    ) { row, column, _ throws(Failure) in
      let index = row * header.tileColumns + column
      _ = try Failure.wrap { () throws(CodecError) in
        try decodeTile(
          index, Tile(index, header: header), container.tiles[index], model: model, coder: coder,
          output: Rows(ring: latent))
      }
    }
    let synthesizing = synthesis.add(
      to: pipeline, latent: Rows(ring: latent), pixels: pixels, threads: threads,
      stripHeight: stripHeight)
    ring.connect(pipeline, fromTiles: coding, to: synthesizing.head)

    let checksum = RunningChecksum()
    let writing = pipeline.add(rows: grid.latentHeight, isSerial: true, isUrgent: true) {
      band, _, _ throws(Failure) in
      do throws(Sink.Failure) {
        try pixels.withBand(band) { rows throws(Sink.Failure) in
          checksum.update(UnsafeBufferPointer(rows))
          try sink.write(UnsafeBufferPointer(rows))
        }
      } catch {
        throw .stream(error)
      }
    }
    pixels.connect(pipeline, from: synthesizing, to: writing)
    try pipeline.run(threads: threads)

    try Failure.wrap { () throws(CodecError) in
      try CodecError.wrap { () throws(ContainerError) in
        try container.verify(pixelChecksum: checksum.hash32)
      }
    }
  }

  private func prepare(
    _ bytes: [UInt8], threads: Threads
  ) throws(CodecError) -> (Container, Model, TileCoder, SynthesisNetwork) {
    let limits = limits
    let container = try CodecError.wrap { () throws(ContainerError) in
      try Container(parsing: bytes, limits: limits)
    }
    let (model, coder, synthesis) = try parts(container.header, threads: threads)
    return (container, model, coder, synthesis)
  }

  /// What decoding a file needs of its model.
  func parts(
    _ header: ContainerHeader, threads: Threads
  ) throws(CodecError) -> (Model, TileCoder, SynthesisNetwork) {
    let model = try models.model(id: header.modelID)
    let position = Int(header.qualityPosition)
    guard position <= model.lastPosition else {
      throw .qualityOutOfRange(found: position, largest: model.lastPosition)
    }
    let tileThreads = threads.each(of: header.tileCount)
    return try CodecError.wrap { () throws(ModelError) in
      (
        model, try TileCoder(model: model, position: position, threads: tileThreads),
        try model.synthesis.value()
      )
    }
  }
}
