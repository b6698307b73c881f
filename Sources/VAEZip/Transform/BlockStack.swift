import CKernels

/// The weights of one residual block:
/// x += merge(depthwise(leaky(mix(x)))); x += shrink(leaky(expand(x))).
struct Block: Sendable {
  let mix, depthwise, merge, expand, shrink: PackedLayer
}

/// Some pixels of one row, worked on at a time.
struct Segment: Sendable {
  var x: Int
  var y: Int
  var width: Int
}

/// Rows of pixels of which only some are in memory at a time: row y is where row y − `count` was.
struct Rows: Sendable {
  private let first: View
  private let count: Int

  /// All rows of a picture.
  init(all view: View) {
    first = view
    count = .max
  }

  /// A window of rows: as many as the map has.
  init(ring map: FeatureMap) {
    first = View(map)
    count = map.height
  }

  @inline(__always)
  func at(_ x: Int, _ y: Int) -> View { first.at(x, y % count) }
}

/// The residual blocks of a part of the network.
///
/// All of a block happens on one segment of a row before the next segment is touched, so that what
/// lies between its layers stays in the cache. Only the depthwise convolution looks at neighbours.
/// Rows stream through the blocks in strips: a block is one row behind the one before it, so it
/// always finds the row below, nothing is computed twice, and memory does not grow with the height.
/// The result does not depend on the strips.
struct BlockStack: Sendable {
  let width: Int
  let blocks: [Block]

  /// Pixels of a segment: with the channels in use, its intermediates fit the second-level cache.
  static let segmentWidth = 128

  /// How a picture goes through.
  struct Schedule: Sendable {
    /// In trunk pixels.
    let width, height: Int
    let threads: Threads
    /// Rows that the head writes at a time: 1, or 2 (the height is even then).
    var headRows = 1
    /// Whether head or tail work on pixels: then the scratch memory has room for `CellSegment`.
    var usesCells = false
    /// Overrides the height of strips, in rows: tests show with it that it does not matter.
    var stripHeight: Int?

    var segmentsPerRow: Int { (width + segmentWidth - 1) / segmentWidth }

    /// Enough segments for the threads to share out evenly; even, for heads that write two rows.
    var rowsPerStrip: Int {
      let rows = stripHeight ?? max(16, 16 * threads.count / segmentsPerRow)
      return min((rows + 1) / 2 * 2, (height + 1) / 2 * 2)
    }

    func segment(_ index: Int, firstRow: Int) -> Segment {
      let x = index % segmentsPerRow * segmentWidth
      return Segment(
        x: x, y: firstRow + index / segmentsPerRow, width: min(segmentWidth, width - x))
    }
  }

  /// A step on a segment of the trunk, for which the view is placed; with a thread's own memory.
  typealias Step = @Sendable (Segment, View, Scratch) -> Void

  /// Streams a picture through all blocks.
  ///
  /// - Parameters:
  ///   - trunk: where all of the trunk shall be; nil keeps only the rows that are in work.
  ///   - head: writes the trunk of a segment, `headRows` rows of it.
  ///   - tail: uses the finished trunk of a segment.
  ///   - finished: is called after each strip with the number of rows that are finished.
  func run(
    _ schedule: Schedule, trunk wholeTrunk: View? = nil, head: Step, tail: Step? = nil,
    finished: ((Int) -> Void)? = nil
  ) {
    let (height, strip) = (schedule.height, schedule.rowsPerStrip)
    // A ring of the trunk has the strip and the rows that the blocks are behind.
    let ring =
      wholeTrunk == nil
      ? FeatureMap(
        width: schedule.width, height: strip + (blocks.count + 3) / 2 * 2, channels: width) : nil
    let trunk = wholeTrunk.map(Rows.init(all:)) ?? ring.map(Rows.init(ring:))
    guard let trunk else { return }
    // The mixed trunk of each block: the strip, the rows that the block is behind (in the last
    // strip it catches up with all of them), and the neighbour above.
    let maps = blocks.indices.map { index in
      FeatureMap(width: schedule.width, height: min(strip + index + 2, height), channels: width)
    }
    let mixed = maps.map(Rows.init(ring:))

    var ready = 0
    var done = [Int](repeating: 0, count: blocks.count)
    while ready < height {
      let end = min(ready + strip, height)
      runHead(schedule, ready..<end, trunk: trunk, mixed: mixed.first, head: head, tail: tail)
      ready = end
      var limit = end
      for index in blocks.indices {
        // The last row has no neighbour to wait for.
        let target = limit == height ? height : max(limit - 1, 0)
        runBlock(
          index, schedule, done[index]..<max(target, done[index]), trunk: trunk,
          from: mixed[index], zeros: View(maps[index]).at(0, -1),
          to: index + 1 < blocks.count ? mixed[index + 1] : nil, tail: tail)
        done[index] = target
        limit = target
      }
      finished?(limit)
    }
    withExtendedLifetime((ring, maps)) {}
  }

  private func makeScratch(_ schedule: Schedule) -> Scratch {
    Scratch(
      elements: max(3 * width, schedule.usesCells ? 192 : 0) * Self.segmentWidth,
      bytes: schedule.usesCells ? 8 * 24 * Self.segmentWidth : 0)
  }

  private func runHead(
    _ schedule: Schedule, _ rows: Range<Int>, trunk: Rows, mixed: Rows?, head: Step, tail: Step?
  ) {
    let step = schedule.headRows
    let count = rows.count / step * schedule.segmentsPerRow
    withoutActuallyEscaping(head) { head in
      schedule.threads.forEach(count, makeWorker: { makeScratch(schedule) }) { index, scratch in
        var segment = schedule.segment(index, firstRow: 0)
        segment.y = rows.lowerBound + segment.y * step
        head(segment, trunk.at(segment.x, segment.y), scratch)
        for row in 0..<step {
          let place = trunk.at(segment.x, segment.y + row)
          if let first = blocks.first, let mixed {
            first.mix.convolve(
              place, to: mixed.at(segment.x, segment.y + row), width: segment.width, .leaky)
          } else {
            tail?(Segment(x: segment.x, y: segment.y + row, width: segment.width), place, scratch)
          }
        }
        withExtendedLifetime(scratch) {}
      }
    }
  }

  private func runBlock(
    _ index: Int, _ schedule: Schedule, _ rows: Range<Int>, trunk: Rows, from: Rows, zeros: View,
    to: Rows?, tail: Step?
  ) {
    let block = blocks[index]
    let next = to == nil ? nil : blocks[index + 1]
    schedule.threads.forEach(
      rows.count * schedule.segmentsPerRow, makeWorker: { makeScratch(schedule) }
    ) { index, scratch in
      let segment = schedule.segment(index, firstRow: rows.lowerBound)
      let (x, y) = (segment.x, segment.y)
      let place = trunk.at(x, y)
      let narrow = View(row: scratch.pointer, channels: width)
      let wide = View(row: scratch.pointer + width * Self.segmentWidth, channels: 2 * width)
      block.depthwise.depthwise(
        above: y > 0 ? from.at(x, y - 1) : zeros.at(x, 0), here: from.at(x, y),
        below: y + 1 < schedule.height ? from.at(x, y + 1) : zeros.at(x, 0), to: narrow,
        width: segment.width)
      block.merge.convolve(narrow, to: place, residual: place, width: segment.width, .residual)
      block.expand.convolve(place, to: wide, width: segment.width, .leaky)
      block.shrink.convolve(wide, to: place, residual: place, width: segment.width, .residual)
      if let next, let to {
        next.mix.convolve(place, to: to.at(x, y), width: segment.width, .leaky)
      } else {
        tail?(segment, place, scratch)
      }
      withExtendedLifetime(scratch) {}
    }
  }
}
