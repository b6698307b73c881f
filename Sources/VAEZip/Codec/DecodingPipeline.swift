import Synchronization
import VAEZipAlpha
import VAEZipContainer
import VAEZipEntropy
import VAEZipImage
import VAEZipInference
import VAEZipLatents
import VAEZipSupport

/// One file on its way through the decoder: its stages, the rings between them, and what they find.
///
///     streams ─▶ tiles ─▶ v̂ ─▶ synthesis ─▶ pixels ─▶ sink, checksum
///                  └─▶ alpha ─────────────────────────▲
///
/// Each `add…` method adds one stage and connects it to those before it. All stages then run at the same
/// time, each as far as its rings allow.
final class DecodingPipeline<Sink: ImageSink> {
  typealias Failure = StreamError<Sink.Failure>
  typealias Stage = Pipeline<Failure>.Stage

  private let setup: DecoderSetup
  private let file: VZFile
  private let bytes: [UInt8]
  private let keepsGoing: Bool
  private let sink: Sink
  private let pipeline = Pipeline<Failure>()

  private let ring: LatentRing
  /// v̂
  private let latent: Rows
  private let pixels: RowRing
  private let alpha: AlphaRing

  private let damaged = Mutex<[Damage.Tile]>([])
  private let checksum = RunningChecksum()
  private let alphaChecksum = RunningChecksum()

  private var window: DecodingWindow { setup.window }
  private var header: VZHeader { file.header }

  init(_ setup: DecoderSetup, file: VZFile, bytes: [UInt8], keepsGoing: Bool, sink: Sink) {
    self.setup = setup
    self.file = file
    self.bytes = bytes
    self.keepsGoing = keepsGoing
    self.sink = sink
    ring = setup.latentRing
    let map = ring.makeMap()
    pipeline.keep(map)
    latent = Rows(ring: map)
    pixels = RowRing(
      setup.window.grid, pixelBytes: file.header.format.colorBytes,
      bands: MemoryEstimate.pictureBands)
    alpha = AlphaRing(setup.window.tiles, bands: setup.alphaBands)
  }

  /// Decodes the file. To be called once.
  func run() throws(Failure) -> Damage {
    if !keepsGoing { try Failure.wrap(check) }
    do throws(Sink.Failure) {
      try sink.begin(
        width: window.crop.width, height: window.crop.height, format: header.format,
        metadata: file.metadata)
    } catch {
      throw .stream(error)
    }
    let decoding = addTileDecoding()
    let synthesizing = addSynthesis(after: decoding)
    addWriting(after: decoding, synthesizing)
    try pipeline.run(threads: setup.threads)
    return try Failure.wrap(damage)
  }

  /// Compares the checksums of all tiles in use; of the whole image, looks at the file's end too.
  private func check() throws(CodecError) {
    try CodecError.wrap { () throws(VZError) in
      for row in 0..<window.tiles.rows.count {
        for column in 0..<window.tiles.columns.count {
          try file.verify(tile: window.tiles.index(row: row, column: column), in: bytes)
        }
      }
      if !setup.isRegion { try file.verifyEnd(of: bytes) }
    }
  }

  /// Adds the way from the file's streams to v̂ and alpha, tile by tile.
  private func addTileDecoding() -> Stage {
    pipeline.add(
      rows: window.tiles.rows.count, units: window.tiles.columns.count, isUrgent: true
    ) { [self] row, column, _ throws(Failure) in
      let index = window.tiles.index(row: row, column: column)
      let tile = window.tiles.tile(row: row, column: column)
      do throws(CodecError) {
        try decode(index, tile)
      } catch {
        let error = error.located(in: file)
        guard keepsGoing else { throw .codec(error) }
        alpha.makeOpaque(tile: index)
        setup.tileDecoder.replace(tile, output: latent)
        let found = Damage.Tile(index: index, region: header.region(ofTile: index), reason: error)
        damaged.withLock { $0.append(found) }
      }
    }
  }

  private func decode(_ index: Int, _ tile: Tile) throws(CodecError) {
    let streams = try CodecError.wrap { () throws(VZError) in
      try file.streams(ofTile: index, in: bytes)
    }
    try setup.tileDecoder.decode(index, tile, streams.symbols, output: latent)
    try CodecError.wrap(alphaOf: index) { () throws(EntropyError) in
      try alpha.decode(tile: index, streams.alpha)
    }
  }

  /// Adds the way from v̂ to pixels.
  private func addSynthesis(after decoding: Stage) -> StackStages<Failure> {
    let stages = setup.synthesis.add(
      to: pipeline, latent: latent.from(window.latentX, window.latentY),
      gains: setup.tileDecoder.coder.quality.inverse, pixels: pixels, threads: setup.threads,
      stripHeight: setup.stripHeight)
    pipeline.connect(
      ring.schedule, from: decoding, ring.tiles, to: stages.head, RingRows(first: window.latentY))
    return stages
  }

  /// Hands pixels and alpha to the sink, a band of 16 rows at a time, and takes their checksums.
  private func addWriting(after decoding: Stage, _ synthesizing: StackStages<Failure>) {
    var (buffer, alphaBuffer): ([UInt8], [UInt8]) = ([], [])
    let writing = pipeline.add(rows: window.grid.latentHeight, isSerial: true, isUrgent: true) {
      [self] band, _, _ throws(Failure) in
      do throws(Sink.Failure) {
        try pixels.withBand(band, of: window.crop, buffer: &buffer) { rows throws(Sink.Failure) in
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
    pipeline.connect(
      pixels.schedule, from: synthesizing.last, synthesizing.lastRows, to: writing, RowRing.band)
    pipeline.connect(
      alpha.schedule, from: decoding, alpha.tiles, to: writing, RingRows(first: window.latentY))
  }

  /// What was replaced; of the whole image, compares the checksums at the file's end.
  private func damage() throws(CodecError) -> Damage {
    var damage = Damage()
    damage.tiles = damaged.withLock { $0 }.sorted { $0.index < $1.index }
    guard !setup.isRegion else { return damage }
    do throws(VZError) {
      // Those of replaced tiles cannot be right.
      let found = (checksum.hash32, alphaChecksum.hash32)
      try file.verifyEnd(of: bytes, checksums: damage.tiles.isEmpty ? found : nil)
    } catch {
      guard keepsGoing else { throw .container(error) }
      damage.end = error
    }
    return damage
  }
}
