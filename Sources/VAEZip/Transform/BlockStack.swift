import CKernels

/// The weights of one residual block:
/// x += merge(depthwise(leaky(mix(x)))); x += shrink(leaky(expand(x))).
struct Block: Sendable {
  let mix, depthwise, merge, expand, shrink: PackedLayer
}

/// A rectangle of one row of pixels that is worked on at a time.
struct Segment: Sendable {
  var x: Int
  var y: Int
  var width: Int
}

/// The residual blocks of a part of the network, in place on its trunk.
///
/// All of a block happens on one segment of a row before the next segment is touched, so that what
/// lies between its layers stays in the cache. Only the depthwise convolution looks at neighbours;
/// its input, the mixed trunk, is therefore complete before a block begins: the block before makes
/// it, segment by segment, while the trunk is at hand.
struct BlockStack: Sendable {
  let width: Int
  let blocks: [Block]

  /// Pixels of a segment: with the channels in use, its intermediates fit the second-level cache.
  static let segmentWidth = 128

  /// What a thread needs between the layers: `width` channels, then 2 · `width`.
  func makeScratch() -> Scratch { Scratch(elements: 3 * width * Self.segmentWidth) }

  /// Runs all blocks.
  ///
  /// - Parameters:
  ///   - size: of the picture, in trunk pixels.
  ///   - head: writes the trunk of a segment; nil if it is there already.
  ///   - tail: uses the finished trunk of a segment.
  func run(
    trunk: View, size: (width: Int, height: Int), threads: Threads,
    head: (@Sendable (Segment) -> Void)? = nil, tail: (@Sendable (Segment) -> Void)? = nil
  ) {
    let perRow = (size.width + Self.segmentWidth - 1) / Self.segmentWidth
    let (rowWidth, count) = (size.width, perRow * size.height)
    @Sendable func segment(_ index: Int) -> Segment {
      let x = index % perRow * Self.segmentWidth
      return Segment(x: x, y: index / perRow, width: min(Self.segmentWidth, rowWidth - x))
    }
    guard let first = blocks.first else {
      threads.forEach(count) { index in
        head?(segment(index))
        tail?(segment(index))
      }
      return
    }
    // Two planes take turns: a block reads one while it makes the next one's.
    let planes = (0..<min(2, blocks.count)).map { _ in
      FeatureMap(width: size.width, height: size.height, channels: width)
    }
    let mixed = planes.map { View($0) }
    threads.forEach(count) { index in
      let segment = segment(index)
      head?(segment)
      first.mix.convolve(
        trunk.at(segment.x, segment.y), to: mixed[0].at(segment.x, segment.y),
        width: segment.width, .leaky)
    }
    for (number, block) in blocks.enumerated() {
      let next = number + 1 < blocks.count ? blocks[number + 1] : nil
      let (from, to) = (mixed[number % 2], mixed[(number + 1) % mixed.count])
      threads.forEach(count, makeWorker: makeScratch) { index, scratch in
        let segment = segment(index)
        let place = trunk.at(segment.x, segment.y)
        let narrow = View(row: scratch.pointer, channels: width)
        let wide = View(
          row: scratch.pointer + width * Self.segmentWidth, channels: 2 * width)
        block.depthwise.depthwise(
          from.at(segment.x, segment.y), to: narrow, width: segment.width)
        block.merge.convolve(
          narrow, to: place, residual: place, width: segment.width, .residual)
        block.expand.convolve(place, to: wide, width: segment.width, .leaky)
        block.shrink.convolve(wide, to: place, residual: place, width: segment.width, .residual)
        if let next {
          next.mix.convolve(
            place, to: to.at(segment.x, segment.y), width: segment.width, .leaky)
        } else {
          tail?(segment)
        }
        withExtendedLifetime(scratch) {}
      }
    }
    withExtendedLifetime(planes) {}
  }
}
