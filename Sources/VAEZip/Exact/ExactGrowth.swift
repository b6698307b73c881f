/// Finds the border between graphics and photographs to the pixel.
///
/// Graphics are chosen in whole cells first. A cell at their border holds pixels of both; this looks at each of its
/// pixels. A pixel belongs to the graphics if it has the color of a pixel beside it that does, or a color that the
/// graphics often have, and lies beside one that does.
package struct ExactGrowth {
  private let samples: Int
  private let width: Int
  /// The pixels of a row of the tile.
  private let rows: (_ y: Int) -> UnsafePointer<UInt8>
  /// The colors of graphics.
  private var colors = ColorTable(limit: ExactGrowth.colorLimit)
  /// The cells whose pixels are looked at.
  private var isOpen: [Bool]
  private var mask: ExactMask

  private static let colorLimit = 4096
  /// A color of graphics has so many pixels at least.
  private static let frequent = 8
  /// A cell that has so many pixels with a new color may hold a part of a photograph.
  private static let newPixels = 8

  /// - Parameters:
  ///   - mask: whole cells.
  ///   - samples: 1 gray, 3 RGB; of 8 bits.
  ///   - rows: where the pixels of a row of the tile are.
  /// - Returns: the mask to the pixel.
  package static func grow(
    _ mask: ExactMask, _ statistics: GraphicsStatistics, samples: Int,
    rows: @escaping (_ y: Int) -> UnsafePointer<UInt8>
  ) -> ExactMask {
    var growth = ExactGrowth(mask, statistics, samples: samples, rows: rows)
    growth.countColors()
    growth.grow()
    return growth.mask
  }

  private init(
    _ mask: ExactMask, _ statistics: GraphicsStatistics, samples: Int,
    rows: @escaping (_ y: Int) -> UnsafePointer<UInt8>
  ) {
    self.samples = samples
    self.rows = rows
    self.mask = mask
    width = mask.width
    isOpen = [Bool](repeating: false, count: mask.count)
    for cell in isOpen.indices {
      let isExact = mask.isWhole(cell: cell)
      isOpen[cell] =
        (!isExact || statistics.cells[cell].new >= Self.newPixels)
        && mask.cells(around: cell, distance: 1).contains { mask.isWhole(cell: $0) != isExact }
    }
    for cell in isOpen.indices where isOpen[cell] { self.mask[cell: cell] = 0 }
  }

  private func color(_ x: Int, _ y: Int) -> ColorTable.Color {
    ColorTable.Color(PixelBlock.color(rows(y), x, samples))
  }

  /// Counts the colors of pixels that are exact for sure; those that find no room are none of graphics.
  private mutating func countColors() {
    for y in 0..<mask.height {
      for run in mask.runs(y: y) {
        for x in run { _ = colors.add(color(x, y), count: 1) }
      }
    }
  }

  private func isFrequent(_ color: ColorTable.Color) -> Bool {
    colors.index(of: color).map { colors.counts[$0] >= Self.frequent } ?? false
  }

  /// Takes in pixels beside those that are exact until there are no more.
  private mutating func grow() {
    var border: [(x: Int, y: Int)] = []
    let side = ExactMask.side
    for cell in isOpen.indices where isOpen[cell] {
      let (left, top) = (cell % mask.columns * side, cell / mask.columns * side)
      for y in top..<min(top + side, mask.height) {
        for x in left..<min(left + side, width) where take(x, y) { border.append((x, y)) }
      }
    }
    while let (x, y) = border.popLast() {
      for (x, y) in neighbors(x, y) where isOpen(x, y) && take(x, y) { border.append((x, y)) }
    }
  }

  private func isOpen(_ x: Int, _ y: Int) -> Bool {
    isOpen[y / ExactMask.side * mask.columns + x / ExactMask.side]
  }

  private func neighbors(_ x: Int, _ y: Int) -> [(Int, Int)] {
    [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)].filter {
      0..<width ~= $0.0 && 0..<mask.height ~= $0.1
    }
  }

  /// Makes a pixel exact if it belongs to the graphics.
  ///
  /// - Returns: whether it was not exact and is now.
  private mutating func take(_ x: Int, _ y: Int) -> Bool {
    guard !mask.isExact(x: x, y: y) else { return false }
    let color = color(x, y)
    let beside = neighbors(x, y).filter { mask.isExact(x: $0.0, y: $0.1) }
    guard !beside.isEmpty, beside.contains(where: { self.color($0.0, $0.1) == color }) || isFrequent(color)
    else { return false }
    let side = ExactMask.side
    mask[x / side, y / side] |= 1 << UInt64(y % side * side + x % side)
    return true
  }
}
