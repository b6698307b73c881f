import VAEZipAlpha
import VAEZipContainer
import VAEZipImage
import VAEZipInference
import VAEZipLatents
import VAEZipSupport

/// Upper bounds of an encoder's and a decoder's memory, from the expressions that allocate it.
///
/// Memory grows with an image's width and the size of tiles, hardly with its height. `fixed` covers what does
/// not depend on the image.
enum MemoryEstimate {
  /// Program, libraries, the built-in model and its packed weights, in bytes: what a small image takes,
  /// measured. `Model.memory` is added for other models.
  static let fixed = 64 << 20
  /// Bands of 16 rows of pixels between the synthesis and its reader.
  static let pictureBands = 4

  /// Bytes of all tiles that are coded at the same time.
  static func tiles(_ header: VZHeader, _ coder: TileCoder, threads: Threads) -> Int {
    let size = Tile(0, header: header)
    return min(threads.count, header.tileCount)
      * coder.byteCount((width: size.width, height: size.height))
  }

  /// Bytes of the alpha of all tiles that are coded at the same time.
  ///
  /// - Parameter copies: of a tile's bytes. A decoder has one, filtered. An encoder has two, zstd's frame, and
  ///   its tables, which grow with the frame.
  static func alpha(_ header: VZHeader, copies: Int, threads: Threads) -> Int {
    guard header.format.hasAlpha else { return 0 }
    let (x, y) = header.bounds(ofTile: 0)
    let tile = y.count * (x.count * header.format.alphaBytes + 1)
    return min(threads.count, header.tileCount) * (copies * tile + (1 << 20))
  }

  /// Bytes of the exact pixels of all tiles that are coded at the same time.
  ///
  /// - Parameters:
  ///   - depth: of the samples; nil if there are no exact pixels.
  ///   - copies: of a tile's pixels. A decoder has the frame, its content, and the pixels. An encoder has the
  ///     pixels, their colors, a few contents, zstd's frames, and its tables, which grow with them.
  static func exact(
    _ header: VZHeader, depth: Image.Depth?, copies: Int, threads: Threads
  ) -> Int {
    guard let depth else { return 0 }
    let (x, y) = header.bounds(ofTile: 0)
    let tile = y.count * x.count * (Int(header.channels.rawValue) * depth.bytes + 1)
    return min(threads.count, header.tileCount) * (copies * tile + (1 << 20))
  }
}
