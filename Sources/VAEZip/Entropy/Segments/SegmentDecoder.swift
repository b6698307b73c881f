/// Decodes the segments of one stream (Formats/VZ-symbols.md, §2 and §3).
struct SegmentDecoder {
  let segmentTables: SegmentTables
  let order: SymbolOrder
  let frames: FrameDecoder
  /// Room for the reduced magnitudes of one segment.
  let magnitudes: ScratchBuffer<UInt8>
  /// The decoded symbols in raster order. They must be zero at first: only others are stored.
  let symbols: UnsafeMutableBufferPointer<Int16>
  var reader: BitReader
  var statistics = SymbolStatistics()

  /// Decodes all segments.
  /// - Throws: `EntropyError.corrupted` if the bytes are not exactly one stream.
  mutating func decode() throws(EntropyError) {
    var start = 0
    while start < order.groups.count {
      let bitsBefore = reader.bitsTaken
      let segment = try SymbolSegment(
        from: &reader, start: start, order: order, tables: segmentTables.tables)
      statistics.segments += 1
      switch segment.kind {
      case .zeros: break
      case .runs: try decodeRuns(segment)
      case .magnitudes: try decodeMagnitudes(segment)
      case .runBits: try decodeRunBits(segment)
      case .magnitudeBits: try decodeMagnitudeBits(segment)
      }
      try checkNotExhausted()
      start = segment.groups.upperBound
      let groups = order.groups[segment.groups]
      if segment.kind.isFramed, let first = groups.first, let last = groups.last {
        statistics.framed.append(first.start..<last.end)
        statistics.framedBits += reader.bitsTaken - bitsBefore
      }
    }
    guard reader.isAtEnd else {
      throw .corrupted(
        expected: "the stream's end after its last segment",
        found: "\(reader.remainingBytes) bytes more, or bits other than zero")
    }
  }

  // MARK: Frames

  /// How the number of a frame's sequences is coded.
  private enum SequenceCountCode {
    /// As the difference from this number.
    case residual(expected: Int)
    /// As a bit, 1 if it is this number; otherwise an Exp-Golomb code of the number minus one follows.
    case atMost(Int)
  }

  /// Reads a frame's description and decodes the frame (§4).
  /// - Returns: the number of its sequences, whose lengths are in `frames`.
  private mutating func decodeFrame(
    _ countCode: SequenceCountCode, _ tables: FrameTables
  ) throws(EntropyError) -> Int {
    let count: Int?
    switch countCode {
    case .residual(let expected):
      count = ResidualCode.read(expected: expected, from: &reader)
    case .atMost(let most):
      if reader.read(1) == 1 {
        count = most
      } else {
        let number = reader.readExpGolomb(
          k: SymbolFormat.sequenceCountOrder, limit: SymbolFormat.longestPrefix)
        count = number.flatMap { $0 < most ? $0 + 1 : nil }
      }
    }
    guard let sequences = count, 1...FrameFormat.maximumSequences ~= sequences else {
      throw .corrupted(
        expected: "the number of a frame's sequences", found: count.map { "\($0)" } ?? "none")
    }
    let usesDictionaryTables = reader.read(1) == 1
    let expectedSize = tables.expectedSize(sequences: sequences)
    guard let size = ResidualCode.read(expected: expectedSize, from: &reader), size > 0,
      let bytes = reader.takeFrame(size)
    else {
      throw .corrupted(
        expected: "a frame within the \(reader.remainingBytes) bytes left", found: "a longer one")
    }
    statistics.frames += 1
    statistics.frameBytes += size
    statistics.sequences += sequences
    try frames.decode(
      StoredFrame(sequences: sequences, usesDictionaryTables: usesDictionaryTables, bytes: bytes))
    return sequences
  }

  /// Reads a segment of kind 1.
  private mutating func decodeRuns(_ segment: SymbolSegment) throws(EntropyError) {
    let tables = segmentTables.frameTables(segment, order)
    try frames.use(tables)
    let (magnitudeCap, runCap) = (tables.literalLengths.cap, tables.matchLengths.cap)
    var cursor = ChunkCursor(
      order.groups[segment.groups], chunkBits: segmentTables.traits.chunkBits)
    var expected = segmentTables.expectedNonzeros(segment, order)
    repeat {
      let count = try decodeFrame(.residual(expected: expected), tables)
      expected = max(expected - count, 1)
      let literalLengths = frames.literalLengths.start
      let matchLengths = frames.matchLengths.start
      for i in 0..<count {
        let run = Int(matchLengths[i]) - FrameFormat.matchBase
        var magnitude = Int(literalLengths[i])
        guard 0...runCap ~= run, 1...magnitudeCap ~= magnitude else {
          throw .corrupted(
            expected: "a run of 0…\(runCap) chunks before a magnitude of 1…\(magnitudeCap)",
            found: "\(run) before \(magnitude)")
        }
        cursor.advance(chunks: run)
        if run < runCap {
          cursor.move(reader.read(cursor.chunkBits))
          if magnitude == magnitudeCap { magnitude += try escape() }
          try store(magnitude, at: cursor)
          cursor.step()
        } else if cursor.isAtEnd {
          throw endsEarly()
        }
      }
      try checkNotExhausted()
    } while reader.read(1) == 1
  }

  /// Reads a segment of kind 2.
  private mutating func decodeMagnitudes(_ segment: SymbolSegment) throws(EntropyError) {
    let tables = segmentTables.frameTables(segment, order)
    try frames.use(tables)
    let caps = (tables.literalLengths.cap, tables.matchLengths.cap)
    let groups = order.groups[segment.groups]
    guard let start = groups.first?.start, let end = groups.last?.end else { return }
    let count = end - start
    let half = (count + 1) / 2
    // With an odd number of symbols, the last match length carries none.
    let reduced = magnitudes.reserve(2 * half).baseAddress.unsafelyUnwrapped
    var done = 0
    while done < half {
      let sequences = try decodeFrame(.atMost(half - done), tables)
      var largest = (0, 0)
      var smallest = (255, 255)
      for i in 0..<sequences {
        let pair = (Int(frames.literalLengths.start[i]), Int(frames.matchLengths.start[i]))
        largest = (max(largest.0, pair.0), max(largest.1, pair.1))
        smallest = (min(smallest.0, pair.0), min(smallest.1, pair.1))
        reduced[done + i] = UInt8(truncatingIfNeeded: pair.0 - 1)
        reduced[half + done + i] = UInt8(truncatingIfNeeded: pair.1 - FrameFormat.matchBase)
      }
      guard smallest.0 >= 1, smallest.1 >= FrameFormat.matchBase,
        largest.0 <= caps.0 + 1, largest.1 <= caps.1 + FrameFormat.matchBase
      else {
        throw .corrupted(
          expected: "lengths of 1…\(caps.0 + 1) and 3…\(caps.1 + 3)",
          found: "\(smallest.0)…\(largest.0) and \(smallest.1)…\(largest.1)")
      }
      done += sequences
    }
    if count < 2 * half, reduced[count] != 0 {
      throw .corrupted(expected: "a last magnitude of 0", found: "\(reduced[count])")
    }
    for group in groups {
      let bypassBits = Int(segmentTables.tables.bypassBits[group.scaleIndex])
      for place in group.start..<group.end {
        var magnitude = Int(reduced[place - start])
        if magnitude == (place - start < half ? caps.0 : caps.1) { magnitude += try escape() }
        magnitude = magnitude << bypassBits | reader.read(bypassBits)
        if magnitude != 0 { try store(magnitude, place: place) }
      }
      try checkNotExhausted()
    }
  }

  // MARK: The bit string

  /// Reads a segment of kind 3.
  private mutating func decodeRunBits(_ segment: SymbolSegment) throws(EntropyError) {
    let groups = order.groups[segment.groups]
    var cursor = ChunkCursor(groups, chunkBits: segmentTables.traits.riceChunkBits)
    guard
      let count = ResidualCode.read(
        expected: segmentTables.expectedNonzeros(segment, order), from: &reader)
    else { throw .corrupted(expected: "a number of nonzero symbols", found: "a longer code") }
    for _ in 0..<count {
      while reader.read(1) == 1, !cursor.isAtEnd { cursor.advance(chunks: 1) }
      cursor.move(reader.read(cursor.chunkBits))
      try store(1 + escape(), at: cursor)
      cursor.step()
      try checkNotExhausted()
    }
  }

  /// Reads a segment of kind 4.
  private mutating func decodeMagnitudeBits(_ segment: SymbolSegment) throws(EntropyError) {
    for group in order.groups[segment.groups] {
      let bypassBits = Int(segmentTables.tables.bypassBits[group.scaleIndex])
      let riceBits = Int(segmentTables.traits.riceBits[group.scaleIndex])
      for place in group.start..<group.end {
        var high = 0
        while high < SymbolFormat.longestUnary, reader.read(1) == 1 { high += 1 }
        if high == SymbolFormat.longestUnary { high += try escape() }
        let reduced = high << riceBits | reader.read(riceBits)
        let magnitude = reduced << bypassBits | reader.read(bypassBits)
        if magnitude != 0 { try store(magnitude, place: place) }
      }
      try checkNotExhausted()
    }
  }

  // MARK: Symbols

  /// Reads by how much a magnitude exceeds its cap.
  private mutating func escape() throws(EntropyError) -> Int {
    guard let excess = reader.readExpGolomb(k: 0, limit: SymbolFormat.longestPrefix) else {
      throw .corrupted(expected: "an escape of at most 16 bits", found: "a longer one")
    }
    return excess
  }

  /// Reads the sign of a nonzero symbol and stores the symbol.
  /// - Throws: `EntropyError.corrupted` if the cursor is past the segment's end, or the magnitude too large.
  private mutating func store(_ magnitude: Int, at cursor: ChunkCursor) throws(EntropyError) {
    guard !cursor.isAtEnd else { throw endsEarly() }
    try store(magnitude, place: cursor.position)
  }

  /// Reads the sign of a nonzero symbol and stores the symbol at a place in the segment.
  /// - Throws: `EntropyError.corrupted` if the magnitude is too large.
  @inline(__always)
  private mutating func store(_ magnitude: Int, place: Int) throws(EntropyError) {
    guard magnitude <= SymbolFormat.maximumMagnitude else {
      throw .corrupted(
        expected: "a magnitude of at most \(SymbolFormat.maximumMagnitude)", found: "\(magnitude)")
    }
    let value = reader.read(1) == 1 ? -magnitude : magnitude
    symbols[Int(order.indices[place])] = Int16(truncatingIfNeeded: value)
    statistics.nonzeros += 1
  }

  private func endsEarly() -> EntropyError {
    .corrupted(expected: "runs that end within the segment", found: "a longer run")
  }

  private func checkNotExhausted() throws(EntropyError) {
    if reader.isExhausted { throw .corrupted(expected: "more bits", found: "the stream's front") }
  }
}
