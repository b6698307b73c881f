// Formats/VZ-symbols.md, section 3: segments.

/// A decoder of symbol streams. Start here, then read `BitString`, `FrameDecoder`, `SequenceFields`.
package struct SymbolDecoder {
  private let tables: SymbolTables
  private var reader = BitString([])
  /// How many segments of each kind were met, so that tests can tell whether all kinds were.
  package private(set) var segmentCounts = [Int](repeating: 0, count: 5)

  /// - Parameter tensor: `entropy.magnitudes`, 64 rows of 33.
  package init(tensor: [Int]) {
    tables = SymbolTables(tensor: tensor)
  }

  /// The symbols of a stream.
  /// - Parameter scaleIndexes: of each symbol, 0…63.
  package mutating func decode(_ stream: [UInt8], scaleIndexes: [Int]) throws -> [Int] {
    var result = [Int](repeating: 0, count: scaleIndexes.count)
    // "An empty stream says that all symbols are zero."
    if stream.isEmpty { return result }
    reader = BitString(stream)
    var groups = groups(scaleIndexes)
    guard !groups.isEmpty else { throw FormatError("bytes without symbols") }
    while !groups.isEmpty {
      let kind = try readKind()
      let groupCount = try reader.bits(bitWidth(groups.count - 1)) + 1
      guard groupCount <= groups.count else { throw FormatError("too many groups") }
      let places = groups.prefix(groupCount).flatMap { $0 }
      groups.removeFirst(groupCount)
      segmentCounts[kind] += 1
      let symbols = try segment(kind, places.map { scaleIndexes[$0] })
      for (place, symbol) in zip(places, symbols) { result[place] = symbol }
    }
    try reader.finish()
    return result
  }

  /// "Order": the places of the symbols of each scale index that occurs.
  private func groups(_ scaleIndexes: [Int]) -> [[Int]] {
    var placesByRank = [[Int]](repeating: [], count: 64)
    for (place, v) in scaleIndexes.enumerated() { placesByRank[tables.rank[v]].append(place) }
    return placesByRank.filter { !$0.isEmpty }
  }

  private mutating func readKind() throws -> Int {
    var zeros = 0
    while zeros < 4, try reader.bits(1) == 0 { zeros += 1 }
    return [2, 1, 0, 4, 3][zeros]
  }

  /// How many bits a number has.
  private func bitWidth(_ number: Int) -> Int { number == 0 ? 0 : log2Floor(number) + 1 }

  /// - Parameter v: the scale index of each symbol of the segment.
  private mutating func segment(_ kind: Int, _ v: [Int]) throws -> [Int] {
    if kind == 1 || kind == 3, v.contains(where: { tables.raw[$0] > 0 }) {
      throw FormatError("runs of symbols with bypass bits")
    }
    switch kind {
    case 1: return try runsInFrames(v)
    case 2: return try magnitudesInFrames(v)
    case 3: return try runsInBits(v)
    case 4: return try magnitudesInBits(v)
    default: return v.map { _ in 0 }
    }
  }

  /// A magnitude with the sign that follows.
  private mutating func signed(_ magnitude: Int) throws -> Int {
    guard magnitude <= 32767 else { throw FormatError("a magnitude above 32767") }
    return try reader.bits(1) == 1 ? -magnitude : magnitude
  }

  // MARK: Kind 1

  private mutating func runsInFrames(_ v: [Int]) throws -> [Int] {
    let fields = SequenceFields(runs: v, tables)
    var cursor = RunCursor(v, chunk: tables.chunk)
    var expected = tables.expectedNonzeros(v)
    repeat {
      let sequenceCount = try reader.near(expected)
      expected = max(1, expected - sequenceCount)
      let pairs = try FrameDecoder(fields).frame(sequenceCount, from: &reader)
      for (a, b) in pairs {
        let (literal, c) = (a, b - 3)
        guard (1...fields.literals.cap).contains(literal), (0...fields.matches.cap).contains(c) else {
          throw FormatError("a length of a run")
        }
        try cursor.advance(chunks: c)
        if c == fields.matches.cap {
          guard !cursor.isAtEnd else { throw FormatError("a run that ends the segment without a symbol") }
          continue
        }
        try cursor.advance(symbols: reader.bits(cursor.chunkBits))
        let escape = literal == fields.literals.cap ? try reader.expGolomb(0) : 0
        try cursor.put(signed(literal + escape))
      }
    } while try reader.bits(1) == 1
    return cursor.symbols
  }

  // MARK: Kind 3

  private mutating func runsInBits(_ v: [Int]) throws -> [Int] {
    var cursor = RunCursor(v, chunk: tables.riceChunk)
    for _ in 0..<(try reader.near(tables.expectedNonzeros(v))) {
      while try reader.bits(1) == 1 { try cursor.advance(chunks: 1) }
      try cursor.advance(symbols: reader.bits(cursor.chunkBits))
      let magnitude = try reader.expGolomb(0) + 1
      try cursor.put(signed(magnitude))
    }
    return cursor.symbols
  }

  // MARK: Kind 2

  private mutating func magnitudesInFrames(_ v: [Int]) throws -> [Int] {
    let half = (v.count + 1) / 2
    let fields = SequenceFields(magnitudes: v, tables)
    var (first, second): ([Int], [Int]) = ([], [])
    while first.count < half {
      let left = half - first.count
      let isAll = try reader.bits(1) == 1
      let sequenceCount = isAll ? left : try reader.expGolomb(8) + 1
      guard sequenceCount <= left else { throw FormatError("too many sequences") }
      for (a, b) in try FrameDecoder(fields).frame(sequenceCount, from: &reader) {
        guard (0...fields.literals.cap).contains(a - 1), (0...fields.matches.cap).contains(b - 3) else {
          throw FormatError("a length of a magnitude")
        }
        first.append(a - 1)
        second.append(b - 3)
      }
    }
    var reduced = first + second
    if reduced.count > v.count, reduced.removeLast() != 0 {
      throw FormatError("a magnitude without a symbol")
    }
    return try v.indices.map { place in
      let cap = place < half ? fields.literals.cap : fields.matches.cap
      let escape = reduced[place] == cap ? try reader.expGolomb(0) : 0
      return try symbol(reduced: reduced[place] + escape, v[place])
    }
  }

  /// A symbol whose bypass bits and sign follow.
  private mutating func symbol(reduced m: Int, _ v: Int) throws -> Int {
    let magnitude = m << tables.raw[v] + (try reader.bits(tables.raw[v]))
    return magnitude == 0 ? 0 : try signed(magnitude)
  }

  // MARK: Kind 4

  private mutating func magnitudesInBits(_ v: [Int]) throws -> [Int] {
    try v.map { v in
      var h = 0
      while h < 20, try reader.bits(1) == 1 { h += 1 }
      if h == 20 { h += try reader.expGolomb(0) }
      let r = try reader.bits(tables.rice[v])
      return try symbol(reduced: h << tables.rice[v] + r, v)
    }
  }
}

/// "Runs": the symbols of a segment, and a cursor that jumps over zeros.
private struct RunCursor {
  private let v: [Int]
  private let chunk: [Int]
  private var place = 0
  private(set) var symbols: [Int]

  /// - Parameters:
  ///   - v: the scale index of each symbol.
  ///   - chunk: the logarithm of a chunk's length, by scale index.
  init(_ v: [Int], chunk: [Int]) {
    self.v = v
    self.chunk = chunk
    symbols = v.map { _ in 0 }
  }

  var isAtEnd: Bool { place >= v.count }

  /// chunk[v] at the cursor; 0 at the segment's end.
  var chunkBits: Int { isAtEnd ? 0 : chunk[v[place]] }

  mutating func advance(chunks: Int) throws {
    for _ in 0..<chunks {
      guard !isAtEnd else { throw FormatError("a run past the segment's end") }
      place += 1 << chunk[v[place]]
    }
  }

  mutating func advance(symbols: Int) throws { place += symbols }

  /// A symbol that is not zero.
  mutating func put(_ symbol: Int) throws {
    guard !isAtEnd else { throw FormatError("a run past the segment's end") }
    symbols[place] = symbol
    place += 1
  }
}
