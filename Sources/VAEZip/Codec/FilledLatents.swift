import VAEZipContainer
import VAEZipExact
import VAEZipImage
import VAEZipInference
import VAEZipLatents

/// The latents of a tile that has exact pixels: made of a picture that goes on under these as it is beside them.
struct FilledLatents: Sendable {
  /// v of the tile.
  let latent: FeatureMap
  /// z of the tile.
  let hyper: FeatureMap
}

/// Makes the latents of tiles that have exact pixels.
struct FilledAnalysis: Sendable {
  let analysis: AnalysisNetwork
  let tiles: TileAnalysis

  /// Latents are made anew if a pixel is exact that is at most so far from theirs: they may depend on it.
  private static let reach = 48

  /// - Parameters:
  ///   - latent: v of the tile as it was made of all pixels.
  ///   - original: the source's pixels.
  ///   - mask: not full.
  func latents(
    _ index: Int, header: VZHeader, latent: View, original: RowRing, mask: ExactMask
  ) -> FilledLatents {
    let (tile, region) = (Tile(index, header: header), header.region(ofTile: index))
    let (coder, channels) = (tiles.coder, tiles.coder.latentWidth)
    let map = FeatureMap(width: tile.width, height: tile.height, channels: channels)
    let made = View(map)
    let pipeline = Pipeline<Never>()
    _ = analysis.add(
      to: pipeline, pixels: ExactFilling(mask).fill(original, region), latent: Rows(all: made),
      gains: coder.quality.forward, threads: coder.threads, stripHeight: nil)
    pipeline.run(threads: coder.threads)
    for y in 0..<tile.height {
      for x in 0..<tile.width where !mask.hasExact(x: 16 * x, y: 16 * y, distance: Self.reach) {
        made.at(x, y).copy(latent.at(x, y), width: 1, channels: channels)
      }
    }
    let hyper = tiles.hyperLatent(tile, latent: Rows(all: made).from(-tile.x, -tile.y))
    return FilledLatents(latent: map, hyper: hyper)
  }

  /// Bytes of memory that a tile's latents take while they are made.
  func byteCount(_ header: VZHeader, pixelBytes: Int) -> Int {
    let (x, y) = header.bounds(ofTile: 0)
    let grid = Grid(width: x.count, height: y.count)
    return ExactFilling.byteCount(grid, pixelBytes: pixelBytes)
      + FeatureMap.byteCount(
        width: grid.latentWidth, height: grid.latentHeight, channels: tiles.coder.latentWidth)
      + analysis.byteCount(grid, threads: tiles.coder.threads, stripHeight: nil)
  }
}

/// The latents of a tile that need not be right, because all of their pixels are exact. Pixels beside those depend on
/// them, too, but these latents cost more bits than they save there.
struct FreeLatents: Sendable {
  /// For each position of v, in raster order.
  let positions: [Bool]
  /// For each position of z: whether it stands for free positions of v alone, 4 × 4 of them.
  let hyperPositions: [Bool]

  init(_ mask: ExactMask) {
    let (width, height) = ((mask.width + 15) / 16, (mask.height + 15) / 16)
    let isFree = (0..<width * height).map { mask.isExact(latentX: $0 % width, latentY: $0 / width) }
    let columns = (width + 3) / 4
    positions = isFree
    hyperPositions = (0..<columns * ((height + 3) / 4)).map { place in
      let (x, y) = (4 * (place % columns), 4 * (place / columns))
      return (y..<min(y + 4, height)).allSatisfy { y in
        (x..<min(x + 4, width)).allSatisfy { isFree[y * width + $0] }
      }
    }
  }
}
