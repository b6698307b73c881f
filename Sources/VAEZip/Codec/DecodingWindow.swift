import VAEZipContainer
import VAEZipImage
import VAEZipInference
import VAEZipLatents

/// The part of an image that must be decoded so that a region of it comes out bit for bit.
///
/// The synthesis sees neighbors only through its depthwise 3×3 convolutions, one per residual block. So a pixel
/// depends on cells (8×8 pixels) at most as many away as there are blocks. The window extends the region by
/// this receptive field, clamped to the image. Zeros stand beyond the window's border instead of the image's
/// cells; their effect ends before the region begins.
struct DecodingWindow: Sendable {
  /// The tiles that code the window's latents.
  let tiles: TileArea
  /// The window as a picture of its own. Its borders lie between latents, or are those of the image.
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
      pixels.lowerBound >> header.tileSizeLog2..<(pixels.upperBound - 1) >> header.tileSizeLog2 + 1
    }
    let area = TileArea(header, columns: tiles(x), rows: tiles(y))
    self.tiles = area
    grid = Grid(width: x.count, height: y.count)
    (latentX, latentY) = (x.lowerBound / 16 - area.x, y.lowerBound / 16 - area.y)
    crop = Region(
      x: region.x - x.lowerBound, y: region.y - y.lowerBound, width: region.width,
      height: region.height)
  }

  /// The window in one direction: whole latent positions, cut at the end of the image.
  private static func pixels(
    _ start: Int, _ count: Int, limit: Int, halo: Int
  ) -> Range<Int> {
    let (first, last) = (start / 8 - halo, (start + count - 1) / 8 + halo)
    let end = (last / 2 + 1) * 16
    return max(first, 0) / 2 * 16..<min(end, limit)
  }
}
