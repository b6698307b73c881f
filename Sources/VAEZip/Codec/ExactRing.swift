import VAEZipEntropy
import VAEZipExact
import VAEZipImage
import VAEZipInference
import VAEZipLatents

/// The exact pixels of some rows of tiles in a decoder, and which pixels these are.
final class ExactRing: Sendable {
  private let area: TileArea
  private let rows: RowRing
  private let pixelBytes: Int
  private let exact: ExactPlane

  /// - Parameter bands: how many bands of 16 rows are in memory at most.
  init(_ area: TileArea, bands: Int) {
    self.area = area
    pixelBytes = Self.pixelBytes(area)
    rows = RowRing(area.pixels, pixelBytes: pixelBytes, bands: bands)
    exact = ExactPlane(
      width: area.pixels.width, height: pixelBytes == 0 ? 0 : area.pixels.height, bands: bands)
  }

  private static func pixelBytes(_ area: TileArea) -> Int {
    area.header.exactDepth.map { Int(area.header.channels.rawValue) * $0.bytes } ?? 0
  }

  /// Bytes of memory that a ring takes.
  static func byteCount(_ area: TileArea, bands: Int) -> Int {
    guard area.header.exactDepth != nil else { return 0 }
    return RowRing.byteCount(area.pixels, pixelBytes: pixelBytes(area), bands: bands)
      + ExactPlane.byteCount(width: area.pixels.width, height: area.pixels.height, bands: bands)
  }

  /// The coder of a tile.
  static func coder(_ tile: Int, of header: VZHeader) -> ExactCoder {
    let (x, y) = header.bounds(ofTile: tile)
    return ExactCoder(
      width: x.count, height: y.count, samples: Int(header.channels.rawValue),
      sampleBytes: (header.exactDepth ?? .eight).bytes)
  }

  /// Keeps the exact pixels of a tile.
  ///
  /// - Parameter tile: its number in the image.
  func insert(_ tile: Int, _ pixels: [UInt8], _ mask: ExactMask) {
    let (left, top) = place(tile)
    let rowBytes = mask.width * pixelBytes
    pixels.withUnsafeBufferPointer { pixels in
      guard let base = pixels.baseAddress else { return }
      for line in 0..<mask.height {
        (rows.row(top + line) + left * pixelBytes).update(from: base + line * rowBytes, count: rowBytes)
      }
    }
    exact.insert(mask, x: left, y: top)
  }

  /// Notes that a tile has no exact pixels.
  func clear(_ tile: Int) {
    guard pixelBytes > 0 else { return }
    let (x, y) = area.header.bounds(ofTile: tile)
    let (left, top) = place(tile)
    exact.insert(ExactMask(width: x.count, height: y.count, isExact: false), x: left, y: top)
  }

  /// Makes a tile gray, in the place of one that cannot be decoded, in an image without a model.
  func makeGray(_ tile: Int) {
    let (x, y) = area.header.bounds(ofTile: tile)
    let gray = [UInt8](repeating: 0x80, count: x.count * y.count * pixelBytes)
    insert(tile, gray, ExactMask(width: x.count, height: y.count, isExact: true))
  }

  /// The first pixel of a tile in the area.
  private func place(_ tile: Int) -> (left: Int, top: Int) {
    let (x, y) = area.header.bounds(ofTile: tile)
    return (x.lowerBound - 16 * area.x, y.lowerBound - 16 * area.y)
  }

  /// Calls `body` with each run of exact pixels in a part of a row: the first one's place, and the samples.
  ///
  /// - Parameters:
  ///   - y: row of the area.
  ///   - part: columns of the area.
  func forEachRun(y: Int, in part: Range<Int>, _ body: (_ x: Int, UnsafeBufferPointer<UInt8>) -> Void) {
    guard pixelBytes > 0 else { return }
    for run in exact.runs(y: y, in: part) {
      let start = rows.row(y) + run.lowerBound * pixelBytes
      body(run.lowerBound, UnsafeBufferPointer(start: start, count: run.count * pixelBytes))
    }
  }
}
