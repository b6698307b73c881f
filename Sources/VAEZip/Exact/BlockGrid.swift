/// Which blocks of an image, or of a rectangle of its tiles, are exact.
///
/// Stages of a pipeline write the blocks of different tiles, and read those of tiles that were finished before.
/// That is why it can be `Sendable`.
package final class BlockGrid: @unchecked Sendable {
  /// In pixels.
  package let width, height: Int
  private let columns: Int
  private let memory: UnsafeMutableBufferPointer<Bool>

  /// No block is exact.
  package init(width: Int, height: Int) {
    (self.width, self.height) = (width, height)
    columns = (width + BlockMap.side - 1) / BlockMap.side
    memory = .allocate(capacity: Self.byteCount(width: width, height: height))
    memory.initialize(repeating: false)
  }

  deinit { memory.deallocate() }

  /// Bytes of memory that a grid takes.
  package static func byteCount(width: Int, height: Int) -> Int {
    (width + BlockMap.side - 1) / BlockMap.side * ((height + BlockMap.side - 1) / BlockMap.side)
  }

  /// Whether a pixel of the image is exact.
  package func isExact(x: Int, y: Int) -> Bool {
    memory[y / BlockMap.side * columns + x / BlockMap.side]
  }

  /// Whether all pixels of a rectangle are exact, as far as it is inside of the image.
  package func isExact(x: Range<Int>, y: Range<Int>) -> Bool {
    let (x, y) = (x.clamped(to: 0..<width), y.clamped(to: 0..<height))
    guard !x.isEmpty, !y.isEmpty else { return true }
    for row in y.lowerBound / BlockMap.side...(y.upperBound - 1) / BlockMap.side {
      for column in x.lowerBound / BlockMap.side...(x.upperBound - 1) / BlockMap.side
      where !memory[row * columns + column] { return false }
    }
    return true
  }

  /// Takes over the blocks of a tile that begins at a pixel, whose coordinates are multiples of a block's side.
  package func insert(_ map: BlockMap, x: Int, y: Int) {
    for row in 0..<map.rows {
      let start = (y / BlockMap.side + row) * columns + x / BlockMap.side
      for column in 0..<map.columns { memory[start + column] = map[column, row] }
    }
  }

  /// The exact pixels of a part of a row, as runs from left to right.
  package func runs(y: Int, in part: Range<Int>) -> [Range<Int>] {
    let row = y / BlockMap.side * columns
    return BlockMap.runs(in: part) { memory[row + $0] }
  }
}
