import VAEZipAlpha
import VAEZipContainer
import VAEZipImage
import VAEZipInference
import VAEZipLatents
import VAEZipSupport

/// How much memory an encoder or a decoder takes at most, from the expressions that allocate it.
///
/// Memory grows with an image's width and the tiles' size, hardly with its height. What no image
/// decides is `fixed`.
enum MemoryEstimate {
  /// Program, libraries, model and packed weights, in bytes: what a small image takes, measured.
  static let fixed = 64 << 20
  /// Bands of 16 rows of the picture between the synthesis and who uses it.
  static let pictureBands = 4

  /// Of all the tiles that are in work at the same time.
  static func tiles(_ header: VZHeader, _ coder: TileCoder, threads: Threads) -> Int {
    let size = Tile(0, header: header)
    return min(threads.count, header.tileCount)
      * coder.byteCount((width: size.width, height: size.height))
  }

  /// Of the alpha of all the tiles that are in work at the same time.
  ///
  /// - Parameter copies: of a tile's bytes: one, filtered, while it is decoded; while it is encoded
  ///   two and zstd's frame and tables, which grow with it.
  static func alpha(_ header: VZHeader, copies: Int, threads: Threads) -> Int {
    guard header.format.hasAlpha else { return 0 }
    let (x, y) = header.bounds(ofTile: 0)
    let tile = y.count * (x.count * header.format.alphaBytes + 1)
    return min(threads.count, header.tileCount) * (copies * tile + (1 << 20))
  }
}
