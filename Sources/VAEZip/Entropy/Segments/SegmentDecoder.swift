/// Decodes the segments of one stream.
struct SegmentDecoder {
  let mixtures: Mixtures
  let order: SymbolOrder
  let frames: FrameDecoder
  /// Reduced magnitudes of one segment, as frames carry them.
  let magnitudes: ScratchBuffer<UInt8>
  /// In raster order, zeros at first.
  let symbols: UnsafeMutableBufferPointer<Int16>
  var reader: BitReader
  var statistics = SymbolStatistics()

  /// Longest prefix of an Exp-Golomb code: 16 bits hold all magnitudes.
  private static let longestPrefix = 16

  /// Decodes all segments.
  mutating func decode() throws(EntropyError) {
    var start = 0
    while start < order.groups.count {
      let bitsBefore = reader.bitsTaken
      let segment = try SymbolSegment(
        from: &reader, start: start, order: order, tables: mixtures.tables)
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

  /// How many sequences a frame has.
  private enum FrameLength {
    /// A number near this one.
    case near(Int)
    /// So many, or fewer.
    case atMost(Int)
  }

  /// Decodes a frame.
  /// - Returns: the number of sequences.
  private mutating func decodeFrame(
    _ length: FrameLength, _ tables: FrameTables
  ) throws(EntropyError) -> Int {
    let count: Int?
    switch length {
    case .near(let expected):
      count = NearCode.read(expected: expected, from: &reader)
    case .atMost(let most):
      if reader.read(1) == 1 {
        count = most
      } else {
        let number = reader.readExpGolomb(
          k: SymbolCoder.sequenceCountParameter, limit: Self.longestPrefix)
        count = number.flatMap { $0 < most ? $0 + 1 : nil }
      }
    }
    guard let sequences = count, 1...FrameFormat.maximumSequences ~= sequences else {
      throw .corrupted(
        expected: "the number of a frame's sequences", found: count.map { "\($0)" } ?? "none")
    }
    let usesDictionaryTables = reader.read(1) == 1
    let expectedSize = tables.expectedSize(sequences: sequences)
    guard let size = NearCode.read(expected: expectedSize, from: &reader), size > 0,
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

  private mutating func decodeRuns(_ segment: SymbolSegment) throws(EntropyError) {
    let tables = mixtures.frameTables(segment, order)
    try frames.use(tables)
    let (magnitudeCap, runCap) = (tables.literalLengths.cap, tables.matchLengths.cap)
    var cursor = ChunkCursor(
      order.groups[segment.groups], chunkBits: mixtures.traits.chunkBits)
    var expected = mixtures.expectedNonzeros(segment, order)
    repeat {
      let count = try decodeFrame(.near(expected), tables)
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
          cursor.move(reader.read(cursor.bits))
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

  private mutating func decodeMagnitudes(_ segment: SymbolSegment) throws(EntropyError) {
    let tables = mixtures.frameTables(segment, order)
    try frames.use(tables)
    let caps = (tables.literalLengths.cap, tables.matchLengths.cap)
    let groups = order.groups[segment.groups]
    guard let start = groups.first?.start, let end = groups.last?.end else { return }
    let count = end - start
    let half = (count + 1) / 2
    // An odd number of symbols leaves one match length without a symbol.
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
      let rawBits = Int(mixtures.tables.rawBits[group.level])
      for place in group.start..<group.end {
        var magnitude = Int(reduced[place - start])
        if magnitude == (place - start < half ? caps.0 : caps.1) { magnitude += try escape() }
        magnitude = magnitude << rawBits | reader.read(rawBits)
        if magnitude != 0 { try store(magnitude, place: place) }
      }
      try checkNotExhausted()
    }
  }

  // MARK: The bit string

  private mutating func decodeRunBits(_ segment: SymbolSegment) throws(EntropyError) {
    let groups = order.groups[segment.groups]
    var cursor = ChunkCursor(groups, chunkBits: mixtures.traits.riceChunkBits)
    guard
      let count = NearCode.read(
        expected: mixtures.expectedNonzeros(segment, order), from: &reader)
    else { throw .corrupted(expected: "a number of nonzero symbols", found: "a longer code") }
    for _ in 0..<count {
      while reader.read(1) == 1, !cursor.isAtEnd { cursor.advance(chunks: 1) }
      cursor.move(reader.read(cursor.bits))
      try store(1 + escape(), at: cursor)
      cursor.step()
      try checkNotExhausted()
    }
  }

  private mutating func decodeMagnitudeBits(_ segment: SymbolSegment) throws(EntropyError) {
    for group in order.groups[segment.groups] {
      let rawBits = Int(mixtures.tables.rawBits[group.level])
      let riceBits = Int(mixtures.traits.riceBits[group.level])
      for place in group.start..<group.end {
        var high = 0
        while high < SymbolCoder.longestUnary, reader.read(1) == 1 { high += 1 }
        if high == SymbolCoder.longestUnary { high += try escape() }
        let magnitude = (high << riceBits | reader.read(riceBits)) << rawBits | reader.read(rawBits)
        if magnitude != 0 { try store(magnitude, place: place) }
      }
      try checkNotExhausted()
    }
  }

  // MARK: Symbols

  /// What a magnitude exceeds its cap by.
  private mutating func escape() throws(EntropyError) -> Int {
    guard let excess = reader.readExpGolomb(k: 0, limit: Self.longestPrefix) else {
      throw .corrupted(expected: "an escape of at most 16 bits", found: "a longer one")
    }
    return excess
  }

  private mutating func store(_ magnitude: Int, at cursor: ChunkCursor) throws(EntropyError) {
    guard !cursor.isAtEnd else { throw endsEarly() }
    try store(magnitude, place: cursor.position)
  }

  /// Reads the sign of a nonzero symbol and stores it; `place` is within the segment.
  @inline(__always)
  private mutating func store(_ magnitude: Int, place: Int) throws(EntropyError) {
    guard magnitude <= Int(Int16.max) else {
      throw .corrupted(expected: "a magnitude of at most 32767", found: "\(magnitude)")
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
