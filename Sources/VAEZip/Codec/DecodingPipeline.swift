import Synchronization
import VAEZipAlpha
import VAEZipContainer
import VAEZipEntropy
import VAEZipExact
import VAEZipImage
import VAEZipInference
import VAEZipLatents
import VAEZipSupport

/// One file on its way through the decoder: its stages, the rings between them, and what they find.
///
///     streams ─▶ tiles ─▶ v̂ ─▶ synthesis ─▶ pixels ─▶ sink
///                  ├─▶ exact pixels ──────────────────▲
///                  └─▶ alpha ─────────────────────────┘
///
/// Each `add…` method adds one stage and connects it to those before it. All stages then run at the same
/// time, each as far as its rings allow. An image all of whose pixels are exact has no v̂ and no synthesis.
final class DecodingPipeline<Sink: ImageSink> {
  typealias Failure = StreamError<Sink.Failure>
  typealias Stage = Pipeline<Failure>.Stage

  /// What an image needs that has latents.
  private struct Synthesis {
    let network: DecoderSetup.Network
    let ring: LatentRing
    /// v̂
    let latent: Rows
    let pixels: RowRing

    var channels: Int { network.tileDecoder.coder.latentWidth }
  }

  private let setup: DecoderSetup
  private let file: VZFile
  private let bytes: [UInt8]
  private let keepsGoing: Bool
  private let sink: Sink
  private let pipeline = Pipeline<Failure>()

  private let synthesis: Synthesis?
  private let exact: ExactRing
  private let alpha: AlphaRing

  private let damaged = Mutex<[Damage.Tile]>([])
  /// Whether the tiles' hashes are compared with the file's end.
  private let comparesContent: Bool
  /// Of what the tiles decode to; empty if nothing compares it.
  private let hashes: Mutex<[TileHashes]>
  /// Of all pixels: what files of version 1 have.
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
    if let network = setup.network {
      let ring = network.latentRing(setup)
      let map = ring.makeMap()
      pipeline.keep(map)
      synthesis = Synthesis(
        network: network, ring: ring, latent: Rows(ring: map),
        pixels: RowRing(
          setup.window.grid, pixelBytes: file.header.format.colorBytes,
          bands: MemoryEstimate.pictureBands))
    } else {
      synthesis = nil
    }
    alpha = AlphaRing(setup.window.tiles, bands: setup.tileBands)
    exact = ExactRing(setup.window.tiles, bands: setup.tileBands)
    comparesContent = file.header.version > 1 && !setup.isRegion
    hashes = Mutex(
      Array(repeating: TileHashes(), count: comparesContent ? file.header.tileCount : 0))
  }

  /// Decodes the file. To be called once.
  func run() throws(Failure) -> Damage {
    if !keepsGoing { try Failure.wrap(check) }
    do throws(Sink.Failure) {
      try sink.begin(
        width: window.crop.width, height: window.crop.height, format: setup.format,
        metadata: file.metadata)
    } catch {
      throw .stream(error)
    }
    let decoding = addTileDecoding()
    addWriting(after: decoding)
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

  // MARK: Tiles

  /// Adds the way from the file's streams to v̂, exact pixels and alpha, tile by tile.
  private func addTileDecoding() -> Stage {
    pipeline.add(
      rows: window.tiles.rows.count, units: window.tiles.columns.count, isUrgent: true
    ) { [self] row, column, _ throws(Failure) in
      let index = window.tiles.index(row: row, column: column)
      do throws(CodecError) {
        try decode(index, row: row, column: column)
      } catch {
        let error = error.located(in: file)
        guard keepsGoing else { throw .codec(error) }
        replace(index, row: row, column: column)
        let found = Damage.Tile(index: index, region: header.region(ofTile: index), reason: error)
        damaged.withLock { $0.append(found) }
      }
    }
  }

  private func decode(_ index: Int, row: Int, column: Int) throws(CodecError) {
    let streams = try CodecError.wrap { () throws(VZError) in
      try file.streams(ofTile: index, in: bytes)
    }
    var found = TileHashes()
    let pixels = try ExactPixels(streams, tile: index, header)
    if pixels?.hasLatents ?? true {
      guard let synthesis else {
        throw .exact(
          tile: index, .corrupted(expected: "all pixels of an image without a model", found: "some"))
      }
      let tile = window.tiles.tile(row: row, column: column)
      try synthesis.network.tileDecoder.decode(index, tile, streams.symbols, output: synthesis.latent)
      if comparesContent { found.latents = synthesis.latent.hash(tile, channels: synthesis.channels) }
    } else {
      clear(row: row, column: column)
    }
    if let pixels {
      exact.insert(index, pixels.decoded.pixels, pixels.decoded.map)
      if comparesContent { found.exact = pixels.hash }
    }
    try CodecError.wrap(alphaOf: index) { () throws(EntropyError) in
      try alpha.decode(tile: index, streams.alpha)
    }
    guard comparesContent else { return }
    found.alpha = alpha.hash(tile: index)
    hashes.withLock { $0[index] = found }
  }

  /// Makes the latents of a tile zero, which has none.
  private func clear(row: Int, column: Int) {
    guard let synthesis else { return }
    let tile = window.tiles.tile(row: row, column: column)
    synthesis.latent.clear(tile, channels: synthesis.channels)
  }

  /// Replaces a tile that cannot be decoded.
  private func replace(_ index: Int, row: Int, column: Int) {
    alpha.makeOpaque(tile: index)
    if let synthesis {
      synthesis.network.tileDecoder.replace(
        window.tiles.tile(row: row, column: column), output: synthesis.latent)
    } else {
      exact.makeGray(index)
    }
  }

  // MARK: Pixels

  /// Adds the way from v̂ to pixels.
  private func addSynthesis(_ synthesis: Synthesis, after decoding: Stage) -> StackStages<Failure> {
    let stages = synthesis.network.synthesis.add(
      to: pipeline, latent: synthesis.latent.from(window.latentX, window.latentY),
      gains: synthesis.network.tileDecoder.coder.quality.inverse, pixels: synthesis.pixels,
      threads: setup.threads, stripHeight: setup.stripHeight)
    pipeline.connect(
      synthesis.ring.schedule, from: decoding, synthesis.ring.tiles, to: stages.head,
      RingRows(first: window.latentY))
    return stages
  }

  /// Hands pixels and alpha to the sink, a band of 16 rows at a time.
  private func addWriting(after decoding: Stage) {
    let synthesizing = synthesis.map { addSynthesis($0, after: decoding) }
    var (buffer, alphaBuffer): ([UInt8], [UInt8]) = ([], [])
    let writing = pipeline.add(rows: window.grid.latentHeight, isSerial: true, isUrgent: true) {
      [self] band, _, _ throws(Failure) in
      do throws(Sink.Failure) {
        try withPixels(band, &buffer) { rows throws(Sink.Failure) in
          try alpha.withBand(
            band + window.latentY, of: window.tileCrop, buffer: &alphaBuffer
          ) { alpha throws(Sink.Failure) in
            if header.version == 1 {
              checksum.update(rows)
              alphaChecksum.update(UnsafeBufferPointer(alpha))
            }
            try sink.write(rows, alpha: UnsafeBufferPointer(alpha))
          }
        }
      } catch {
        throw .stream(error)
      }
    }
    if let synthesis, let synthesizing {
      pipeline.connect(
        synthesis.pixels.schedule, from: synthesizing.last, synthesizing.lastRows, to: writing,
        RowRing.band)
    }
    // Tiles write alpha and exact pixels by the same schedule.
    pipeline.connect(
      alpha.schedule, from: decoding, alpha.tiles, to: writing, RingRows(first: window.latentY))
  }

  /// Calls `body` with the rows of a band that belong to the crop: the synthesis' pixels, exact ones over
  /// them.
  private func withPixels(
    _ band: Int, _ buffer: inout [UInt8],
    _ body: (UnsafeBufferPointer<UInt8>) throws(Sink.Failure) -> Void
  ) throws(Sink.Failure) {
    let crop = window.crop
    let (first, end) = (max(crop.y, 16 * band), min(crop.y + crop.height, 16 * band + 16))
    guard first < end else { return }
    let rows = first..<end
    let rowBytes = crop.width * setup.format.colorBytes
    buffer.removeAll(keepingCapacity: true)
    for y in rows { appendSynthesis(y, to: &buffer) }
    if header.exactDepth != nil {
      buffer.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        let place = window.tileCrop
        for y in rows {
          let row = base + (y - rows.lowerBound) * rowBytes
          exact.forEachRun(y: y + 16 * window.latentY, in: place.x..<place.x + place.width) { x, samples in
            guard let source = samples.baseAddress else { return }
            (row + (x - place.x) * setup.format.colorBytes).update(from: source, count: samples.count)
          }
        }
      }
    }
    try buffer.withUnsafeBufferPointer { rows throws(Sink.Failure) in try body(rows) }
  }

  /// Appends a row of the crop as the synthesis makes it, in the depth of the output; zeros without one.
  private func appendSynthesis(_ y: Int, to buffer: inout [UInt8]) {
    let crop = window.crop
    guard let pixels = synthesis?.pixels else {
      buffer.append(contentsOf: repeatElement(0, count: crop.width * setup.format.colorBytes))
      return
    }
    let (bytes, start) = (pixels.pixelBytes, pixels.row(y) + crop.x * pixels.pixelBytes)
    let row = UnsafeBufferPointer(start: start, count: crop.width * bytes)
    if setup.colorDepth == .eight {
      buffer.append(contentsOf: row)
    } else {
      // 257 · v: both bytes are v.
      for sample in row { buffer.append(contentsOf: [sample, sample]) }
    }
  }

  /// What was replaced; of the whole image, compares the checksums at the file's end.
  private func damage() throws(CodecError) -> Damage {
    var damage = Damage()
    damage.tiles = damaged.withLock { $0 }.sorted { $0.index < $1.index }
    guard !setup.isRegion else { return damage }
    do throws(VZError) {
      // Those of replaced tiles cannot be right.
      try file.verifyEnd(of: bytes, trailer: damage.tiles.isEmpty ? trailer : nil)
    } catch {
      guard keepsGoing else { throw .container(error) }
      damage.end = error
    }
    return damage
  }

  /// What the file's trailer must be.
  private var trailer: VZTrailer {
    guard header.version == 1 else { return .content(hashes.withLock { TileHashes.checksum($0) }) }
    return .pixels(
      color: checksum.hash32, alpha: header.format.hasAlpha ? alphaChecksum.hash32 : nil)
  }
}

/// The exact pixels of a tile, decoded.
struct ExactPixels {
  let decoded: ExactCoder.Decoded
  /// Whether other pixels of the tile, or of its neighbors, come from latents.
  var hasLatents: Bool { decoded.hasLatents }
  /// XXH64 of the exact pixels.
  let hash: UInt64

  /// - Returns: nil for a tile without an exact stream.
  /// - Throws: `CodecError.exact`.
  init?(_ streams: TileStreams, tile: Int, _ header: VZHeader) throws(CodecError) {
    guard !streams.exact.isEmpty else { return nil }
    let coder = ExactRing.coder(tile, of: header)
    decoded = try CodecError.wrap(exactOf: tile) { () throws(EntropyError) in
      try coder.decode(streams.exact)
    }
    hash = coder.hash(decoded.pixels, decoded.map)
    let symbols = streams.symbols.all.reduce(0) { $0 + $1.count }
    guard decoded.hasLatents || symbols == 0 else {
      throw .exact(
        tile: tile, .corrupted(expected: "no latents", found: "\(symbols) bytes of them"))
    }
  }
}
