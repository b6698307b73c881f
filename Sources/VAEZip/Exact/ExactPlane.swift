/// Which pixels of an image, or of a rectangle of its tiles, are exact: a ring of rows of cells.
///
/// Stages of a pipeline write the cells of different tiles, and read those of tiles that were finished before.
/// That is why it can be `Sendable`.
package final class ExactPlane: @unchecked Sendable {
  /// In pixels.
  package let width, height: Int
  private let columns: Int
  /// Rows of cells in memory.
  private let count: Int
  private let memory: UnsafeMutableBufferPointer<UInt64>

  /// - Parameters:
  ///   - width: of the image in pixels.
  ///   - height: of the image in pixels.
  ///   - bands: how many bands of 16 rows are in memory at most. Of none, no pixel is exact.
  package init(width: Int, height: Int, bands: Int) {
    (self.width, self.height) = (width, height)
    columns = ExactMask.cells(width)
    count = Self.rows(height, bands)
    memory = .allocate(capacity: columns * count)
    memory.initialize(repeating: 0)
  }

  deinit { memory.deallocate() }

  private static func rows(_ height: Int, _ bands: Int) -> Int { min(ExactMask.cells(height), 2 * bands) }

  /// Bytes of memory that a plane takes.
  package static func byteCount(width: Int, height: Int, bands: Int) -> Int {
    MemoryLayout<UInt64>.stride * ExactMask.cells(width) * rows(height, bands)
  }

  private func row(_ row: Int) -> Int { row % count * columns }

  /// The exact pixels of a cell; see `ExactMask`. A cell outside of the image, which is padded to 16 × 16 pixels, has
  /// none.
  package subscript(column: Int, row: Int) -> UInt64 {
    column < columns && row < ExactMask.cells(height) ? memory[self.row(row) + column] : 0
  }

  /// Whether all pixels of the cells in a rectangle are exact, as far as it is inside of the image.
  ///
  /// - Parameters:
  ///   - x: columns of pixels; they begin and end with a cell.
  ///   - y: rows of pixels, as well.
  package func isExact(x: Range<Int>, y: Range<Int>) -> Bool {
    guard count > 0 else { return false }
    let (x, y) = (x.clamped(to: 0..<width), y.clamped(to: 0..<height))
    let side = ExactMask.side
    for top in stride(from: y.lowerBound, to: y.upperBound, by: side) {
      for left in stride(from: x.lowerBound, to: x.upperBound, by: side) {
        let word = self[left / side, top / side]
        if word == .max { continue }
        let inside = min(width - left, side) * min(height - top, side)
        if word.nonzeroBitCount < inside { return false }
      }
    }
    return true
  }

  /// Takes over the mask of a tile that begins at a pixel, whose coordinates are multiples of a cell's side. Each tile
  /// must be inserted, because its place in the ring may have held another one.
  package func insert(_ mask: ExactMask, x: Int, y: Int) {
    for row in 0..<mask.rows {
      let start = self.row(y / ExactMask.side + row) + x / ExactMask.side
      for column in 0..<mask.columns { memory[start + column] = mask[column, row] }
    }
  }

  /// The exact pixels of a part of a row, as runs from left to right.
  package func runs(y: Int, in part: Range<Int>) -> [Range<Int>] {
    let row = self.row(y / ExactMask.side)
    return ExactMask.runs(in: part, y: y) { memory[row + $0] }
  }
}
