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
  private let blocks: BlockGrid

  /// - Parameter bands: how many bands of 16 rows are in memory at most.
  init(_ area: TileArea, bands: Int) {
    self.area = area
    pixelBytes = Self.pixelBytes(area)
    rows = RowRing(area.pixels, pixelBytes: pixelBytes, bands: bands)
    blocks = BlockGrid(width: area.pixels.width, height: pixelBytes == 0 ? 0 : area.pixels.height)
  }

  private static func pixelBytes(_ area: TileArea) -> Int {
    area.header.exactDepth.map { Int(area.header.channels.rawValue) * $0.bytes } ?? 0
  }

  /// Bytes of memory that a ring takes.
  static func byteCount(_ area: TileArea, bands: Int) -> Int {
    guard area.header.exactDepth != nil else { return 0 }
    return RowRing.byteCount(area.pixels, pixelBytes: pixelBytes(area), bands: bands)
      + BlockGrid.byteCount(width: area.pixels.width, height: area.pixels.height)
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
  func insert(_ tile: Int, _ pixels: [UInt8], _ map: BlockMap) {
    let (left, top) = place(tile)
    let rowBytes = map.width * pixelBytes
    pixels.withUnsafeBufferPointer { pixels in
      guard let base = pixels.baseAddress else { return }
      for line in 0..<map.height {
        (rows.row(top + line) + left * pixelBytes).update(from: base + line * rowBytes, count: rowBytes)
      }
    }
    blocks.insert(map, x: left, y: top)
  }

  /// Makes a tile gray, in the place of one that cannot be decoded, in an image without a model.
  func makeGray(_ tile: Int) {
    let (x, y) = area.header.bounds(ofTile: tile)
    let gray = [UInt8](repeating: 0x80, count: x.count * y.count * pixelBytes)
    insert(tile, gray, BlockMap(width: x.count, height: y.count, isExact: true))
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
    for run in blocks.runs(y: y, in: part) {
      let start = rows.row(y) + run.lowerBound * pixelBytes
      body(run.lowerBound, UnsafeBufferPointer(start: start, count: run.count * pixelBytes))
    }
  }
}
