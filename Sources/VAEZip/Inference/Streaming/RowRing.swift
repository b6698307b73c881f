import VAEZipImage

/// A ring of rows of pixels, whose picture is padded to whole latent positions (16 × 16 pixels).
package final class RowRing: @unchecked Sendable {
  // Stages of a pipeline write disjoint pixels, and read those of rows that were finished before.
  package let grid: Grid
  /// Rows that are in memory: a multiple of 16.
  package let count: Int
  /// 3 for RGB, 1 for gray; of an alpha plane 1 or 2, or 0 where there is none.
  package let pixelBytes: Int
  /// Bytes of a row of the picture, without padding.
  package let rowBytes: Int
  private let memory: UnsafeMutablePointer<UInt8>

  /// - Parameters:
  ///   - pixelBytes: of a pixel.
  ///   - bands: how many bands of 16 rows are in memory at most.
  package init(_ grid: Grid, pixelBytes: Int, bands: Int) {
    self.grid = grid
    self.pixelBytes = pixelBytes
    count = Self.rows(grid, bands: bands)
    rowBytes = grid.width * pixelBytes
    memory = .allocate(capacity: Self.byteCount(grid, pixelBytes: pixelBytes, bands: bands))
  }

  deinit { memory.deallocate() }

  private static func rows(_ grid: Grid, bands: Int) -> Int { 16 * min(bands, grid.latentHeight) }

  /// Bytes of memory that a ring takes.
  package static func byteCount(_ grid: Grid, pixelBytes: Int, bands: Int) -> Int {
    rows(grid, bands: bands) * grid.width * pixelBytes
  }

  /// The ring in rows of the trunk: 8 rows of pixels each.
  package var schedule: RingSchedule {
    RingSchedule(height: grid.trunkHeight, capacity: count / 8)
  }
  /// A band of 16 rows as rows of the ring.
  package static let band = RingRows(step: 2)

  package func row(_ y: Int) -> UnsafeMutablePointer<UInt8> { memory + y % count * rowBytes }

  /// Calls `body` with runs of rows that lie one after the other in memory: together, those of a
  /// band that belong to the picture.
  package func withBand<Failure: Error>(
    _ band: Int, _ body: (UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    // `count` is a multiple of a band's rows: there is one run.
    let rows = min(16, grid.height - 16 * band)
    try body(UnsafeMutableBufferPointer(start: row(16 * band), count: rows * rowBytes))
  }

  /// Calls `body` with the rows of a band that belong to a crop, in one or more runs; maybe with none.
  /// The crop must be inside of the picture.
  ///
  /// - Parameter buffer: where rows come together that are not as wide as the picture.
  package func withBand<Failure: Error>(
    _ band: Int, of crop: Region, buffer: inout [UInt8],
    _ body: (UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    let (first, end) = (max(crop.y, 16 * band), min(crop.y + crop.height, 16 * band + 16))
    guard first < end else { return }
    let (start, bytes) = (crop.x * pixelBytes, crop.width * pixelBytes)
    if bytes == rowBytes {
      try body(
        UnsafeMutableBufferPointer(start: row(first), count: (end - first) * rowBytes))
      return
    }
    buffer.removeAll(keepingCapacity: true)
    for y in first..<end {
      buffer.append(contentsOf: UnsafeBufferPointer(start: row(y) + start, count: bytes))
    }
    try buffer.withUnsafeMutableBufferPointer { rows throws(Failure) in try body(rows) }
  }

  /// Fills the rows of a band below the picture with the picture's last row.
  package func padBand(_ band: Int) {
    for y in max(grid.height, 16 * band)..<max(grid.height, 16 * band + 16) {
      row(y).update(from: row(y - 1), count: rowBytes)
    }
  }
}
