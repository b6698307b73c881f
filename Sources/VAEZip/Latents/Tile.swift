import VAEZipContainer
import VAEZipInference
import VAEZipModel

/// A tile in latent positions.
package struct Tile: Sendable {
  package let x, y, width, height: Int

  /// Tile number `index` of a picture, in raster order.
  package init(_ index: Int, header: VZHeader) {
    let grid = Grid(width: header.width, height: header.height)
    let size = header.tileSize / 16
    x = index % header.tileColumns * size
    y = index / header.tileColumns * size
    width = min(size, grid.latentWidth - x)
    height = min(size, grid.latentHeight - y)
  }

  private init(x: Int, y: Int, width: Int, height: Int) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }

  /// The tile, its place counted from another one.
  func moved(left: Int, up: Int) -> Tile {
    Tile(x: x - left, y: y - up, width: width, height: height)
  }

  /// Number of symbols of a pass (0 or 1).
  ///
  /// - Parameter channels: of the latent.
  package func symbolCount(pass: Int, mask: PassMask, channels: Int) -> Int {
    let positions = width * height
    return switch mask {
    case .checkerboard: (pass == 0 ? (positions + 1) / 2 : positions / 2) * channels
    case .dualCheckerboard: positions * (channels / 2)
    }
  }

  /// The latents of one row that a pass codes, as runs of every second position.
  ///
  /// - Parameters:
  ///   - pass: 0 or 1.
  ///   - channels: of the latent.
  ///   - start: of the row's first symbol among those of the pass.
  func runs(row: Int, pass: Int, mask: PassMask, channels: Int, start: Int) -> [PassRun] {
    let parity = (row + pass) & 1
    func run(_ first: Int, _ range: Range<Int>, symbolsOfPosition: Int) -> PassRun {
      // Of a position's symbols, a stream has those of all its own channels side by side.
      let before = mask == .checkerboard ? 0 : first
      return PassRun(
        x: first, count: (width - first + 1) / 2, firstChannel: range.lowerBound,
        channels: range.count, start: start + before * symbolsOfPosition,
        stride: mask == .checkerboard ? symbolsOfPosition : 2 * symbolsOfPosition)
    }
    let half = channels / 2
    let runs =
      switch mask {
      case .checkerboard: [run(parity, 0..<channels, symbolsOfPosition: channels)]
      case .dualCheckerboard:
        [
          run(parity, 0..<half, symbolsOfPosition: half),
          run(1 - parity, half..<channels, symbolsOfPosition: half),
        ]
      }
    return runs.filter { $0.count > 0 }
  }
}

/// Latents of one row that one pass codes: some channels of every second position.
package struct PassRun {
  /// The first position.
  package let x: Int
  /// Number of positions.
  package let count: Int
  package let firstChannel: Int
  package let channels: Int
  /// The place of the first symbol among those of the pass.
  package let start: Int
  /// From a position's symbols to the next one's.
  package let stride: Int
}
