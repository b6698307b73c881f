/// Sums over the groups of a stream, from which `PlanSearch` reckons what any segment takes.
///
/// Row g of a histogram has, by entry, the sums over the groups before g. A stream has at most 2²⁷ symbols
/// (`SymbolOrder.maximumCount`), so that expected counts stay below 2⁵², run weights below 2⁶¹, and bits,
/// fewer than 2⁷ a symbol, below 2³⁴.
struct GroupSums {
  /// Reduced magnitudes: expected, in 2⁻²⁴ symbols, and actual.
  let expectedMagnitudes: UnsafePointer<Int>
  let actualMagnitudes: UnsafePointer<Int>
  /// Chunks of zeros before a nonzero symbol: the weights of the format's lane, and actual numbers.
  let expectedRuns: UnsafePointer<Int>
  let actualRuns: UnsafePointer<Int>
  private let histograms: ScratchBuffer<Int>
  /// Nonzero symbols, expected, in 2⁻²⁴ symbols.
  private(set) var expectedNonzeros: [Int] = [0]
  /// Nonzero symbols.
  private(set) var nonzeros: [Int] = [0]
  /// Levels with dropped bits.
  private(set) var rawLevels: [Int] = [0]
  /// Dropped bits.
  private(set) var rawBits: [Int] = [0]
  /// Bits of reduced magnitudes from 32 on, beyond what an escape of 31 takes.
  private(set) var escapeBits: [Int] = [0]
  /// Bits behind the sequences of runs: places within a chunk.
  private(set) var runRemainders: [Int] = [0]
  /// Bits of the segments of kinds `runBits` and `magnitudeBits`.
  private(set) var runBits: [Int] = [0]
  private(set) var magnitudeBits: [Int] = [0]

  static let entries = ScaleTables.entryCount

  /// - Parameter sorted: the symbols in the order of `order`.
  init(order: SymbolOrder, mixtures: Mixtures, sorted: UnsafeBufferPointer<Int16>) {
    let rows = (order.groups.count + 1) * Self.entries
    histograms = ScratchBuffer(capacity: 4 * rows)
    histograms.start.initialize(repeating: 0, count: 4 * rows)
    let expectedMagnitudes = histograms.start
    let actualMagnitudes = expectedMagnitudes + rows
    let expectedRuns = actualMagnitudes + rows
    let actualRuns = expectedRuns + rows
    let (tables, traits) = (mixtures.tables, mixtures.traits)
    let expected = order.groups.map { group in
      group.count * (ScaleTables.total - Int(tables.frequency(group.level, 0)))
    }
    // Down to 36 bits: products with probabilities of 24 bits fit.
    let shift = max(0, 28 - expected.reduce(0, +).leadingZeroBitCount)

    var cursor = ChunkCursor(order.groups[...], chunkBits: traits.chunkBits)
    var bitCursor = ChunkCursor(order.groups[...], chunkBits: traits.riceChunkBits)
    for (index, group) in order.groups.enumerated() {
      let row = (index + 1) * Self.entries
      let rawBits = Int(tables.rawBits[group.level])
      let riceBits = Int(traits.riceBits[group.level])
      var (nonzero, escape, remainders, bits) = (0, 0, 0, 0)
      var riceCodes = 0
      var next = group.start
      while let place = sorted.firstNonzero(from: next, before: group.end) {
        next = place + 1
        let magnitude = Int(sorted[place].magnitude)
        let reduced = magnitude >> rawBits
        nonzero += 1
        actualMagnitudes[row + min(reduced, ScaleTables.escape)] += 1
        if reduced > ScaleTables.escape { escape += 2 * ((reduced + 1).leadingBit - 5) }
        riceCodes += Self.unaryBits(reduced >> riceBits) - 1

        // As if the segment had begun with the stream: its first run may be shorter.
        actualRuns[row + min(cursor.advance(towards: place), ScaleTables.escape)] += 1
        remainders += cursor.bits
        cursor.move(place - cursor.position)
        cursor.step()
        bits += bitCursor.advance(towards: place) + 1 + bitCursor.bits
        bits += 2 * magnitude.leadingBit + 1
        bitCursor.move(place - bitCursor.position)
        bitCursor.step()
      }
      actualMagnitudes[row] += group.count - nonzero
      let zero = Int(traits.chunkZero[group.level])
      let weight = max(expected[index] >> shift, 1)
      var atLeast = ScaleTables.total
      for entry in 0..<Self.entries {
        let more = entry == ScaleTables.escape ? 0 : (atLeast * zero) >> 24
        expectedMagnitudes[row + entry] = group.count * Int(tables.frequency(group.level, entry))
        expectedRuns[row + entry] = weight * (atLeast - more)
        atLeast = more
        let before = row + entry - Self.entries
        expectedMagnitudes[row + entry] += expectedMagnitudes[before]
        actualMagnitudes[row + entry] += actualMagnitudes[before]
        expectedRuns[row + entry] += expectedRuns[before]
        actualRuns[row + entry] += actualRuns[before]
      }
      expectedNonzeros.append(expectedNonzeros[index] + expected[index])
      nonzeros.append(nonzeros[index] + nonzero)
      rawLevels.append(rawLevels[index] + (rawBits > 0 ? 1 : 0))
      self.rawBits.append(self.rawBits[index] + group.count * rawBits)
      escapeBits.append(escapeBits[index] + escape)
      runRemainders.append(runRemainders[index] + remainders)
      runBits.append(runBits[index] + bits)
      magnitudeBits.append(
        magnitudeBits[index] + riceCodes + group.count * (1 + riceBits + rawBits))
    }
    self.expectedMagnitudes = UnsafePointer(expectedMagnitudes)
    self.actualMagnitudes = UnsafePointer(actualMagnitudes)
    self.expectedRuns = UnsafePointer(expectedRuns)
    self.actualRuns = UnsafePointer(actualRuns)
  }

  /// Bits of a unary code with its escape (kind 4).
  private static func unaryBits(_ x: Int) -> Int {
    x < SymbolCoder.longestUnary
      ? x + 1 : SymbolCoder.longestUnary + 2 * (x - SymbolCoder.longestUnary + 1).leadingBit + 1
  }
}

extension UnsafeBufferPointer<Int16> {
  /// The first place in start..<end whose symbol is not zero.
  @inline(__always)
  func firstNonzero(from start: Int, before end: Int) -> Int? {
    guard let base = baseAddress else { return nil }
    var place = start
    // Most are zero: four at once.
    while place &+ 4 <= end {
      let word = UnsafeRawPointer(base + place).loadUnaligned(as: UInt64.self)
      if word != 0 { return place &+ UInt64(littleEndian: word).trailingZeroBitCount / 16 }
      place &+= 4
    }
    while place < end {
      if base[place] != 0 { return place }
      place &+= 1
    }
    return nil
  }
}
