import VAEZipExact
import VAEZipImage
import VAEZipInference

/// What the network gets to see in the place of a tile's exact pixels: each takes the color of a pixel nearby that is not
/// exact. So the border between them is no edge, and costs no latents.
struct ExactFilling {
  private let mask: ExactMask
  /// For each pixel, the one whose color it takes; −1 if none has been found yet.
  private var sources: [Int32]
  /// How far that one is: 3 for a pixel beside, 4 for one at a corner, and their sums along the way (Borgefors 1986).
  private var distances: [Int32]

  private static let far = Int32.max / 2
  private static let (beside, corner) = (3 as Int32, 4 as Int32)

  /// - Parameter mask: not full.
  init(_ mask: ExactMask) {
    self.mask = mask
    let count = mask.width * mask.height
    sources = [Int32](repeating: -1, count: count)
    distances = [Int32](repeating: Self.far, count: count)
    for y in 0..<mask.height {
      var place = y * mask.width
      for x in 0..<mask.width {
        if !mask.isExact(x: x, y: y) { (sources[place], distances[place]) = (Int32(place), 0) }
        place += 1
      }
    }
    spread()
  }

  /// Bytes of memory that filling a tile takes.
  static func byteCount(_ grid: Grid, pixelBytes: Int) -> Int {
    8 * grid.width * grid.height + RowRing.byteCount(grid, pixelBytes: pixelBytes, bands: grid.latentHeight)
  }

  /// Finds sources in two passes, down to the right and up to the left.
  private mutating func spread() {
    let (width, height) = (mask.width, mask.height)
    sources.withUnsafeMutableBufferPointer { sources in
      distances.withUnsafeMutableBufferPointer { distances in
        func take(_ place: Int, _ other: Int, _ cost: Int32) {
          guard distances[other] + cost < distances[place] else { return }
          distances[place] = distances[other] + cost
          sources[place] = sources[other]
        }
        func visit(_ x: Int, _ y: Int, direction: Int) {
          let place = y * width + x
          guard distances[place] > 0 else { return }
          let isFirst = { (x: Int) in direction > 0 ? x == 0 : x == width - 1 }
          let isLast = { (x: Int) in direction > 0 ? x == width - 1 : x == 0 }
          if !isFirst(x) { take(place, place - direction, Self.beside) }
          guard direction > 0 ? y > 0 : y < height - 1 else { return }
          let above = place - direction * width
          take(place, above, Self.beside)
          if !isFirst(x) { take(place, above - direction, Self.corner) }
          if !isLast(x) { take(place, above + direction, Self.corner) }
        }
        for y in 0..<height {
          for x in 0..<width { visit(x, y, direction: 1) }
        }
        for y in (0..<height).reversed() {
          for x in (0..<width).reversed() { visit(x, y, direction: -1) }
        }
      }
    }
  }

  /// The tile, its exact pixels filled; padded to whole latent positions.
  ///
  /// - Parameters:
  ///   - original: the source's pixels.
  ///   - region: of the tile.
  func fill(_ original: RowRing, _ region: Region) -> RowRing {
    let grid = Grid(width: region.width, height: region.height)
    let filled = RowRing(grid, pixelBytes: original.pixelBytes, bands: grid.latentHeight)
    let size = original.pixelBytes
    for y in 0..<region.height {
      let row = filled.row(y)
      for x in 0..<region.width {
        let source = Int(sources[y * region.width + x])
        let pixel = original.row(region.y + source / region.width) + (region.x + source % region.width) * size
        for byte in 0..<size { row[x * size + byte] = pixel[byte] }
      }
    }
    for band in 0..<grid.latentHeight { filled.padBand(band) }
    return filled
  }
}
