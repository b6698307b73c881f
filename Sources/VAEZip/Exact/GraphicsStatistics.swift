/// A cheap look at the pixels of a tile: which of them might need fewer bits without loss than through a network.
///
/// In graphics, most pixels have the color of a neighbor, or one of few colors, or differ from it as much as hardly any
/// photograph does. Squares of a photograph are rejected by a quarter of their pixels. The sky of a photograph passes,
/// because it has few colors; so a tile needs some squares with the contrast of graphics, or none is worth a trial. All
/// of it is integer arithmetic.
package struct GraphicsStatistics: Sendable {
  /// The squares that are worth a trial.
  package private(set) var candidates: ExactMask
  /// Of each cell, in raster order, if there are candidates; otherwise empty.
  package private(set) var cells: [Cell] = []

  /// What lossless coding would take for 8 × 8 pixels.
  package struct Cell: Sendable {
    /// A rough guess at its bits; only ratios mean something.
    package let bits: Int
    /// Pixels whose color no neighbor has.
    package let new: Int
    /// Whether most pixels are new, but little different.
    package let isPhotographic: Bool
  }

  /// Side of a square in pixels.
  private static let side = 64
  /// Bits of a pixel whose color no neighbor has, and of one that differs from the pixel before it.
  private static let (newBits, changeBits) = (9, 1)
  /// Colors of a square that dithering may mix; of a small one, half of its pixels.
  private static let (colors, grays) = (256, 32)
  /// One square in 32 with the contrast of graphics, or one with three times that, tells graphics from smooth
  /// photographs. Of 30 photographs one keeps candidates; of 64 graphics two lose theirs, 1 square chosen at q 75.
  private static let (graphicShare, strongContrast) = (32, 3)

  /// - Parameters:
  ///   - samples: 1 gray, 3 RGB; of 8 bits.
  ///   - rows: where the pixels of a row of the tile are.
  package init(width: Int, height: Int, samples: Int, rows: (_ y: Int) -> UnsafePointer<UInt8>) {
    let none = ExactMask(width: width, height: height, isExact: false)
    candidates = none
    var colors = FewColors(limit: samples == 3 ? Self.colors : Self.grays)
    var (squares, graphic, strong) = (0, 0, 0)
    for top in stride(from: 0, to: height, by: Self.side) {
      for left in stride(from: 0, to: width, by: Self.side) {
        squares += 1
        let (x, y) = (left..<min(left + Self.side, width), top..<min(top + Self.side, height))
        let block = PixelBlock(x: x, y: y, width: width, samples: samples)
        guard colors.graphic(block.everyFourthRow, rows) != nil,
          let found = colors.graphic(block, rows)
        else { continue }
        let bits = Self.newBits * found.new + Self.changeBits * found.changed
        // What pixels without a neighbor to the left count: those at the tile's edge as changed, the first as new.
        let edge = left > 0 ? 0 : Self.changeBits * y.count + (top > 0 ? 0 : Self.newBits)
        if found.contrast >= bits - edge { graphic += 1 }
        if found.contrast > Self.strongContrast * bits { strong += 1 }
        candidates.fill(x: x, y: y)
      }
    }
    guard strong > 0 || Self.graphicShare * graphic >= squares, !candidates.isEmpty else {
      candidates = none
      return
    }
    let side = ExactMask.side
    for row in 0..<none.rows {
      for column in 0..<none.columns {
        let (x, y) = (
          column * side..<min(column * side + side, width), row * side..<min(row * side + side, height)
        )
        let block = PixelBlock(x: x, y: y, width: width, samples: samples)
        let found = block.count(rows)
        cells.append(
          Cell(
            bits: Self.newBits * found.new + Self.changeBits * found.changed, new: found.new,
            isPhotographic: !FewColors.isGraphic(found, block)))
      }
    }
  }
}

extension ExactMask {
  /// Makes all pixels of a rectangle exact that begins with a cell, and ends with one or with the tile.
  fileprivate mutating func fill(x: Range<Int>, y: Range<Int>) {
    for row in y.lowerBound / Self.side...(y.upperBound - 1) / Self.side {
      for column in x.lowerBound / Self.side...(x.upperBound - 1) / Self.side { self[column, row] = .max }
    }
  }
}

/// Pixels of a rectangle that differ from their neighbors.
struct Count {
  /// From those to the left, above, and on both sides of that.
  var new = 0
  /// From the one to the left.
  var changed = 0
  /// The sum of how much they differ from that one, in the green or the only sample.
  var contrast = 0
}

/// Some rows of a rectangle.
struct PixelBlock {
  let x: Range<Int>
  let y: Range<Int>
  /// Of the tile.
  let width: Int
  let samples: Int
  var step = 1

  var everyFourthRow: PixelBlock {
    var block = self
    block.step = 4
    return block
  }

  var pixels: Int { x.count * ((y.count + step - 1) / step) }

  /// The pixel at a column of a row, as a number.
  @inline(__always)
  static func color(_ row: UnsafePointer<UInt8>, _ x: Int, _ samples: Int) -> UInt32 {
    samples == 1
      ? UInt32(row[x])
      : UInt32(row[3 * x]) | UInt32(row[3 * x + 1]) << 8 | UInt32(row[3 * x + 2]) << 16
  }

  func count(_ rows: (_ y: Int) -> UnsafePointer<UInt8>) -> Count {
    var count = Count()
    for y in stride(from: y.lowerBound, to: y.upperBound, by: step) {
      let row = rows(y)
      let above = y > 0 ? rows(y - 1) : nil
      for x in x {
        let color = Self.color(row, x, samples)
        if x > 0 {
          if color == Self.color(row, x - 1, samples) { continue }
          let place = x * samples + samples / 2
          count.contrast += abs(Int(row[place]) - Int(row[place - samples]))
        }
        count.changed += 1
        if let above {
          let (left, right) = (max(x - 1, 0), min(x + 1, width - 1))
          if color == Self.color(above, x, samples) || color == Self.color(above, left, samples)
            || color == Self.color(above, right, samples)
          {
            continue
          }
        }
        count.new += 1
      }
    }
    return count
  }
}

/// Counts colors until there are too many.
private struct FewColors {
  let limit: Int
  private var places = [UInt32](repeating: .max, count: 1024)

  init(limit: Int) { self.limit = limit }

  /// Of 3,278 squares of 40 photographs, 3 had a mean contrast like this.
  private static let contrast = 40

  /// - Returns: nil if a rectangle looks like a photograph: most colors are new, but little different, and there are
  ///   many of them.
  mutating func graphic(_ block: PixelBlock, _ rows: (_ y: Int) -> UnsafePointer<UInt8>) -> Count? {
    let count = block.count(rows)
    return Self.isGraphic(count, block) || suffice(block, rows) ? count : nil
  }

  /// Whether most pixels have the color of a neighbor, or differ as much as hardly any photograph does.
  static func isGraphic(_ count: Count, _ block: PixelBlock) -> Bool {
    5 * count.new <= 2 * block.pixels || count.contrast >= Self.contrast * block.pixels
  }

  /// Whether a rectangle has no more colors than the limit.
  private mutating func suffice(_ block: PixelBlock, _ rows: (_ y: Int) -> UnsafePointer<UInt8>) -> Bool {
    let (limit, samples) = (min(limit, block.pixels / 2), block.samples)
    return places.withUnsafeMutableBufferPointer { places in
      places.update(repeating: .max)
      var count = 0
      for y in stride(from: block.y.lowerBound, to: block.y.upperBound, by: block.step) {
        let row = rows(y)
        for x in block.x {
          let color = PixelBlock.color(row, x, samples)
          var place = Int((color &* 0x9E37_79B1) >> 22)
          while places[place] != color {
            if places[place] == .max {
              count += 1
              if count > limit { return false }
              places[place] = color
              break
            }
            place = (place + 1) & 1023
          }
        }
      }
      return true
    }
  }
}
