/// The alpha of some rows of tiles of an area; the rows of an image without are empty.
final class AlphaRing: RowRing, @unchecked Sendable {
  private let area: TileArea

  /// - Parameter bands: how many bands of 16 rows are in memory at most.
  init(_ area: TileArea, bands: Int) {
    self.area = area
    super.init(area.pixels, pixelBytes: area.header.format.alphaBytes, bands: bands)
  }

  /// Bytes of memory that a window takes.
  static func byteCount(_ area: TileArea, bands: Int) -> Int {
    byteCount(area.pixels, pixelBytes: area.header.format.alphaBytes, bands: bands)
  }

  /// For an encoder: while a row of tiles is coded, the next one is read.
  static func encoderBands(_ area: TileArea) -> Int { 2 * area.tileSide }

  /// For a decoder: as many rows of tiles as there are latents of. And more, because colour comes later
  /// than the latents below it, by a cell a block: tiles must not wait for rows that wait for them.
  static func decoderBands(_ area: TileArea, _ ring: LatentRing, blocks: Int) -> Int {
    ring.tileRows * area.tileSide + blocks / 2 + 4
  }

  /// - Parameters:
  ///   - tile: its number in the image.
  ///   - level: zstd's.
  func encode(tile: Int, level: Int) throws(EntropyError) -> [UInt8] {
    let (stream, start) = place(tile)
    return try stream.encode(level: level) { UnsafePointer(start($0)) }
  }

  /// Does nothing for an image without alpha.
  func decode(tile: Int, _ bytes: [UInt8]) throws(EntropyError) {
    guard rowBytes > 0 else { return }
    let (stream, start) = place(tile)
    try stream.decode(bytes, rows: start)
  }

  func makeOpaque(tile: Int) {
    let (stream, start) = place(tile)
    for y in 0..<stream.height {
      start(y).update(repeating: .max, count: stream.width * stream.sampleBytes)
    }
  }

  private func place(_ tile: Int) -> (AlphaStream, (_ y: Int) -> UnsafeMutablePointer<UInt8>) {
    let (x, y) = area.header.bounds(ofTile: tile)
    let bytes = area.header.format.alphaBytes
    let stream = AlphaStream(width: x.count, height: y.count, sampleBytes: bytes)
    let (left, top) = (x.lowerBound - 16 * area.x, y.lowerBound - 16 * area.y)
    return (stream, { self.row(top + $0) + left * bytes })
  }
}

extension AlphaRing {
  /// Lets tiles and the bands of rows that they code wait for one another.
  func connect<Failure>(
    _ pipeline: Pipeline<Failure>, from bands: Pipeline<Failure>.Stage,
    toTiles tiles: Pipeline<Failure>.Stage
  ) {
    let (side, height, count) = (area.tileSide, area.height, count / 16)
    pipeline.wait(tiles, for: bands) { min(($0 + 1) * side, height) }
    pipeline.wait(bands, for: tiles) { $0 < count ? 0 : ($0 - count) / side + 1 }
  }

  /// Lets tiles and the bands of rows that they give wait for one another, and tiles for those that
  /// were in their place.
  ///
  /// - Parameter skipped: how many bands of the tiles are above the first one that is used.
  func connect<Failure>(
    _ pipeline: Pipeline<Failure>, fromTiles tiles: Pipeline<Failure>.Stage,
    to bands: Pipeline<Failure>.Stage, skipped: Int
  ) {
    let (side, height, count) = (area.tileSide, area.height, count / 16)
    pipeline.wait(bands, for: tiles) { ($0 + skipped) / side + 1 }
    func replaced(_ row: Int) -> Int { min((row + 1) * side, height) - count }
    pipeline.wait(tiles, for: bands) { replaced($0) - skipped }
    pipeline.wait(tiles, for: tiles) { (replaced($0) + side - 1) / side }
  }
}
