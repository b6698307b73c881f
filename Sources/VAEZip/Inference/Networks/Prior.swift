import CKernels
import VAEZipSupport

extension HyperAnalysisNetwork {
  /// The hyper-latent z of a tile: 1/4 of the size of its companded latent, rounded up.
  package func hyperLatent(of companded: FeatureMap, threads: Threads) -> FeatureMap {
    let (width, height) = (companded.width, companded.height)
    let trunkPlane = FeatureMap(width: width, height: height, channels: blocks.width)
    let (source, trunk) = (View(companded), View(trunkPlane))
    blocks.run(
      .init(width: width, height: height, threads: threads), trunk: trunk, threads: threads,
      head: { segment, place, _ in
        input.convolve(source.at(segment.x, segment.y), to: place, width: segment.width)
      })
    let half = FeatureMap(
      width: (width + 1) / 2, height: (height + 1) / 2, channels: blocks.width)
    down1.convolve(
      trunk, to: View(half), width: half.width, rows: half.height, kernel: 3, stride: 2, .leaky)
    let hyper = FeatureMap(
      width: (half.width + 1) / 2, height: (half.height + 1) / 2, channels: hyperWidth)
    down2.convolve(
      View(half), to: View(hyper), width: hyper.width, rows: hyper.height, kernel: 3, stride: 2)
    withExtendedLifetime((companded, trunkPlane, half)) {}
    return hyper
  }
}

extension HyperSynthesisNetwork {
  /// What the quantized hyper-latent tells of a tile's latents.
  ///
  /// - Parameters:
  ///   - trunk: written: the prior's features. The plane under it must have room for
  ///     2 · ceil(size / 2) pixels each way.
  ///   - distribution: written: mean and raw scale level of each latent.
  ///   - size: of the tile, in latent positions.
  package func run(
    hyper: FeatureMap, trunk: View, distribution: View, size: (width: Int, height: Int),
    threads: Threads
  ) {
    let half = FeatureMap(width: 2 * hyper.width, height: 2 * hyper.height, channels: hyperWidth)
    up1.convolve(
      View(hyper), to: View(half), width: hyper.width, rows: hyper.height, .leaky)
    // Cropped to half the tile's size, rounded up; then the stores may run one pixel past the tile.
    up2.convolve(
      View(half), to: trunk, width: (size.width + 1) / 2, rows: (size.height + 1) / 2)
    blocks.run(
      .init(width: size.width, height: size.height, threads: threads), trunk: trunk,
      threads: threads,
      head: { _, _, _ in },
      tail: { segment, place, _ in
        output.convolve(
          place, to: distribution.at(segment.x, segment.y), width: segment.width)
      })
    withExtendedLifetime((hyper, half)) {}
  }
}

/// The context's blocks: what leaves the last one is of interest at the second pass's positions
/// alone, where x + y is odd.
package struct ContextBlocks: RowBlocks {
  let stack: BlockStack

  package var width: Int { stack.width }
  package var count: Int { stack.count }

  package func enter(_ block: Int, _ segment: Segment, trunk: View, mixed: View, _ scratch: Scratch) {
    stack.enter(block, segment, trunk: trunk, mixed: mixed, scratch)
  }

  package func leave(
    _ index: Int, _ segment: Segment, mixed: MixedRows, trunk: View, target: View,
    _ scratch: Scratch
  ) {
    guard index == count - 1 else {
      stack.leave(index, segment, mixed: mixed, trunk: trunk, target: target, scratch)
      return
    }
    let block = stack.blocks[index]
    let skip = Self.skipped(segment)
    let odd = (segment.width - skip + 1) / 2
    let narrow = View(row: scratch.pointer, channels: width)
    let wide = View(row: scratch.pointer + width * segment.width, channels: 2 * width)
    let (trunk, target) = (trunk.at(skip, 0).everySecond, target.at(skip, 0).everySecond)
    block.depthwise.depthwise(
      above: mixed.above, here: mixed.here, below: mixed.below, to: narrow, width: segment.width)
    block.merge.convolve(
      narrow.at(skip, 0).everySecond, to: trunk, residual: trunk, width: odd, .residual)
    block.expand.convolve(trunk, to: wide, width: odd, .leaky)
    block.shrink.convolve(wide, to: target, residual: trunk, width: odd, .residual)
  }

  /// Positions of a segment before the first one of the second pass: 0 or 1.
  package static func skipped(_ segment: Segment) -> Int { (segment.x + segment.y + 1) & 1 }
}

extension ContextNetwork {
  /// Corrects mean and raw scale level of the second pass's positions by what the first pass told.
  ///
  /// - Parameters:
  ///   - features: v̂ of the first pass (zero elsewhere), then the prior's features.
  ///   - distribution: mean and raw scale level; changed where (x + y) is odd.
  package func run(
    features: View, distribution: View, size: (width: Int, height: Int), threads: Threads
  ) {
    blocks.run(
      .init(width: size.width, height: size.height, threads: threads), threads: threads,
      head: { segment, place, _ in
        input.convolve(features.at(segment.x, segment.y), to: place, width: segment.width)
      },
      tail: { segment, place, _ in
        let skip = ContextBlocks.skipped(segment)
        let target = distribution.at(segment.x + skip, segment.y).everySecond
        output.convolve(
          place.at(skip, 0).everySecond, to: target, residual: target,
          width: (segment.width - skip + 1) / 2, .residual)
      })
  }
}
