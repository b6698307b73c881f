/// Squared errors of a decoded picture, summed over cells of 8 × 8 pixels and all channels: a ring of rows of
/// cells.
package final class CellErrors: @unchecked Sendable {
  /// The pixels of a cell, at a place of the trunk, whose errors do not count, because they do not come from latents:
  /// bit 8 y + x for column x and row y of the cell.
  package typealias ExactPixels = (_ x: Int, _ y: Int) -> UInt64

  // Stages of a pipeline write disjoint cells, and read those of rows that were finished before.
  private let memory: UnsafeMutablePointer<UInt32>
  private let width: Int
  /// Rows of cells in memory.
  package let count: Int
  /// Nil if all count.
  let exact: ExactPixels?

  /// - Parameters:
  ///   - grid: of the picture; a cell is a position of its trunk.
  ///   - rows: how many rows of cells are in memory at most.
  ///   - exact: errors of these pixels are zero, and no gradient comes from them.
  package init(_ grid: Grid, rows: Int, exact: ExactPixels? = nil) {
    width = grid.trunkWidth
    count = min(rows, grid.trunkHeight)
    memory = .allocate(capacity: width * count)
    self.exact = exact
  }

  deinit { memory.deallocate() }

  /// Bytes of memory that a ring takes.
  package static func byteCount(_ grid: Grid, rows: Int) -> Int {
    MemoryLayout<UInt32>.stride * grid.trunkWidth * min(rows, grid.trunkHeight)
  }

  /// The ring in rows of cells.
  package func schedule(_ grid: Grid) -> RingSchedule {
    RingSchedule(height: grid.trunkHeight, capacity: count)
  }

  /// The errors of a row of cells.
  func row(_ y: Int) -> UnsafeMutablePointer<UInt32> { memory + y % count * width }

  /// The error of the four cells that a latent position stands for.
  package func position(_ x: Int, _ y: Int) -> Int {
    let (above, below) = (row(2 * y) + 2 * x, row(2 * y + 1) + 2 * x)
    return Int(above[0]) + Int(above[1]) + Int(below[0]) + Int(below[1])
  }
}
