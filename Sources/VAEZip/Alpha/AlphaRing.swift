import VAEZipEntropy
import VAEZipImage
import VAEZipInference
import VAEZipLatents
import VAEZipSupport

/// The alpha of some rows of tiles. The rows of an image without alpha are empty.
package final class AlphaRing: Sendable {
  private let area: TileArea
  private let rows: RowRing

  /// - Parameter bands: how many bands of 16 rows are in memory at most.
  package init(_ area: TileArea, bands: Int) {
    self.area = area
    rows = RowRing(area.pixels, pixelBytes: area.header.format.alphaBytes, bands: bands)
  }

  /// Bytes of memory that a ring takes.
  package static func byteCount(_ area: TileArea, bands: Int) -> Int {
    RowRing.byteCount(area.pixels, pixelBytes: area.header.format.alphaBytes, bands: bands)
  }

  /// Bands for an encoder: while a row of tiles is coded, the next one is read.
  package static func encoderBands(_ area: TileArea) -> Int { 2 * area.tileSide }

  /// Bands for a decoder: as many tile rows as the latent ring, and the delay of the synthesis (one cell
  /// of 8 rows per block). With fewer, tiles would wait for rows that wait for them.
  ///
  /// - Parameters:
  ///   - tileRows: of the latent ring.
  ///   - blocks: of the synthesis.
  package static func decoderBands(_ area: TileArea, tileRows: Int, blocks: Int) -> Int {
    tileRows * area.tileSide + blocks / 2 + 4
  }

  /// The ring in bands of 16 rows.
  package var schedule: RingSchedule {
    RingSchedule(height: area.height, capacity: rows.count / 16)
  }
  /// A row of tiles as rows of the ring.
  package var tiles: RingRows { RingRows(step: area.tileSide) }

  /// See `RowRing.withBand`.
  package func withBand<Failure: Error>(
    _ band: Int, _ body: (UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    try rows.withBand(band, body)
  }

  /// See `RowRing.withBand`.
  package func withBand<Failure: Error>(
    _ band: Int, of crop: Region, buffer: inout [UInt8],
    _ body: (UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    try rows.withBand(band, of: crop, buffer: &buffer, body)
  }

  /// - Parameters:
  ///   - tile: its number in the image.
  ///   - level: zstd's compression level.
  package func encode(tile: Int, level: Int) throws(EntropyError) -> [UInt8] {
    let (stream, start) = place(tile)
    return try stream.encode(level: level) { UnsafePointer(start($0)) }
  }

  /// XXH64 of a tile's samples; nil for an image without alpha.
  package func hash(tile: Int) -> UInt64? {
    guard rows.rowBytes > 0 else { return nil }
    let (stream, start) = place(tile)
    let checksum = RunningChecksum()
    for y in 0..<stream.height {
      checksum.update(
        UnsafeBufferPointer(start: start(y), count: stream.width * stream.sampleBytes))
    }
    return checksum.hash64
  }

  /// Decodes the alpha of a tile; does nothing for an image without alpha.
  package func decode(tile: Int, _ bytes: [UInt8]) throws(EntropyError) {
    guard rows.rowBytes > 0 else { return }
    let (stream, start) = place(tile)
    try stream.decode(bytes, rows: start)
  }

  /// Makes a tile opaque, in the place of one that cannot be decoded.
  package func makeOpaque(tile: Int) {
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
    return (stream, { self.rows.row(top + $0) + left * bytes })
  }
}
