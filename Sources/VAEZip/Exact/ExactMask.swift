/// Which pixels of a tile are exact (Formats/VZ.md, Exact pixels).
///
/// The bits of 8 × 8 pixels, a *cell*, are a word: the pixel at column x and row y of the cell is bit 8 y + x. Bits
/// outside of the tile are 0.
package struct ExactMask: Sendable, Equatable {
  /// Side of a cell in pixels.
  package static let side = 8

  /// Size of the tile in pixels.
  package let width, height: Int
  /// The cells in raster order.
  private(set) var words: [UInt64]

  /// A tile of that many pixels; all of them are exact, or none is.
  package init(width: Int, height: Int, isExact: Bool) {
    (self.width, self.height) = (width, height)
    let (columns, rows) = (Self.cells(width), Self.cells(height))
    words = [UInt64](repeating: 0, count: columns * rows)
    guard isExact else { return }
    for row in 0..<rows {
      for column in 0..<columns { words[row * columns + column] = whole(column, row) }
    }
  }

  static func cells(_ pixels: Int) -> Int { (pixels + side - 1) / side }

  /// Cells side by side.
  package var columns: Int { Self.cells(width) }
  /// Rows of cells.
  package var rows: Int { Self.cells(height) }
  /// Number of cells.
  package var count: Int { words.count }

  /// The pixels of a cell that are exact. Setting it ignores bits outside of the tile.
  package subscript(column: Int, row: Int) -> UInt64 {
    get { words[row * columns + column] }
    set { words[row * columns + column] = newValue & whole(column, row) }
  }

  /// The same by the cell's number, in raster order.
  package subscript(cell cell: Int) -> UInt64 {
    get { words[cell] }
    set { self[cell % columns, cell / columns] = newValue }
  }

  /// The pixels of a cell that are inside of the tile.
  package func whole(_ column: Int, _ row: Int) -> UInt64 {
    let (x, y) = (min(width - Self.side * column, Self.side), min(height - Self.side * row, Self.side))
    let line = UInt64.max >> UInt64(64 - x)
    let lines = UInt64.max >> UInt64(64 - Self.side * y)
    return line &* 0x0101_0101_0101_0101 & lines
  }

  /// Whether all pixels of a cell are exact.
  package func isWhole(_ column: Int, _ row: Int) -> Bool { self[column, row] == whole(column, row) }

  /// The same by the cell's number, in raster order.
  package func isWhole(cell: Int) -> Bool { isWhole(cell % columns, cell / columns) }

  /// The numbers of the cells that are at most so many cells from one, each way; it is among them.
  package func cells(around cell: Int, distance: Int) -> [Int] {
    let (x, y) = (cell % columns, cell / columns)
    return (max(y - distance, 0)...min(y + distance, rows - 1)).flatMap { y in
      (max(x - distance, 0)...min(x + distance, columns - 1)).map { y * columns + $0 }
    }
  }

  /// Whether all pixels are exact.
  package var isFull: Bool { pixelCount == width * height }
  /// Whether no pixel is exact.
  package var isEmpty: Bool { words.allSatisfy { $0 == 0 } }
  /// Number of exact pixels.
  package var pixelCount: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// Whether a pixel of the tile is exact.
  package func isExact(x: Int, y: Int) -> Bool {
    self[x / Self.side, y / Self.side] >> UInt64(y % Self.side * Self.side + x % Self.side) & 1 == 1
  }

  /// The part of a cell's cost that its pixels have that are not exact.
  package func rest(_ cost: Int, ofCell cell: Int) -> Int {
    let whole = whole(cell % columns, cell / columns).nonzeroBitCount
    return cost / whole * (whole - words[cell].nonzeroBitCount)
  }

  /// Whether all pixels of a latent position, 16 × 16 pixels, are exact.
  package func isExact(latentX: Int, latentY: Int) -> Bool {
    let (x, y) = (2 * latentX..<min(2 * latentX + 2, columns), 2 * latentY..<min(2 * latentY + 2, rows))
    return y.allSatisfy { row in x.allSatisfy { isWhole($0, row) } }
  }

  /// Whether a pixel is exact that is at most so far from 16 × 16 pixels.
  ///
  /// - Parameters:
  ///   - x: the first column of the 16; a multiple of 8, as all of these.
  ///   - y: the first row.
  package func hasExact(x: Int, y: Int, distance: Int) -> Bool {
    func cells(_ first: Int, _ count: Int) -> Range<Int> {
      ((first - distance) / Self.side..<(first + 16 + distance) / Self.side).clamped(to: 0..<count)
    }
    return cells(y, rows).contains { row in cells(x, columns).contains { self[$0, row] != 0 } }
  }

  /// The exact pixels of a row, as runs from left to right.
  package func runs(y: Int) -> [Range<Int>] {
    words.withUnsafeBufferPointer { words in
      Self.runs(in: 0..<width, y: y) { words[y / Self.side * columns + $0] }
    }
  }

  /// The exact pixels of a part of a row, as runs from left to right.
  ///
  /// - Parameter word: the cell at a column.
  static func runs(in part: Range<Int>, y: Int, word: (_ column: Int) -> UInt64) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var x = part.lowerBound
    // The pixel after those that are known to be exact.
    var start = x
    func end() { if start < x { runs.append(start..<x) } }
    while x < part.upperBound {
      let next = min((x / side + 1) * side, part.upperBound)
      switch UInt8(truncatingIfNeeded: word(x / side) >> UInt64(y % side * side)) {
      case 0xFF: x = next
      case 0:
        end()
        (x, start) = (next, next)
      case let line:
        for pixel in x..<next {
          x = pixel
          if line >> UInt8(pixel % side) & 1 == 0 {
            end()
            start = pixel + 1
          }
        }
        x = next
      }
    }
    end()
    return runs
  }
}

extension ExactMask {
  /// Bytes of a mask in a file, before compression: for each row of pixels one of each cell.
  var byteCount: Int { columns * height }

  /// A bit for each pixel, row by row, each of whole bytes, the lowest bit of a byte first; each row exclusive-or the
  /// row above.
  var bytes: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    for y in 0..<height {
      for column in 0..<columns { bytes[y * columns + column] = line(column, y) ^ line(column, y - 1) }
    }
    return bytes
  }

  /// Eight pixels of a row; above the tile, none is exact.
  private func line(_ column: Int, _ y: Int) -> UInt8 {
    guard y >= 0 else { return 0 }
    return UInt8(truncatingIfNeeded: self[column, y / Self.side] >> UInt64(y % Self.side * Self.side))
  }

  /// - Returns: nil if bits are set to which no pixel belongs.
  init?(width: Int, height: Int, bytes: [UInt8]) {
    self.init(width: width, height: height, isExact: false)
    guard bytes.count == byteCount else { return nil }
    var above = [UInt8](repeating: 0, count: columns)
    for y in 0..<height {
      let first = y / Self.side * columns
      for column in 0..<columns {
        above[column] ^= bytes[y * columns + column]
        words[first + column] |= UInt64(above[column]) << UInt64(y % Self.side * Self.side)
      }
    }
    for row in 0..<rows {
      let last = words[(row + 1) * columns - 1]
      guard last & ~whole(columns - 1, row) == 0 else { return nil }
    }
  }
}
