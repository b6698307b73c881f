/// The exact pixels of a tile in the order of a stream, as lines.
///
/// In strips of one row, a line is a row: its exact pixels from left to right. In higher strips, a line is a
/// column of a strip, from top to bottom; the columns go from left to right, the strips from top to bottom. A
/// strip lies in one row of blocks, so a column is exact as a whole or not at all.
struct PixelLines {
  let map: BlockMap
  let stripHeight: Int

  /// Some pixels of a line at equal distances.
  struct Run {
    /// The first pixel's number in the tile, in raster order.
    let first: Int
    let count: Int
    /// From a pixel to the next one.
    let step: Int
  }

  /// Calls `body` with each run of a line, and with its end.
  func forEach(_ body: (Run) -> Void, endOfLine: () -> Void = {}) {
    for row in 0..<map.rows {
      let runs = map.runs(row: row)
      guard !runs.isEmpty else { continue }
      let top = row * BlockMap.side
      let bottom = min(top + BlockMap.side, map.height)
      for y in stride(from: top, to: bottom, by: stripHeight) {
        if stripHeight == 1 {
          for run in runs {
            body(Run(first: y * map.width + run.lowerBound, count: run.count, step: 1))
          }
          endOfLine()
          continue
        }
        let count = min(stripHeight, bottom - y)
        for run in runs {
          for x in run {
            body(Run(first: y * map.width + x, count: count, step: map.width))
            endOfLine()
          }
        }
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
