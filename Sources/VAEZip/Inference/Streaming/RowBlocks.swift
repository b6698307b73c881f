import VAEZipSupport

/// Some pixels of one row, worked on at a time.
package struct Segment: Sendable {
  package var x: Int
  package var y: Int
  package var width: Int
}

/// A step on a segment of the trunk: the segment, a view at its first pixel, the thread's scratch.
package typealias SegmentStep = (Segment, View, Scratch) -> Void

/// Residual blocks in sequence, each in two halves around a depthwise 3×3 convolution, the only layer that
/// sees neighbors.
///
/// All layers of a half run on one segment of a row before the next segment is touched, so what lies between
/// them stays in the cache. Each block is a stage of a pipeline, one row or more behind the block before, so
/// it always finds the row below. Nothing is computed twice, and memory does not grow with the height.
package protocol RowBlocks: Sendable {
  /// Channels of the trunk.
  var width: Int { get }
  /// Number of blocks.
  var count: Int { get }

  /// A block's first half: from a segment of the trunk, which it may change, to what the convolution
  /// reads.
  func enter(
    _ block: Int, _ segment: Segment, trunk: View, mixed: View, _ scratch: Scratch)

  /// A block's second half, from the convolution on: adds to the trunk and writes the target, which
  /// may be the same place.
  func leave(
    _ block: Int, _ segment: Segment, mixed: MixedRows, trunk: View, target: View,
    _ scratch: Scratch)
}

/// Three rows that a convolution reads, at the same column.
package struct MixedRows {
  package let above, here, below: View
}

/// Size of the trunk, and how its rows are cut into segments.
package struct StackPlan: Sendable {
  /// In trunk pixels.
  package let width, height: Int
  /// Rows that the head writes at a time: 1, or 2 (the height is even then).
  let headRows: Int
  /// Numbers for each pixel that head or tail need in the scratch memory.
  let scratchChannels: Int
  /// Whether head or tail work on pixels: then the scratch memory has room for `CellSegment`.
  let usesCells: Bool
  /// Pixels of a segment; all of a row's are as wide, but for the last.
  let segmentWidth: Int
  let segmentsPerRow: Int
  /// By how many rows a block may be ahead of the next one; the result does not depend on it.
  let slack: Int

  /// Most pixels of a segment: with the channels in use, its intermediates fit the second-level
  /// cache. A multiple of the 12 pixels that the kernels' sums have registers for, as is its half.
  static let maximalSegmentWidth = 144

  /// - Parameter stripHeight: overrides the number of rows that blocks may be apart.
  package init(
    width: Int, height: Int, headRows: Int = 1, scratchChannels: Int = 0, usesCells: Bool = false,
    threads: Threads, stripHeight: Int? = nil
  ) {
    self.width = width
    self.height = height
    self.headRows = headRows
    self.scratchChannels = scratchChannels
    self.usesCells = usesCells
    // Enough segments that a thread stays at a block for a while, whose weights then come from
    // its cache, and that no thread finds nothing to do.
    let segments = (width + Self.maximalSegmentWidth - 1) / Self.maximalSegmentWidth
    segmentWidth = ((width + segments - 1) / segments + 23) / 24 * 24
    segmentsPerRow = (width + segmentWidth - 1) / segmentWidth
    let rows = stripHeight ?? min(max(8 * min(threads.count, 2) / segmentsPerRow, 1), 16)
    slack = min(max(rows, 1), height)
  }

  package func segment(_ index: Int, y: Int) -> Segment {
    let x = index * segmentWidth
    return Segment(x: x, y: y, width: min(segmentWidth, width - x))
  }

  /// The trunk is in work from the head to the last block. Rows that the head writes at a time lie
  /// one after the other, so the window must not end between them.
  fileprivate func trunkRows(_ blocks: Int) -> Int {
    let count = (blocks + 1) * (slack + 1) + headRows
    return min((count + headRows - 1) / headRows * headRows, height)
  }

  /// What the convolution of a block reads: a row, its neighbors, and those that are ahead.
  fileprivate var mixedRows: Int { min(slack + headRows + 2, height) }
}

/// The rows in flight between the stages of a stack.
package final class StackWindows: Sendable {
  package let trunk: Rows
  fileprivate let mixed: [Rows]
  /// The row above the picture, and the one below it.
  private let zeros: View
  /// Keeps the memory alive.
  private let maps: [FeatureMap]

  /// - Parameter trunk: where all of the trunk is; nil keeps only the rows that are in work.
  package init(_ plan: StackPlan, blocks: Int, channels: Int, trunk wholeTrunk: View? = nil) {
    var maps = (0..<blocks).map { _ in
      FeatureMap(width: plan.width, height: plan.mixedRows, channels: channels, isRing: true)
    }
    mixed = maps.map(Rows.init(ring:))
    let zeros = FeatureMap(width: plan.width, height: 1, channels: channels, isRing: true)
    zeros.pixel(0, 0).update(repeating: 0, count: plan.width * channels)
    self.zeros = View(zeros)
    maps.append(zeros)
    if let wholeTrunk {
      trunk = Rows(all: wholeTrunk)
    } else {
      let map = FeatureMap(
        width: plan.width, height: plan.trunkRows(blocks), channels: channels, isRing: true)
      trunk = Rows(ring: map)
      maps.append(map)
    }
    self.maps = maps
  }

  /// A row and its neighbors; beyond the picture there are zeros.
  fileprivate func around(_ block: Int, x: Int, y: Int, height: Int) -> MixedRows {
    let rows = mixed[block]
    return MixedRows(
      above: y > 0 ? rows.at(x, y - 1) : zeros.at(x, 0), here: rows.at(x, y),
      below: y + 1 < height ? rows.at(x, y + 1) : zeros.at(x, 0))
  }
}

/// The stages of a stack.
package struct StackStages<Failure: Error> {
  /// The one before the blocks; its rows are `headStep` of the trunk each.
  package let head: Pipeline<Failure>.Stage
  let headStep: Int
  /// A stage each; their rows are those of the trunk.
  package let blocks: [Pipeline<Failure>.Stage]

  /// Without blocks that is the head.
  package var last: Pipeline<Failure>.Stage { blocks.last ?? head }
  /// Rows of the trunk that one row of the last stage stands for.
  package var lastStep: Int { blocks.isEmpty ? headStep : 1 }
  /// The rows of a ring of trunk rows that one row of the last stage writes.
  package var lastRows: RingRows { RingRows(step: lastStep) }
}

extension RowBlocks {
  /// Adds all blocks to a pipeline, and a head before them.
  ///
  /// - Parameters:
  ///   - trunk: where all of the trunk is; nil keeps only the rows that are in work.
  ///   - output: where the finished trunk goes, if not to its own place.
  ///   - head: writes the trunk of a segment, `headRows` rows of it.
  ///   - tail: uses the finished trunk of a segment.
  package func add<Failure>(
    to pipeline: Pipeline<Failure>, plan: StackPlan, trunk: View? = nil, output: Rows? = nil,
    head: @escaping SegmentStep, tail: @escaping SegmentStep = { _, _, _ in }
  ) -> StackStages<Failure> {
    let windows = StackWindows(plan, blocks: count, channels: width, trunk: trunk)
    let step = plan.headRows
    let first = pipeline.add(rows: plan.height / step, units: plan.segmentsPerRow) {
      row, unit, scratch in
      var segment = plan.segment(unit, y: row * step)
      head(segment, windows.trunk.at(segment.x, segment.y), scratch)
      for _ in 0..<step {
        begin(segment, windows, output: output, scratch, tail: tail)
        segment.y += 1
      }
    }
    let stages = add(
      to: pipeline, plan: plan, windows, behind: first, step: step, output: output, tail: tail)
    pipeline.makeRoom(
      RingSchedule(height: plan.height, capacity: windows.trunk.count),
      for: first, RingRows(step: step), after: stages.last, stages.lastRows)
    return stages
  }

  /// Enters the first block with a segment of the trunk that is in the windows.
  package func begin(
    _ segment: Segment, _ windows: StackWindows, output: Rows? = nil, _ scratch: Scratch,
    tail: SegmentStep = { _, _, _ in }
  ) {
    let place = windows.trunk.at(segment.x, segment.y)
    if let mixed = windows.mixed.first {
      enter(0, segment, trunk: place, mixed: mixed.at(segment.x, segment.y), scratch)
    } else {
      let target = output?.at(segment.x, segment.y)
      target?.copy(place, width: segment.width, channels: width)
      tail(segment, target ?? place, scratch)
    }
  }

  /// Adds all blocks after a stage that writes the trunk in the windows, `step` rows at a time, and calls
  /// `begin`. The caller makes room in the trunk for that stage.
  package func add<Failure>(
    to pipeline: Pipeline<Failure>, plan: StackPlan, _ windows: StackWindows,
    behind first: Pipeline<Failure>.Stage, step: Int, output: Rows? = nil,
    tail: @escaping SegmentStep = { _, _, _ in }
  ) -> StackStages<Failure> {
    let scratch = scratch(plan)
    pipeline.reserve(elements: scratch.elements, bytes: scratch.bytes)
    pipeline.keep(windows)
    let height = plan.height
    var stages: [Pipeline<Failure>.Stage] = []
    var (last, lastStep) = (first, step)
    for block in 0..<count {
      let stage = pipeline.add(rows: height, units: plan.segmentsPerRow) { y, unit, scratch in
        let segment = plan.segment(unit, y: y)
        let x = segment.x
        let place = windows.trunk.at(x, y)
        let mixed = windows.around(block, x: x, y: y, height: height)
        if block + 1 < count {
          leave(block, segment, mixed: mixed, trunk: place, target: place, scratch)
          enter(
            block + 1, segment, trunk: place, mixed: windows.mixed[block + 1].at(x, y), scratch)
        } else {
          let target = output?.at(x, y) ?? place
          leave(block, segment, mixed: mixed, trunk: place, target: target, scratch)
          tail(segment, target, scratch)
        }
      }
      pipeline.connect(
        RingSchedule(height: height, capacity: windows.mixed[block].count),
        from: last, RingRows(step: lastStep), to: stage, RingRows(before: 1, after: 1))
      stages.append(stage)
      (last, lastStep) = (stage, 1)
    }
    return StackStages(head: first, headStep: step, blocks: stages)
  }

  /// Runs all blocks on a map, without other stages.
  package func run(
    _ plan: StackPlan, trunk: View? = nil, threads: Threads, head: @escaping SegmentStep,
    tail: @escaping SegmentStep = { _, _, _ in }
  ) {
    let pipeline = Pipeline<Never>()
    _ = add(to: pipeline, plan: plan, trunk: trunk, head: head, tail: tail)
    pipeline.run(threads: threads)
  }

  /// Scratch memory of one thread.
  private func scratch(_ plan: StackPlan) -> (elements: Int, bytes: Int) {
    (
      max(3 * width, plan.scratchChannels) * plan.segmentWidth,
      plan.usesCells ? 8 * 24 * plan.segmentWidth : 0
    )
  }

  /// Memory of all stages in bytes: their windows, and the threads' scratch.
  package func byteCount(_ plan: StackPlan, hasTrunk: Bool = false, threads: Threads) -> Int {
    func ring(_ rows: Int) -> Int {
      FeatureMap.byteCount(width: plan.width, height: rows, channels: width, isRing: true)
    }
    let scratch = scratch(plan)
    return (hasTrunk ? 0 : ring(plan.trunkRows(count))) + count * ring(plan.mixedRows) + ring(1)
      + threads.count * (MemoryLayout<Int16>.stride * scratch.elements + scratch.bytes)
  }
}
