import VAEZipContainer
import VAEZipImage
import VAEZipInference
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
    let network: SynthesisNetwork
    let latents: TileStage.Latents
    let pixels: RowRing
  }

  private let setup: DecoderSetup
  private let tiles: TileStage
  private let sink: Sink
  private let pipeline = Pipeline<Failure>()

  private let synthesis: Synthesis?
  /// Of all pixels: what files of version 1 have.
  private let checksum = RunningChecksum()
  private let alphaChecksum = RunningChecksum()

  private var window: DecodingWindow { setup.window }
  private var header: VZHeader { setup.header }

  init(_ setup: DecoderSetup, file: VZFile, bytes: [UInt8], keepsGoing: Bool, sink: Sink) {
    self.setup = setup
    self.sink = sink
    tiles = TileStage(setup, file: file, bytes: bytes, keepsGoing: keepsGoing)
    if let latents = tiles.latents, case .synthesis(let network) = setup.network?.output {
      synthesis = Synthesis(
        network: network, latents: latents,
        pixels: RowRing(
          setup.window.grid, pixelBytes: file.header.format.colorBytes,
          bands: MemoryEstimate.pictureBands))
    } else {
      synthesis = nil
    }
  }

  /// Decodes the file. To be called once.
  func run() throws(Failure) -> Damage {
    try Failure.wrap(tiles.check)
    do throws(Sink.Failure) {
      try sink.begin(
        width: window.crop.width, height: window.crop.height, format: setup.format,
        metadata: tiles.file.metadata)
    } catch {
      throw .stream(error)
    }
    let decoding = tiles.add(to: pipeline)
    addWriting(after: decoding)
    try pipeline.run(threads: setup.threads)
    return try Failure.wrap { () throws(CodecError) in try tiles.damage(pixels: trailer) }
  }

  /// Adds the way from v̂ to pixels.
  private func addSynthesis(_ synthesis: Synthesis, after decoding: Stage) -> StackStages<Failure> {
    let latents = synthesis.latents
    let stages = synthesis.network.add(
      to: pipeline, latent: latents.rows.from(window.latentX, window.latentY),
      gains: latents.tileDecoder.coder.quality.inverse, pixels: synthesis.pixels,
      threads: setup.threads, stripHeight: setup.stripHeight)
    pipeline.connect(
      latents.ring.schedule, from: decoding, latents.ring.tiles, to: stages.head,
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
          try tiles.alpha.withBand(
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
      tiles.alpha.schedule, from: decoding, tiles.alpha.tiles, to: writing,
      RingRows(first: window.latentY))
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
          tiles.exact.forEachRun(y: y + 16 * window.latentY, in: place.x..<place.x + place.width) {
            x, samples in
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

  /// What the trailer of a file of version 1 must be; nil for later versions.
  private var trailer: VZTrailer? {
    guard header.version == 1 else { return nil }
    return .pixels(
      color: checksum.hash32, alpha: header.format.hasAlpha ? alphaChecksum.hash32 : nil)
  }
}
