/// Encodes the segments of one stream.
struct SegmentEncoder {
  let mixtures: Mixtures
  let order: SymbolOrder
  let frames: FrameEncoder
  /// In the order of `SymbolOrder`.
  let sorted: UnsafeBufferPointer<Int16>
  /// The frames, one after the other.
  var bytes: [UInt8] = []
  var bits = BitWriter()

  /// Writes all segments, which cover all groups in order.
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

  /// The stream: frames from the front, bits from the end.
  consuming func stream() -> [UInt8] { bytes + bits.finishedBytes().reversed() }

  // MARK: Frames

  /// Ends a frame.
  /// - Parameter writeCount: writes the number of its sequences.
  /// - Returns: that number.
  private mutating func finishFrame(
    _ tables: FrameTables, writeCount: (Int, inout BitWriter) -> Void
  ) throws(EntropyError) -> Int {
    guard let frame = frames.finish() else { throw .zstd("a frame without sequences") }
    writeCount(frame.sequences, &bits)
    bits.write(frame.usesDictionaryTables ? 1 : 0, count: 1)
    NearCode.write(
      frame.bytes.count, expected: tables.expectedSize(sequences: frame.sequences), to: &bits)
    bytes.append(contentsOf: frame.bytes)
    return frame.sequences
  }

  private mutating func encodeRuns(_ segment: SymbolSegment) throws(EntropyError) {
    let tables = mixtures.frameTables(segment, order)
    frames.use(tables)
    let (magnitudeCap, runCap) = (tables.literalLengths.cap, tables.matchLengths.cap)
    let groups = order.groups[segment.groups]
    var cursor = ChunkCursor(groups, chunkBits: mixtures.traits.chunkBits)
    // A frame's size comes before the bits of its sequences: those wait here.
    var waiting = BitWriter()
    var expected = mixtures.expectedNonzeros(segment, order)

    func finish(_ encoder: inout SegmentEncoder, more: Bool) throws(EntropyError) {
      let count = try encoder.finishFrame(tables) { count, bits in
        NearCode.write(count, expected: expected, to: &bits)
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
      waiting.write(place - cursor.position, count: cursor.bits)
      if magnitude >= magnitudeCap { waiting.writeExpGolomb(magnitude - magnitudeCap, k: 0) }
      waiting.write(sorted[place] < 0 ? 1 : 0, count: 1)
      cursor.move(place - cursor.position)
      cursor.step()
    }
    try finish(&self, more: false)
  }

  private mutating func encodeMagnitudes(_ segment: SymbolSegment) throws(EntropyError) {
    let tables = mixtures.frameTables(segment, order)
    frames.use(tables)
    let caps = (tables.literalLengths.cap, tables.matchLengths.cap)
    let groups = order.groups[segment.groups]
    guard let start = groups.first?.start, let end = groups.last?.end else { return }
    let half = (end - start + 1) / 2

    // Reduced magnitudes of all symbols, one more if their number is odd.
    var reduced = [UInt16](repeating: 0, count: 2 * half)
    for group in groups {
      let rawBits = UInt16(mixtures.tables.rawBits[group.level])
      for place in group.start..<group.end {
        reduced[place - start] = sorted[place].magnitude >> rawBits
      }
    }
    var remaining = half
    func finish(_ encoder: inout SegmentEncoder) throws(EntropyError) {
      remaining -= try encoder.finishFrame(tables) { count, bits in
        bits.write(count == remaining ? 1 : 0, count: 1)
        if count < remaining {
          bits.writeExpGolomb(count - 1, k: SymbolCoder.sequenceCountParameter)
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
      let rawBits = Int(mixtures.tables.rawBits[group.level])
      for place in group.start..<group.end {
        let value = Int(reduced[place - start])
        let cap = place - start < half ? caps.0 : caps.1
        if value >= cap { bits.writeExpGolomb(value - cap, k: 0) }
        let magnitude = Int(sorted[place].magnitude)
        bits.write(magnitude & ((1 << rawBits) - 1), count: rawBits)
        if magnitude != 0 { bits.write(sorted[place] < 0 ? 1 : 0, count: 1) }
      }
    }
  }

  // MARK: The bit string

  private mutating func encodeRunBits(_ segment: SymbolSegment) {
    let groups = order.groups[segment.groups]
    let places = ((groups.first?.start ?? 0)..<(groups.last?.end ?? 0)).filter { sorted[$0] != 0 }
    NearCode.write(places.count, expected: mixtures.expectedNonzeros(segment, order), to: &bits)
    var cursor = ChunkCursor(groups, chunkBits: mixtures.traits.riceChunkBits)
    for place in places {
      for _ in 0..<cursor.advance(towards: place) { bits.write(1, count: 1) }
      bits.write(0, count: 1)
      bits.write(place - cursor.position, count: cursor.bits)
      bits.writeExpGolomb(Int(sorted[place].magnitude) - 1, k: 0)
      bits.write(sorted[place] < 0 ? 1 : 0, count: 1)
      cursor.move(place - cursor.position)
      cursor.step()
    }
  }

  private mutating func encodeMagnitudeBits(_ segment: SymbolSegment) {
    for group in order.groups[segment.groups] {
      let rawBits = Int(mixtures.tables.rawBits[group.level])
      let riceBits = Int(mixtures.traits.riceBits[group.level])
      for place in group.start..<group.end {
        let magnitude = Int(sorted[place].magnitude)
        let high = magnitude >> (rawBits + riceBits)
        for _ in 0..<min(high, SymbolCoder.longestUnary) { bits.write(1, count: 1) }
        if high >= SymbolCoder.longestUnary {
          bits.writeExpGolomb(high - SymbolCoder.longestUnary, k: 0)
        } else {
          bits.write(0, count: 1)
        }
        bits.write(magnitude >> rawBits & ((1 << riceBits) - 1), count: riceBits)
        bits.write(magnitude & ((1 << rawBits) - 1), count: rawBits)
        if magnitude != 0 { bits.write(sorted[place] < 0 ? 1 : 0, count: 1) }
      }
    }
  }
}
