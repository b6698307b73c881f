/// A run of neighboring groups of `SymbolOrder` that are coded in one way and share tables
/// (Formats/VZ-symbols.md, §3).
struct SymbolSegment {
  /// How its symbols are coded.
  let kind: SegmentKind
  /// Indexes of its groups, at least one.
  let groups: Range<Int>
}

extension SymbolSegment {
  /// Number of bits that give a segment's length when `remaining` groups, at least 1, are in no segment yet.
  static func lengthBits(remaining: Int) -> Int { (remaining - 1).leadingBit + 1 }

  /// Writes kind and length.
  /// - Parameter groupCount: number of groups in the stream.
  func write(to writer: inout BitWriter, groupCount: Int) {
    kind.write(to: &writer)
    writer.write(
      groups.count - 1, count: SymbolSegment.lengthBits(remaining: groupCount - groups.lowerBound))
  }

  /// Reads kind and length of the segment that starts at group `start`, which exists.
  /// - Throws: `EntropyError.corrupted` if it is too long, or counts runs at a scale index with bypass bits.
  init(
    from reader: inout BitReader, start: Int, order: SymbolOrder, tables: ScaleTables
  ) throws(EntropyError) {
    let kind = SegmentKind(from: &reader)
    let remaining = order.groups.count - start
    let length = reader.read(SymbolSegment.lengthBits(remaining: remaining)) + 1
    guard length <= remaining else {
      throw .corrupted(expected: "a segment of at most \(remaining) groups", found: "\(length)")
    }
    let groups = start..<start + length
    if kind.countsRuns,
      let group = order.groups[groups].first(where: { tables.bypassBits[$0.scaleIndex] > 0 })
    {
      throw .corrupted(
        expected: "runs only at scale indexes without bypass bits",
        found: "runs at scale index \(group.scaleIndex)")
    }
    self.init(kind: kind, groups: groups)
  }
}
