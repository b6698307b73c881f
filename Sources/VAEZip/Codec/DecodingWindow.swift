import VAEZipContainer
import VAEZipImage
import VAEZipInference
import VAEZipLatents

/// What must be decoded to have a region of an image, bit for bit as it is in the whole.
///
/// Of the synthesis' layers, only the depthwise 3×3 convolution looks at neighbors, one a block. So a
/// pixel depends on the trunk's cells (8×8 pixels) that are at most as many away as there are
/// blocks. The synthesis runs on a window of latents that has this halo around the region, where the
/// image does not end before: what is wrong at the window's border, because zeros are there instead of
/// the image's other cells, has not come as far as the region.
struct DecodingWindow: Sendable {
  /// The tiles that code the window's latents.
  let tiles: TileArea
  /// The window as a picture of its own; its borders are the image's, or between latents.
  let grid: Grid
  /// Where the window begins in the tiles' area, in latent positions.
  let latentX, latentY: Int
  /// The region, its place counted from the window's first pixel.
  let crop: Region
  /// The region, its place counted from the tiles' first pixel.
  var tileCrop: Region {
    Region(
      x: crop.x + 16 * latentX, y: crop.y + 16 * latentY, width: crop.width, height: crop.height)
  }

  /// - Parameters:
  ///   - region: inside of the image.
  ///   - blocks: of the synthesis.
  init(_ region: Region, of header: VZHeader, blocks: Int) {
    let x = Self.pixels(region.x, region.width, limit: header.width, halo: blocks)
    let y = Self.pixels(region.y, region.height, limit: header.height, halo: blocks)
    func tiles(_ pixels: Range<Int>) -> Range<Int> {
      pixels.lowerBound >> header.tileSizeLog2
        ..< (pixels.upperBound - 1) >> header.tileSizeLog2 + 1
    }
    let area = TileArea(header, columns: tiles(x), rows: tiles(y))
    self.tiles = area
    grid = Grid(width: x.count, height: y.count)
    (latentX, latentY) = (x.lowerBound / 16 - area.x, y.lowerBound / 16 - area.y)
    crop = Region(
      x: region.x - x.lowerBound, y: region.y - y.lowerBound, width: region.width,
      height: region.height)
  }

  /// The window in one direction: whole latent positions, but for the image's end.
  private static func pixels(
    _ start: Int, _ count: Int, limit: Int, halo: Int
  ) -> Range<Int> {
    let (first, last) = (start / 8 - halo, (start + count - 1) / 8 + halo)
    let end = (last / 2 + 1) * 16
    return max(first, 0) / 2 * 16..<min(end, limit)
  }
}
