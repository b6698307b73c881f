import VAEZipContainer
import VAEZipInference

/// A rectangle of tiles of an image: all of them, or those that a region needs.
package struct TileArea: Sendable {
  package let header: VZHeader
  /// Columns and rows of tiles in the image; not empty.
  package let columns, rows: Range<Int>

  /// - Parameters:
  ///   - columns: nil takes all.
  ///   - rows: nil takes all.
  package init(_ header: VZHeader, columns: Range<Int>? = nil, rows: Range<Int>? = nil) {
    self.header = header
    self.columns = columns ?? 0..<header.tileColumns
    self.rows = rows ?? 0..<header.tileRows
  }

  /// The first latent position of the area in the image.
  package var x: Int { columns.lowerBound * tileSide }
  package var y: Int { rows.lowerBound * tileSide }
  /// In latent positions.
  package var width: Int { min(columns.upperBound * tileSide, grid.latentWidth) - x }
  package var height: Int { min(rows.upperBound * tileSide, grid.latentHeight) - y }
  /// The area as a picture of its own.
  package var pixels: Grid {
    let (side, last) = (header.tileSize, (columns.upperBound, rows.upperBound))
    return Grid(
      width: min(last.0 * side, header.width) - columns.lowerBound * side,
      height: min(last.1 * side, header.height) - rows.lowerBound * side)
  }
  /// Of a tile, in latent positions; the last column and row of tiles may be smaller.
  package var tileSide: Int { header.tileSize / 16 }

  package var count: Int { columns.count * rows.count }

  /// The number in the image of the tile in a row and a column of the area.
  package func index(row: Int, column: Int) -> Int {
    (rows.lowerBound + row) * header.tileColumns + columns.lowerBound + column
  }

  /// A tile whose place is counted from the area's corner.
  package func tile(row: Int, column: Int) -> Tile {
    Tile(index(row: row, column: column), header: header).moved(left: x, up: y)
  }

  private var grid: Grid { Grid(width: header.width, height: header.height) }
}
