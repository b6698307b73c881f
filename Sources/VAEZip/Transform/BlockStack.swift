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

/// The residual blocks of a part of the network.
///
/// All of a block happens on one segment of a row before the next segment is touched, so that what
/// lies between its layers stays in the cache. Only the depthwise convolution looks at neighbours.
/// Each block is a stage of a pipeline, a row or more behind the one before it, so it always finds
/// the row below; nothing is computed twice, and memory does not grow with the height.
struct BlockStack: Sendable {
  let width: Int
  let blocks: [Block]

  /// Most pixels of a segment: with the channels in use, its intermediates fit the second-level
  /// cache. A multiple of the 12 pixels that the kernels' sums have registers for.
  static let maximalSegmentWidth = 144

  /// The picture that goes through, and how.
  struct Plan: Sendable {
    /// In trunk pixels.
    let width, height: Int
    /// Rows that the head writes at a time: 1, or 2 (the height is even then).
    var headRows = 1
    /// Whether head or tail work on pixels: then the scratch memory has room for `CellSegment`.
    var usesCells = false
    /// Pixels of a segment; all of a row's are as wide, but for the last.
    let segmentWidth: Int
    let segmentsPerRow: Int
    /// By how many rows a block may be ahead of the next one; the result does not depend on it.
    let slack: Int

    /// - Parameter stripHeight: overrides the number of rows that blocks may be apart.
    init(
      width: Int, height: Int, headRows: Int = 1, usesCells: Bool = false, threads: Threads,
      stripHeight: Int? = nil
    ) {
      self.width = width
      self.height = height
      self.headRows = headRows
      self.usesCells = usesCells
      // Enough segments that a thread stays at a block for a while, whose weights then come from
      // its cache, and that no thread finds nothing to do.
      let segments = (width + maximalSegmentWidth - 1) / maximalSegmentWidth
      segmentWidth = ((width + segments - 1) / segments + 11) / 12 * 12
      segmentsPerRow = (width + segmentWidth - 1) / segmentWidth
      let rows = stripHeight ?? min(max(8 * threads.count / segmentsPerRow, 3), 16)
      slack = min(max(rows, 1), height)
    }

    /// Rows of a window that holds so many, or the whole picture.
    fileprivate func rows(_ count: Int) -> Int { min(count, height) }
    /// The trunk is in work from the head to the last block. Rows that the head writes at a time lie
    /// one after the other, so the window must not end between them.
    fileprivate func trunkRows(_ blocks: Int) -> Int {
      let count = (blocks + 1) * (slack + 1) + headRows
      return rows((count + headRows - 1) / headRows * headRows)
    }
    /// The mixed trunk of a block: a row, its neighbours, and those that are ahead.
    fileprivate var mixedRows: Int { rows(slack + headRows + 2) }

    func segment(_ index: Int, y: Int) -> Segment {
      let x = index * segmentWidth
      return Segment(x: x, y: y, width: min(segmentWidth, width - x))
    }
  }

  /// A step on a segment of the trunk, for which the view is placed; with a thread's own memory.
  typealias Step = (Segment, View, Scratch) -> Void

  /// The first and the last stage of a stack. Rows of the former are `headRows` of the trunk each,
  /// those of the latter one; without blocks both are the same stage.
  struct Stages<Failure: Error> {
    let head, last: Pipeline<Failure>.Stage
    /// Rows of the trunk that are one of the last stage.
    let lastStep: Int

    /// How many rows of the last stage make so many rows of the trunk.
    func lastRows(_ trunkRows: Int) -> Int { (trunkRows + lastStep - 1) / lastStep }
  }

  /// Adds all blocks to a pipeline.
  ///
  /// - Parameters:
  ///   - trunk: where all of the trunk is; nil keeps only the rows that are in work.
  ///   - output: where the finished trunk goes, if not to its own place.
  ///   - head: writes the trunk of a segment, `headRows` rows of it.
  ///   - tail: uses the finished trunk of a segment.
  func add<Failure>(
    to pipeline: Pipeline<Failure>, plan: Plan, trunk wholeTrunk: View? = nil,
    output: Rows? = nil, head: @escaping Step, tail: @escaping Step = { _, _, _ in }
  ) -> Stages<Failure> {
    let (height, step) = (plan.height, plan.headRows)
    let scratch = scratch(plan)
    pipeline.reserve(elements: scratch.elements, bytes: scratch.bytes)
    func ring(_ rows: Int) -> FeatureMap {
      let map = FeatureMap(width: plan.width, height: rows, channels: width)
      pipeline.keep(map)
      return map
    }
    let trunk = wholeTrunk.map(Rows.init(all:)) ?? Rows(ring: ring(plan.trunkRows(blocks.count)))
    let maps = blocks.map { _ in ring(plan.mixedRows) }
    let mixed = maps.map(Rows.init(ring:))

    let first = pipeline.add(rows: height / step, units: plan.segmentsPerRow) {
      row, unit, scratch in
      var segment = plan.segment(unit, y: row * step)
      head(segment, trunk.at(segment.x, segment.y), scratch)
      for _ in 0..<step {
        let place = trunk.at(segment.x, segment.y)
        if let block = blocks.first, let mixed = mixed.first {
          block.mix.convolve(
            place, to: mixed.at(segment.x, segment.y), width: segment.width, .leaky)
        } else {
          let target = output?.at(segment.x, segment.y)
          target?.copy(place, width: segment.width, channels: width)
          tail(segment, target ?? place, scratch)
        }
        segment.y += 1
      }
    }
    var last = first
    var lastStep = step
    for index in blocks.indices {
      let stage = addBlock(
        index, to: pipeline, plan: plan, trunk: trunk, from: mixed[index],
        zeros: View(maps[index]).at(0, -1),
        mixed: index + 1 < blocks.count ? mixed[index + 1] : nil, output: output, tail: tail)
      let (rows, count) = (lastStep, mixed[index].count)
      pipeline.wait(stage, for: last) { (min($0 + 2, height) + rows - 1) / rows }
      // A row of the ring is free when the rows around the one that was there are done.
      pipeline.wait(last, for: stage) { row in
        let oldest = row * rows + rows - 1 - count
        return oldest < 0 ? 0 : min(oldest + 2, height)
      }
      last = stage
      lastStep = 1
    }
    if !blocks.isEmpty {
      pipeline.wait(first, for: last) { ($0 + 1) * step - trunk.count }
    }
    return Stages(head: first, last: last, lastStep: lastStep)
  }

  /// What each thread needs for itself.
  private func scratch(_ plan: Plan) -> (elements: Int, bytes: Int) {
    (
      max(3 * width, plan.usesCells ? 192 : 0) * plan.segmentWidth,
      plan.usesCells ? 8 * 24 * plan.segmentWidth : 0
    )
  }

  /// Bytes of memory that the stages take together: their rings, and the threads' scratch.
  func byteCount(_ plan: Plan, hasTrunk: Bool = false, threads: Threads) -> Int {
    func ring(_ rows: Int) -> Int {
      FeatureMap.byteCount(width: plan.width, height: rows, channels: width)
    }
    let scratch = scratch(plan)
    return (hasTrunk ? 0 : ring(plan.trunkRows(blocks.count)))
      + blocks.count * ring(plan.mixedRows)
      + threads.count * (MemoryLayout<Int16>.stride * scratch.elements + scratch.bytes)
  }

  private func addBlock<Failure>(
    _ index: Int, to pipeline: Pipeline<Failure>, plan: Plan, trunk: Rows, from: Rows, zeros: View,
    mixed: Rows?, output: Rows?, tail: @escaping Step
  ) -> Pipeline<Failure>.Stage {
    let block = blocks[index]
    let next = mixed == nil ? nil : blocks[index + 1]
    let height = plan.height
    return pipeline.add(rows: height, units: plan.segmentsPerRow) { y, unit, scratch in
      let segment = plan.segment(unit, y: y)
      let (x, width) = (segment.x, segment.width)
      let place = trunk.at(x, y)
      let narrow = View(row: scratch.pointer, channels: self.width)
      let wide = View(
        row: scratch.pointer + self.width * plan.segmentWidth, channels: 2 * self.width)
      block.depthwise.depthwise(
        above: y > 0 ? from.at(x, y - 1) : zeros.at(x, 0), here: from.at(x, y),
        below: y + 1 < height ? from.at(x, y + 1) : zeros.at(x, 0), to: narrow, width: width)
      block.merge.convolve(narrow, to: place, residual: place, width: width, .residual)
      block.expand.convolve(place, to: wide, width: width, .leaky)
      if let next, let mixed {
        block.shrink.convolve(wide, to: place, residual: place, width: width, .residual)
        next.mix.convolve(place, to: mixed.at(x, y), width: width, .leaky)
      } else {
        let target = output?.at(x, y) ?? place
        block.shrink.convolve(wide, to: target, residual: place, width: width, .residual)
        tail(segment, target, scratch)
      }
    }
  }

  /// Lets a picture go through all blocks, without other stages.
  func run(
    _ plan: Plan, trunk: View? = nil, threads: Threads, head: @escaping Step,
    tail: @escaping Step = { _, _, _ in }
  ) {
    let pipeline = Pipeline<Never>()
    _ = add(to: pipeline, plan: plan, trunk: trunk, head: head, tail: tail)
    pipeline.run(threads: threads)
  }
}
