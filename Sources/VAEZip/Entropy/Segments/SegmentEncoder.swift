/// Encodes the segments of one stream (Formats/VZ-symbols.md, §2 and §3).
struct SegmentEncoder {
  let segmentTables: SegmentTables
  let order: SymbolOrder
  let frames: FrameEncoder
  /// The symbols in the order of `SymbolOrder`.
  let sorted: UnsafeBufferPointer<Int16>
  /// What the stream stores of its frames, one after the other.
  var bytes: [UInt8] = []
  /// The bit string.
  var bits = BitWriter()

  /// Writes all segments.
  /// - Parameter plan: segments that cover all groups, in order.
  /// - Throws: `EntropyError.zstd` if a segment of kind 1 has only zeros, which `PlanSearch` never plans.
  mutating func encode(_ plan: [SymbolSegment]) throws(EntropyError) {
    for segment in plan {
      segment.write(to: &bits, groupCount: order.groups.count)
      switch segment.kind {
      case .zeros: break
      case .runs: try encodeRuns(segment)
      case .magnitudes: try encodeMagnitudes(segment)
      case .runBits: encodeRunBits(segment)
      case .magnitudeBits: encodeMagnitudeBits(segment)
      }
    }
  }

  /// The stream: the frames from its front, the bit string from its end.
  consuming func stream() -> [UInt8] { bytes + bits.finishedBytes().reversed() }

  // MARK: Frames

  /// Ends a frame and writes its description (§4).
  /// - Parameter writeCount: writes the number of its sequences.
  /// - Returns: the number of its sequences.
  private mutating func finishFrame(
    _ tables: FrameTables, writeCount: (Int, inout BitWriter) -> Void
  ) throws(EntropyError) -> Int {
    guard let frame = frames.finish() else { throw .zstd("a frame without sequences") }
    writeCount(frame.sequences, &bits)
    bits.write(frame.usesDictionaryTables ? 1 : 0, count: 1)
    ResidualCode.write(
      frame.bytes.count, expected: tables.expectedSize(sequences: frame.sequences), to: &bits)
    bytes.append(contentsOf: frame.bytes)
    return frame.sequences
  }

  /// Writes a segment of kind 1.
  private mutating func encodeRuns(_ segment: SymbolSegment) throws(EntropyError) {
    let tables = segmentTables.frameTables(segment, order)
    frames.use(tables)
    let (magnitudeCap, runCap) = (tables.literalLengths.cap, tables.matchLengths.cap)
    let groups = order.groups[segment.groups]
    var cursor = ChunkCursor(groups, chunkBits: segmentTables.traits.chunkBits)
    // The bits of a frame's sequences, which follow its size and therefore wait until it ends.
    var waiting = BitWriter()
    var expected = segmentTables.expectedNonzeros(segment, order)

    func finish(_ encoder: inout SegmentEncoder, more: Bool) throws(EntropyError) {
      let count = try encoder.finishFrame(tables) { count, bits in
        ResidualCode.write(count, expected: expected, to: &bits)
      }
      expected = max(expected - count, 1)
      waiting.write(more ? 1 : 0, count: 1)
      encoder.bits.append(waiting)
      waiting = BitWriter()
    }

    let end = groups.last?.end ?? 0
    var next = groups.first?.start ?? 0
    while let place = sorted.firstNonzero(from: next, before: end) {
      next = place + 1
      var run = cursor.advance(towards: place)
      while run >= runCap {
        if !frames.append(literalLength: 1, matchLength: runCap + FrameFormat.matchBase) {
          try finish(&self, more: true)
          continue
        }
        run -= runCap
      }
      let magnitude = Int(sorted[place].magnitude)
      let (length, match) = (min(magnitude, magnitudeCap), run + FrameFormat.matchBase)
      if !frames.append(literalLength: length, matchLength: match) {
        try finish(&self, more: true)
        _ = frames.append(literalLength: length, matchLength: match)
      }
      waiting.write(place - cursor.position, count: cursor.chunkBits)
      if magnitude >= magnitudeCap { waiting.writeExpGolomb(magnitude - magnitudeCap, k: 0) }
      waiting.write(sorted[place] < 0 ? 1 : 0, count: 1)
      cursor.move(place - cursor.position)
      cursor.step()
    }
    try finish(&self, more: false)
  }

  /// Writes a segment of kind 2.
  private mutating func encodeMagnitudes(_ segment: SymbolSegment) throws(EntropyError) {
    let tables = segmentTables.frameTables(segment, order)
    frames.use(tables)
    let caps = (tables.literalLengths.cap, tables.matchLengths.cap)
    let groups = order.groups[segment.groups]
    guard let start = groups.first?.start, let end = groups.last?.end else { return }
    let half = (end - start + 1) / 2

    // Reduced magnitudes of all symbols, and a zero if their number is odd.
    var reduced = [UInt16](repeating: 0, count: 2 * half)
    for group in groups {
      let bypassBits = UInt16(segmentTables.tables.bypassBits[group.scaleIndex])
      for place in group.start..<group.end {
        reduced[place - start] = sorted[place].magnitude >> bypassBits
      }
    }
    var remaining = half
    func finish(_ encoder: inout SegmentEncoder) throws(EntropyError) {
      remaining -= try encoder.finishFrame(tables) { count, bits in
        bits.write(count == remaining ? 1 : 0, count: 1)
        if count < remaining {
          bits.writeExpGolomb(count - 1, k: SymbolFormat.sequenceCountOrder)
        }
      }
    }
    for i in 0..<half {
      let literalLength = min(Int(reduced[i]), caps.0) + 1
      let matchLength = min(Int(reduced[half + i]), caps.1) + FrameFormat.matchBase
      if !frames.append(literalLength: literalLength, matchLength: matchLength) {
        try finish(&self)
        _ = frames.append(literalLength: literalLength, matchLength: matchLength)
      }
    }
    try finish(&self)

    for group in groups {
      let bypassBits = Int(segmentTables.tables.bypassBits[group.scaleIndex])
      for place in group.start..<group.end {
        let value = Int(reduced[place - start])
        let cap = place - start < half ? caps.0 : caps.1
        if value >= cap { bits.writeExpGolomb(value - cap, k: 0) }
        let magnitude = Int(sorted[place].magnitude)
        bits.write(magnitude & ((1 << bypassBits) - 1), count: bypassBits)
        if magnitude != 0 { bits.write(sorted[place] < 0 ? 1 : 0, count: 1) }
      }
    }
  }

  // MARK: The bit string

  /// Writes a segment of kind 3.
  private mutating func encodeRunBits(_ segment: SymbolSegment) {
    let groups = order.groups[segment.groups]
    let places = ((groups.first?.start ?? 0)..<(groups.last?.end ?? 0)).filter { sorted[$0] != 0 }
    ResidualCode.write(places.count, expected: segmentTables.expectedNonzeros(segment, order), to: &bits)
    var cursor = ChunkCursor(groups, chunkBits: segmentTables.traits.riceChunkBits)
    for place in places {
      for _ in 0..<cursor.advance(towards: place) { bits.write(1, count: 1) }
      bits.write(0, count: 1)
      bits.write(place - cursor.position, count: cursor.chunkBits)
      bits.writeExpGolomb(Int(sorted[place].magnitude) - 1, k: 0)
      bits.write(sorted[place] < 0 ? 1 : 0, count: 1)
      cursor.move(place - cursor.position)
      cursor.step()
    }
  }

  /// Writes a segment of kind 4.
  private mutating func encodeMagnitudeBits(_ segment: SymbolSegment) {
    for group in order.groups[segment.groups] {
      let bypassBits = Int(segmentTables.tables.bypassBits[group.scaleIndex])
      let riceBits = Int(segmentTables.traits.riceBits[group.scaleIndex])
      for place in group.start..<group.end {
        let magnitude = Int(sorted[place].magnitude)
        let high = magnitude >> (bypassBits + riceBits)
        for _ in 0..<min(high, SymbolFormat.longestUnary) { bits.write(1, count: 1) }
        if high >= SymbolFormat.longestUnary {
          bits.writeExpGolomb(high - SymbolFormat.longestUnary, k: 0)
        } else {
          bits.write(0, count: 1)
        }
        bits.write(magnitude >> bypassBits & ((1 << riceBits) - 1), count: riceBits)
        bits.write(magnitude & ((1 << bypassBits) - 1), count: bypassBits)
        if magnitude != 0 { bits.write(sorted[place] < 0 ? 1 : 0, count: 1) }
      }
    }
  }
}
