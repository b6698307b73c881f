import CKernels
import VAEZipSupport

/// The residual blocks of the context model.
package struct ContextBlocks: RowBlocks {
  let stack: BlockStack
  /// Whether only positions where x + y is odd use the output of the last block: those of a
  /// checkerboard's second pass.
  let isSparse: Bool

  package var width: Int { stack.width }
  package var count: Int { stack.count }

  package func enter(_ block: Int, _ segment: Segment, trunk: View, mixed: View, _ scratch: Scratch) {
    stack.enter(block, segment, trunk: trunk, mixed: mixed, scratch)
  }

  package func leave(
    _ index: Int, _ segment: Segment, mixed: MixedRows, trunk: View, target: View,
    _ scratch: Scratch
  ) {
    guard isSparse, index == count - 1 else {
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

  /// Positions of a segment before the first one where x + y is odd: 0 or 1.
  package static func skipped(_ segment: Segment) -> Int { (segment.x + segment.y + 1) & 1 }
}

extension ContextNetwork {
  /// Corrects mean and raw scale index of the second pass's latents, given the first pass.
  ///
  /// - Parameters:
  ///   - features: v̂ of the first pass (zero elsewhere), then the prior's features.
  ///   - distribution: mean and raw scale index; changed where the second pass has latents, and with a
  ///     dual checkerboard in the other channels there, too.
  package func run(
    features: View, distribution: View, size: (width: Int, height: Int), threads: Threads
  ) {
    blocks.run(
      .init(width: size.width, height: size.height, threads: threads), threads: threads,
      head: { segment, place, _ in
        input.convolve(features.at(segment.x, segment.y), to: place, width: segment.width)
      },
      tail: { segment, place, _ in
        guard blocks.isSparse else {
          let target = distribution.at(segment.x, segment.y)
          output.convolve(
            place, to: target, residual: target, width: segment.width, .residual)
          return
        }
        let skip = ContextBlocks.skipped(segment)
        let target = distribution.at(segment.x + skip, segment.y).everySecond
        output.convolve(
          place.at(skip, 0).everySecond, to: target, residual: target,
          width: (segment.width - skip + 1) / 2, .residual)
      })
  }
}
