/// The exact pixels of a tile in the order of a stream, as lines.
///
/// In strips of one row, a line is a row: its exact pixels from left to right. In higher strips, a line is a
/// column of a strip: its exact pixels from top to bottom; the columns go from left to right, the strips from top
/// to bottom.
struct PixelLines {
  let mask: ExactMask
  let stripHeight: Int

  /// Some pixels of a line that lie side by side in the tile.
  struct Run {
    /// The first pixel's number in the tile, in raster order.
    let first: Int
    let count: Int
    /// From a pixel to the next one.
    let step: Int
  }

  /// Calls `body` with each run of a line, and with its end.
  func forEach(_ body: (Run) -> Void, endOfLine: () -> Void = {}) {
    if stripHeight == 1 {
      forEachRow(body, endOfLine: endOfLine)
    } else {
      for top in stride(from: 0, to: mask.height, by: stripHeight) {
        forEachColumn(top..<min(top + stripHeight, mask.height), body, endOfLine: endOfLine)
      }
    }
  }

  private func forEachRow(_ body: (Run) -> Void, endOfLine: () -> Void) {
    for y in 0..<mask.height {
      let runs = mask.runs(y: y)
      for run in runs { body(Run(first: y * mask.width + run.lowerBound, count: run.count, step: 1)) }
      if !runs.isEmpty { endOfLine() }
    }
  }

  /// - Parameter strip: rows of pixels.
  private func forEachColumn(_ strip: Range<Int>, _ body: (Run) -> Void, endOfLine: () -> Void) {
    let width = mask.width
    for column in 0..<mask.columns {
      let pixels = column * ExactMask.side..<min((column + 1) * ExactMask.side, width)
      let cells = strip.lowerBound / ExactMask.side...(strip.upperBound - 1) / ExactMask.side
      if cells.allSatisfy({ mask[column, $0] == 0 }) { continue }
      let isWhole = cells.allSatisfy { mask.isWhole(column, $0) }
      for x in pixels {
        var start = strip.lowerBound
        var isEmpty = true
        func end(_ y: Int) {
          guard start < y else { return }
          body(Run(first: start * width + x, count: y - start, step: width))
          isEmpty = false
        }
        if !isWhole {
          for y in strip where !mask.isExact(x: x, y: y) {
            end(y)
            start = y + 1
          }
        }
        end(strip.upperBound)
        if !isEmpty { endOfLine() }
      }
    }
  }

  /// Bytes of all lines if a pixel has `bits` bits, and each line is filled up to whole bytes.
  func byteCount(bits: Int) -> Int {
    var (total, line) = (0, 0)
    forEach {
      line += $0.count
    } endOfLine: {
      total += (line * bits + 7) / 8
      line = 0
    }
    return total
  }
}
