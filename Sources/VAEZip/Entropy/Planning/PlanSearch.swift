import VAEZipSupport

/// Chooses the segments of a stream: those of the least estimated size, found by dynamic programming over
/// the groups. The format leaves this choice to the encoder.
///
/// All arithmetic is on integers, because the choice decides what is in the file. Sizes in bits have
/// `FixedLog2.fractionBits` fraction bits and stay below 2⁵¹.
struct PlanSearch {
  private let groups: [SymbolOrder.Group]
  private let segmentTables: SegmentTables
  private let sums: GroupSums
  /// Estimates of the two fields of a frame's sequences, for literal lengths and match lengths.
  private let fields = (SequenceFieldEstimate(), SequenceFieldEstimate())

  /// One bit.
  private static let bit = 1 << FixedLog2.fractionBits
  /// Fraction bits of the share of a group that a field gets.
  private static let shareFractionBits = 24
  private static let half = 1 << (shareFractionBits - 1)
  private static let entries = ScaleTables.entryCount
  /// Fixed cost of a frame, in whole bits: the initial states (less the information they carry about the
  /// last sequence), end mark and padding, and the flag for the dictionary's tables.
  private static let frameOverhead = 24

  /// - Parameter sorted: the symbols in the order of `order`.
  init(order: SymbolOrder, segmentTables: SegmentTables, sorted: UnsafeBufferPointer<Int16>) {
    groups = order.groups
    self.segmentTables = segmentTables
    sums = GroupSums(order: order, segmentTables: segmentTables, sorted: sorted)
  }

  /// Finds the cheapest segments.
  /// - Returns: segments that cover all groups in order, and their estimated size.
  func plan() -> (segments: [SymbolSegment], bits: Int) {
    let count = groups.count
    // By number of groups covered: the least size, and the last segment of the plan that has it.
    var best = [Int](repeating: .max, count: count + 1)
    var last = [SymbolSegment?](repeating: nil, count: count + 1)
    best[0] = 0
    for end in stride(from: 1, through: count, by: 1) {
      for start in 0..<end {
        let (kind, bits) = cheapest(start, end)
        let header = kind.bitCount + SymbolSegment.lengthBits(remaining: count - start)
        let total = best[start] + bits + header * Self.bit
        if total < best[end] {
          best[end] = total
          last[end] = SymbolSegment(kind: kind, groups: start..<end)
        }
      }
    }
    var segments: [SymbolSegment] = []
    var end = count
    while end > 0, let segment = last[end] {
      segments.append(segment)
      end = segment.groups.lowerBound
    }
    // Signs cost the same in every plan.
    return (segments.reversed(), best[count] + sums.nonzeros[count] * Self.bit)
  }

  /// The cheapest kind for groups start ..< end, and its bits without signs.
  private func cheapest(_ start: Int, _ end: Int) -> (SegmentKind, Int) {
    let nonzeros = sums.nonzeros[end] - sums.nonzeros[start]
    if nonzeros == 0 { return (.zeros, 0) }
    var best = (
      SegmentKind.magnitudeBits, (sums.magnitudeBits[end] - sums.magnitudeBits[start]) * Self.bit
    )
    func consider(_ kind: SegmentKind, _ bits: Int) {
      if bits < best.1 { best = (kind, bits) }
    }
    // Skips the estimates of kinds that cannot be the best: of magnitudes if nearly all symbols are zero,
    // of runs if few are.
    let symbols = groups[end - 1].end - groups[start].start
    if nonzeros * 256 > symbols { consider(.magnitudes, magnitudeBits(start, end)) }
    if sums.bypassGroups[end] == sums.bypassGroups[start] {
      let bits = sums.runBits[end] - sums.runBits[start]
      consider(.runBits, (bits + countBits(start, end)) * Self.bit)
      if nonzeros * 2 < symbols { consider(.runs, runBits(start, end)) }
    }
    return best
  }

  /// Bits of groups start ..< end as a segment of kind 2, without signs.
  private func magnitudeBits(_ start: Int, _ end: Int) -> Int {
    let (first, last) = (groups[start].start, groups[end - 1].end)
    let middle = first + (last - first + 1) / 2
    var split = start
    while groups[split].end < middle { split += 1 }
    // The group that contains the middle belongs to both fields. Each field gets the group's magnitudes in
    // proportion to its symbols there.
    let group = groups[split]
    let share = middle - group.start
    let ratio = share << Self.shareFractionBits / group.count
    let (from, at, to) = (start * Self.entries, split * Self.entries, end * Self.entries)
    let (expected, actual) = (sums.expectedMagnitudes, sums.actualMagnitudes)
    let frequencies = segmentTables.tables.frequencies[(group.scaleIndex * Self.entries)...]
    let (expected0, actual0) = (fields.0.expected.start, fields.0.actual.start)
    let (expected1, actual1) = (fields.1.expected.start, fields.1.actual.start)
    for entry in 0..<Self.entries {
      let number = actual[at &+ Self.entries &+ entry] &- actual[at &+ entry]
      let part = Int(frequencies[frequencies.startIndex &+ entry]) &* share
      let partNumber = (number &* ratio &+ Self.half) >> Self.shareFractionBits
      expected0[entry] = expected[at &+ entry] &- expected[from &+ entry] &+ part
      actual0[entry] = actual[at &+ entry] &- actual[from &+ entry] &+ partNumber
      expected1[entry] = expected[to &+ entry] &- expected[at &+ entry] &- part
      actual1[entry] = actual[to &+ entry] &- actual[at &+ entry] &- partNumber
    }
    var bits = fields.0.bits(cap: .magnitudes)
    if middle < last { bits += fields.1.bits(cap: .magnitudes) }
    let escapes = sums.escapeBits[end] - sums.escapeBits[start]
    let bypass = sums.bypassBits[end] - sums.bypassBits[start]
    return frameBits(bits) + (1 + escapes + bypass) * Self.bit
  }

  /// Bits of groups start ..< end as a segment of kind 1, without signs.
  private func runBits(_ start: Int, _ end: Int) -> Int {
    let (from, to) = (start * Self.entries, end * Self.entries)
    func set(
      _ field: SequenceFieldEstimate, _ expected: UnsafePointer<Int>, _ actual: UnsafePointer<Int>
    ) {
      let (fieldExpected, fieldActual) = (field.expected.start, field.actual.start)
      for entry in 0..<Self.entries {
        fieldExpected[entry] = expected[to &+ entry] &- expected[from &+ entry]
        fieldActual[entry] = actual[to &+ entry] &- actual[from &+ entry]
      }
    }
    set(fields.0, sums.expectedMagnitudes, sums.actualMagnitudes)
    set(fields.1, sums.expectedRuns, sums.actualRuns)
    let bits = fields.0.bits(first: 1, cap: .nonzeroMagnitudes) + fields.1.bits(cap: .runs)
    let escapes = sums.escapeBits[end] - sums.escapeBits[start]
    let remainders = sums.remainderBits[end] - sums.remainderBits[start]
    return frameBits(bits) + (1 + escapes + remainders + countBits(start, end)) * Self.bit
  }

  /// Whole bits of the number of nonzero symbols in groups start ..< end.
  private func countBits(_ start: Int, _ end: Int) -> Int {
    let expected = sums.expectedNonzeros[end] - sums.expectedNonzeros[start]
    return ResidualCode.bitCount(
      sums.nonzeros[end] - sums.nonzeros[start], expected: max(expected / ScaleTables.total, 1))
  }

  /// Bits of a frame whose sequences take `bits`. Segments of several ten thousand sequences need more
  /// frames than one, but then the cost of a frame hardly counts.
  private func frameBits(_ bits: Int) -> Int {
    let size = bits >> (FixedLog2.fractionBits + 3)
    // Assumes that a frame's size differs from its prediction by a 32nd.
    let sizeBits = ResidualCode.bitCount(size + size / 32, expected: max(size, 1))
    return bits + (Self.frameOverhead + sizeBits) * Self.bit
  }
}
