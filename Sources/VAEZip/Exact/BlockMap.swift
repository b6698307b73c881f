/// Which blocks of a tile are exact: squares of 64 × 64 pixels from the tile's top left corner on; those at its
/// right and lower border may be smaller (Formats/VZ.md, Exact pixels).
package struct BlockMap: Sendable, Equatable {
  /// Side of a block in pixels.
  package static let side = 64

  /// Size of the tile in pixels.
  package let width, height: Int
  /// Whether each block is exact, in raster order.
  package private(set) var blocks: [Bool]

  /// A tile of that many pixels; all of its blocks are exact, or none is.
  package init(width: Int, height: Int, isExact: Bool) {
    (self.width, self.height) = (width, height)
    let count = Self.count(width) * Self.count(height)
    blocks = [Bool](repeating: isExact, count: count)
  }

  private static func count(_ pixels: Int) -> Int { (pixels + side - 1) / side }

  /// Blocks side by side.
  package var columns: Int { Self.count(width) }
  /// Rows of blocks.
  package var rows: Int { Self.count(height) }
  /// Whether all blocks are exact.
  package var isFull: Bool { !blocks.contains(false) }
  /// Whether no block is exact.
  package var isEmpty: Bool { !blocks.contains(true) }

  package subscript(column: Int, row: Int) -> Bool {
    get { blocks[row * columns + column] }
    set { blocks[row * columns + column] = newValue }
  }

  /// Whether a pixel of the tile is exact.
  package func isExact(x: Int, y: Int) -> Bool { self[x / Self.side, y / Self.side] }

  /// Number of exact pixels.
  package var pixelCount: Int {
    (0..<rows).reduce(0) { sum, row in
      let rowHeight = min(Self.side, height - row * Self.side)
      return sum + runs(row: row).reduce(0) { $0 + $1.count } * rowHeight
    }
  }

  /// The columns of pixels that are exact in a row of blocks, as runs from left to right.
  package func runs(row: Int) -> [Range<Int>] {
    Self.runs(in: 0..<width) { self[$0, row] }
  }

  /// The exact pixels of a part of a row, as runs from left to right.
  ///
  /// - Parameter isExact: tells of a column of blocks whether it is exact in that row.
  static func runs(in part: Range<Int>, isExact: (_ column: Int) -> Bool) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var x = part.lowerBound
    while x < part.upperBound {
      let column = x / side
      let end = min((column + 1) * side, part.upperBound)
      if isExact(column) {
        let start = runs.last?.upperBound == x ? runs.removeLast().lowerBound : x
        runs.append(start..<end)
      }
      x = end
    }
    return runs
  }
}

extension BlockMap {
  /// Bytes of a map in a file.
  var byteCount: Int { (blocks.count + 7) / 8 }

  /// A bit for each block, the lowest of a byte first.
  var bytes: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    for (index, isExact) in blocks.enumerated() where isExact { bytes[index / 8] |= 1 << (index % 8) }
    return bytes
  }

  /// - Returns: nil if bits are set to which no block belongs.
  init?(width: Int, height: Int, bytes: ArraySlice<UInt8>) {
    self.init(width: width, height: height, isExact: false)
    guard bytes.count == byteCount else { return nil }
    for (index, byte) in bytes.enumerated() {
      for bit in 0..<8 where byte >> bit & 1 == 1 {
        guard 8 * index + bit < blocks.count else { return nil }
        blocks[8 * index + bit] = true
      }
    }
  }
}
