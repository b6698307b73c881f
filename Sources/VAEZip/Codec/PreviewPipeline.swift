import VAEZipContainer
import VAEZipImage
import VAEZipInference

/// One file on its way to a preview: as `DecodingPipeline`, but the linear map of the model's preview table stands in
/// the place of the synthesis.
///
///     streams ─▶ tiles ─▶ v̂ ─▶ linear map ──▶ sink
///                  ├─▶ exact pixels ─▶ mean ──▲
///                  └─▶ alpha ────────▶ mean ──┘
final class PreviewPipeline<Sink: ImageSink> {
  typealias Failure = StreamError<Sink.Failure>

  /// What an image needs that has latents.
  private struct Map {
    let network: PreviewNetwork
    let latents: TileStage.Latents
    let row: PreviewNetwork.Row
  }

  private let setup: DecoderSetup
  /// Width and height of a cell: 8 or 16 pixels.
  private let scale: Int
  private let tiles: TileStage
  private let sink: Sink
  private let pipeline = Pipeline<Failure>()
  private let map: Map?
  /// The preview in the window, in cells.
  private let cells: Region

  private var row: [UInt8]
  private var alphaRow: [UInt8]
  private var exactMean: BoxMean
  private var alphaMean: BoxMean

  private var window: DecodingWindow { setup.window }

  /// - Parameter setup: of whole cells, or of cells that the image's border cuts.
  init(
    _ setup: DecoderSetup, scale: Int, file: VZFile, bytes: [UInt8], keepsGoing: Bool, sink: Sink
  ) {
    self.setup = setup
    self.scale = scale
    self.sink = sink
    tiles = TileStage(setup, file: file, bytes: bytes, keepsGoing: keepsGoing)
    if let latents = tiles.latents, case .preview(let network) = setup.network?.output {
      let row = PreviewNetwork.Row(network, width: setup.window.grid.latentWidth)
      map = Map(network: network, latents: latents, row: row)
    } else {
      map = nil
    }
    let crop = setup.window.crop
    cells = Region(
      x: crop.x / scale, y: crop.y / scale, width: (crop.width + scale - 1) / scale,
      height: (crop.height + scale - 1) / scale)
    let format = setup.format
    row = Array(repeating: 0, count: cells.width * format.colorBytes)
    alphaRow = Array(repeating: 0, count: cells.width * format.alphaBytes)
    exactMean = BoxMean(
      columns: cells.width, scale: scale, samples: Int(format.channels.rawValue),
      sampleBytes: format.colorDepth.bytes)
    alphaMean = BoxMean(
      columns: cells.width, scale: scale, samples: format.hasAlpha ? 1 : 0,
      sampleBytes: format.depth.bytes)
  }

  /// Decodes the preview. To be called once.
  func run() throws(Failure) -> Damage {
    try Failure.wrap(tiles.check)
    do throws(Sink.Failure) {
      try sink.begin(
        width: cells.width, height: cells.height, format: setup.format,
        metadata: tiles.file.metadata.ofPreview)
    } catch {
      throw .stream(error)
    }
    let decoding = tiles.add(to: pipeline)
    let writing = pipeline.add(rows: window.grid.latentHeight, isSerial: true, isUrgent: true) {
      [self] band, _, _ throws(Failure) in
      do throws(Sink.Failure) {
        try write(band)
      } catch {
        throw .stream(error)
      }
    }
    if let ring = map?.latents.ring {
      pipeline.connect(
        ring.schedule, from: decoding, ring.tiles, to: writing, RingRows(first: window.latentY))
    }
    // Tiles write alpha and exact pixels by the same schedule.
    pipeline.connect(
      tiles.alpha.schedule, from: decoding, tiles.alpha.tiles, to: writing,
      RingRows(first: window.latentY))
    try pipeline.run(threads: setup.threads)
    return try Failure.wrap { () throws(CodecError) in try tiles.damage() }
  }

  /// Hands the rows of a band of 16 rows of pixels to the sink: one or two.
  private func write(_ band: Int) throws(Sink.Failure) {
    let lines = 16 / scale
    let rows = (lines * band..<lines * (band + 1)).clamped(to: cells.y..<cells.y + cells.height)
    guard !rows.isEmpty else { return }
    if let map {
      let latents = map.latents.rows.from(window.latentX, window.latentY)
      map.row.run(
        map.network, latent: latents.at(0, band),
        gains: map.latents.tileDecoder.coder.quality.inverse)
    }
    for y in rows {
      writeMapped(line: y % lines)
      writeExact(y)
      writeAlpha(y, band: band)
      try row.withUnsafeBufferPointer { row throws(Sink.Failure) in
        try alphaRow.withUnsafeBufferPointer { alpha throws(Sink.Failure) in
          try sink.write(row, alpha: alpha)
        }
      }
    }
  }

  /// Makes a row of what the linear map says; gray is the mean of the three samples, rounded to the nearest.
  private func writeMapped(line: Int) {
    guard let map = map?.row else { return }
    let isGray = setup.format.channels == .gray
    let bytes = setup.colorDepth.bytes
    var place = 0
    func append(_ value: Int) {
      // 257 · v has the byte v twice.
      for _ in 0..<bytes {
        row[place] = UInt8(truncatingIfNeeded: value)
        place += 1
      }
    }
    for x in cells.x..<cells.x + cells.width {
      let color = scale == 8 ? map.eighth(x, line: line) : map.sixteenth(x)
      if isGray {
        append((color.wrappedSum() + 1) / 3)
      } else {
        for sample in 0..<3 { append(color[sample]) }
      }
    }
  }

  /// The pixels of a row of cells, counted from the tiles' first pixel.
  private func pixels(_ y: Int) -> (x: Range<Int>, y: Range<Int>) {
    let (left, top) = (scale * cells.x + 16 * window.latentX, scale * y + 16 * window.latentY)
    let area = window.tiles.pixels
    return (
      left..<min(left + scale * cells.width, area.width), top..<min(top + scale, area.height)
    )
  }

  /// Puts the means of exact pixels over a row; those of some pixels are mixed with what the linear map says.
  private func writeExact(_ y: Int) {
    guard setup.header.exactDepth != nil else { return }
    exactMean.clear()
    let place = pixels(y)
    for y in place.y {
      tiles.exact.forEachRun(y: y, in: place.x) { x, samples in
        exactMean.add(samples, x: x - place.x.lowerBound)
      }
    }
    exactMean.write(to: &row, width: place.x.count, height: place.y.count)
  }

  private func writeAlpha(_ y: Int, band: Int) {
    guard setup.format.hasAlpha else { return }
    alphaMean.clear()
    let (x, lines) = pixels(y)
    let part = Region(x: x.lowerBound, y: lines.lowerBound, width: x.count, height: lines.count)
    let stride = x.count * setup.format.alphaBytes
    var buffer: [UInt8] = []
    tiles.alpha.withBand(band + window.latentY, of: part, buffer: &buffer) { samples in
      let samples = UnsafeBufferPointer(samples)
      for start in Swift.stride(from: 0, to: samples.count, by: stride) {
        alphaMean.add(UnsafeBufferPointer(rebasing: samples[start..<start + stride]))
      }
    }
    alphaMean.write(to: &alphaRow, width: x.count, height: lines.count)
  }
}
