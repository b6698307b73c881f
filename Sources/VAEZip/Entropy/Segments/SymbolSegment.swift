/// How the symbols of a segment are carried; the raw value is the format's number.
enum SegmentKind: Int, CaseIterable {
  /// All are zero: nothing is stored.
  case zeros = 0
  /// Frames: a sequence per nonzero symbol, the run of zeros before it and its magnitude.
  case runs = 1
  /// Frames: a sequence per two symbols, their magnitudes.
  case magnitudes = 2
  /// Runs and magnitudes in the bit string: short segments are not worth a frame.
  case runBits = 3
  /// Magnitudes in the bit string.
  case magnitudeBits = 4

  /// Whether zeros are counted, so that no bits of a magnitude can be dropped.
  var countsRuns: Bool { self == .runs || self == .runBits }
  /// Whether zstd frames carry the symbols.
  var isFramed: Bool { self == .runs || self == .magnitudes }

  /// All kinds, the most frequent first: a kind's place is the number of zeros of its code, which a one
  /// ends, but for the last.
  private static let byFrequency: [SegmentKind] = [
    .magnitudes, .runs, .zeros, .magnitudeBits, .runBits,
  ]

  private var zeros: Int { Self.byFrequency.firstIndex(of: self) ?? 0 }

  /// Bits of the kind's code.
  var bitCount: Int { min(zeros + 1, Self.byFrequency.count - 1) }

  func write(to writer: inout BitWriter) {
    writer.write(0, count: zeros)
    if bitCount > zeros { writer.write(1, count: 1) }
  }

  init(from reader: inout BitReader) {
    var zeros = 0
    while zeros < Self.byFrequency.count - 1, reader.read(1) == 0 { zeros += 1 }
    self = Self.byFrequency[zeros]
  }
}

/// Symbols of neighboring levels that share tables.
struct SymbolSegment {
  let kind: SegmentKind
  /// Which of the groups of `SymbolOrder`, not empty.
  let groups: Range<Int>
}

extension SymbolSegment {
  /// Bits that the end of a segment takes if `remaining` groups are not yet assigned.
  static func endBits(remaining: Int) -> Int {
    Int.bitWidth - (remaining - 1).leadingZeroBitCount
  }

  /// Writes kind and end.
  func write(to writer: inout BitWriter, groupCount: Int) {
    kind.write(to: &writer)
    writer.write(
      groups.count - 1, count: SymbolSegment.endBits(remaining: groupCount - groups.lowerBound))
  }

  /// Reads kind and end of the segment that starts at group `start`.
  init(
    from reader: inout BitReader, start: Int, order: SymbolOrder, tables: ScaleTables
  ) throws(EntropyError) {
    let kind = SegmentKind(from: &reader)
    let remaining = order.groups.count - start
    let length = reader.read(SymbolSegment.endBits(remaining: remaining)) + 1
    guard length <= remaining else {
      throw .corrupted(expected: "a segment of at most \(remaining) levels", found: "\(length)")
    }
    if kind.countsRuns,
      let group = order.groups[start..<start + length].first(where: { tables.rawBits[$0.level] > 0 })
    {
      throw .corrupted(
        expected: "levels without dropped bits in a run", found: "level \(group.level)")
    }
    self.init(kind: kind, groups: start..<start + length)
  }
}
