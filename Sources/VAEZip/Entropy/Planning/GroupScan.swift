/// Walks once over all symbols of a stream, group by group, and counts what `GroupSums` adds up.
struct GroupScan {
  /// What one group contributes to the size of a segment.
  struct Counts {
    /// Nonzero symbols.
    var nonzeros = 0
    /// Bits of the escapes of reduced magnitudes from 32 on, beyond those of an escape of 31.
    var escapeBits = 0
    /// Kind 1: bits that give the nonzero symbols' places within their chunks.
    var remainderBits = 0
    /// Kind 3: all bits but signs and the number of nonzero symbols.
    var runBits = 0
    /// Kind 4: all bits but signs.
    var magnitudeBits = 0
  }

  private let sorted: UnsafeBufferPointer<Int16>
  private let tables: ScaleTables
  private let traits: ScaleTraits
  private var frameCursor: ChunkCursor
  private var bitCursor: ChunkCursor

  /// - Parameter sorted: the symbols in the order of `order`.
  init(order: SymbolOrder, segmentTables: SegmentTables, sorted: UnsafeBufferPointer<Int16>) {
    self.sorted = sorted
    tables = segmentTables.tables
    traits = segmentTables.traits
    frameCursor = ChunkCursor(order.groups[...], chunkBits: traits.chunkBits)
    bitCursor = ChunkCursor(order.groups[...], chunkBits: traits.riceChunkBits)
  }

  /// Counts the next group.
  /// - Parameters:
  ///   - group: groups come in order, each once.
  ///   - magnitudes: histogram of the reduced magnitudes 0…31, increased; the last one counts larger ones.
  ///   - runs: histogram of the numbers of chunks before nonzero symbols, likewise.
  mutating func count(
    _ group: SymbolOrder.Group, magnitudes: UnsafeMutablePointer<Int>,
    runs: UnsafeMutablePointer<Int>
  ) -> Counts {
    let bypassBits = Int(tables.bypassBits[group.scaleIndex])
    let riceBits = Int(traits.riceBits[group.scaleIndex])
    var counts = Counts()
    counts.magnitudeBits = group.count * (1 + riceBits + bypassBits)
    var next = group.start
    while let place = sorted.firstNonzero(from: next, before: group.end) {
      next = place + 1
      let magnitude = Int(sorted[place].magnitude)
      let reduced = magnitude >> bypassBits
      counts.nonzeros += 1
      magnitudes[min(reduced, ScaleTables.escape)] += 1
      if reduced > ScaleTables.escape { counts.escapeBits += 2 * ((reduced + 1).leadingBit - 5) }
      counts.magnitudeBits += Self.unaryBits(reduced >> riceBits) - 1

      // The walk begins with the stream, not with the segment, whose first run may be shorter.
      runs[min(frameCursor.advance(towards: place), ScaleTables.escape)] += 1
      counts.remainderBits += frameCursor.chunkBits
      frameCursor.move(place - frameCursor.position)
      frameCursor.step()
      counts.runBits += bitCursor.advance(towards: place) + 1 + bitCursor.chunkBits
      counts.runBits += ExpGolomb.bitCount(magnitude - 1, k: 0)
      bitCursor.move(place - bitCursor.position)
      bitCursor.step()
    }
    magnitudes[0] += group.count - counts.nonzeros
    return counts
  }

  /// Bits of a unary code with its escape (kind 4).
  private static func unaryBits(_ x: Int) -> Int {
    let longest = SymbolFormat.longestUnary
    return x < longest ? x + 1 : longest + ExpGolomb.bitCount(x - longest, k: 0)
  }
}
