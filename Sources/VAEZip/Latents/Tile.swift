import VAEZipContainer
import VAEZipInference

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

  /// Number of positions in a row that a pass (0 or 1) codes: those with (x + y) even, or odd.
  package func positions(row: Int, pass: Int) -> (first: Int, count: Int) {
    let first = (row + pass) & 1
    return (first, (width - first + 1) / 2)
  }

  /// Number of positions of a pass.
  package func positions(pass: Int) -> Int {
    let all = width * height
    return pass == 0 ? (all + 1) / 2 : all / 2
  }
}
