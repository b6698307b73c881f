import CKernels

/// The weights of one residual block:
/// x += merge(depthwise(leaky(mix(x)))); x += shrink(leaky(expand(x))).
package struct Block: Sendable {
  package let mix, depthwise, merge, expand, shrink: PackedLayer
}

/// The residual blocks of a part of the network.
package struct BlockStack: RowBlocks {
  package let width: Int
  package let blocks: [Block]
  /// Gets the signs of what the activations give, if anybody wants to go back through the blocks.
  var signs: SignRings?

  package var count: Int { blocks.count }

  package func enter(_ block: Int, _ segment: Segment, trunk: View, mixed: View, _ scratch: Scratch) {
    blocks[block].mix.convolve(trunk, to: mixed, width: segment.width, .leaky)
  }

  package func leave(
    _ index: Int, _ segment: Segment, mixed: MixedRows, trunk: View, target: View,
    _ scratch: Scratch
  ) {
    let block = blocks[index]
    let narrow = View(row: scratch.pointer, channels: width)
    let wide = View(row: scratch.pointer + width * segment.width, channels: 2 * width)
    block.depthwise.depthwise(
      above: mixed.above, here: mixed.here, below: mixed.below, to: narrow, width: segment.width)
    block.merge.convolve(narrow, to: trunk, residual: trunk, width: segment.width, .residual)
    block.expand.convolve(trunk, to: wide, width: segment.width, .leaky)
    signs?.record(index, segment, mixed: mixed.here, wide: wide)
    block.shrink.convolve(wide, to: target, residual: trunk, width: segment.width, .residual)
  }
}
