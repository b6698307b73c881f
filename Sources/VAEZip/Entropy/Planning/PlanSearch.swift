import VAEZipSupport

/// The encoder's choice of segments: the cheapest by estimate, found by dynamic programming over the
/// groups. In integers, because it decides what is in the file; bits have `FixedLog2.fractionBits` fraction
/// bits, and stay below 2⁵¹.
struct PlanSearch {
  private let groups: [SymbolOrder.Group]
  private let mixtures: Mixtures
  private let sums: GroupSums
  private let lanes = (LaneEstimate(), LaneEstimate())

  private static let one = 1 << FixedLog2.fractionBits
  /// Fraction bits of the share of a group that a lane gets.
  private static let ratioBits = 24
  private static let half = 1 << (ratioBits - 1)
  private static let entries = ScaleTables.entryCount
  /// Bits that a frame takes beside its symbols: the decoder's first states, less what they tell of the last
  /// sequence; the end of its bits and what fills the last byte; whether its tables are the dictionary's.
  private static let frameBits = 24

  /// - Parameter sorted: the symbols in the order of `order`.
  init(order: SymbolOrder, mixtures: Mixtures, sorted: UnsafeBufferPointer<Int16>) {
    groups = order.groups
    self.mixtures = mixtures
    sums = GroupSums(order: order, mixtures: mixtures, sorted: sorted)
  }

  /// The segments, and their bits by estimate.
  func plan() -> (segments: [SymbolSegment], bits: Int) {
    let count = groups.count
    var best = [Int](repeating: .max, count: count + 1)
    var last = [SymbolSegment?](repeating: nil, count: count + 1)
    best[0] = 0
    for end in stride(from: 1, through: count, by: 1) {
      for start in 0..<end {
        let (kind, bits) = cheapest(start, end)
        let header = kind.bitCount + SymbolSegment.endBits(remaining: count - start)
        let total = best[start] + bits + header * Self.one
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
    return (segments.reversed(), best[count] + sums.nonzeros[count] * Self.one)
  }

  /// The cheapest way to carry groups start..<end, and its bits.
  private func cheapest(_ start: Int, _ end: Int) -> (SegmentKind, Int) {
    let nonzeros = sums.nonzeros[end] - sums.nonzeros[start]
    if nonzeros == 0 { return (.zeros, 0) }
    var best = (
      SegmentKind.magnitudeBits, (sums.magnitudeBits[end] - sums.magnitudeBits[start]) * Self.one
    )
    func consider(_ kind: SegmentKind, _ bits: Int) {
      if bits < best.1 { best = (kind, bits) }
    }
    // Some kinds are so far from the best that their estimate can be spared.
    let symbols = groups[end - 1].end - groups[start].start
    if nonzeros * 256 > symbols { consider(.magnitudes, magnitudeBits(start, end)) }
    if sums.rawLevels[end] == sums.rawLevels[start] {
      let bits = sums.runBits[end] - sums.runBits[start]
      consider(.runBits, (bits + countBits(start, end)) * Self.one)
      if nonzeros * 2 < symbols { consider(.runs, runBits(start, end)) }
    }
    return best
  }

  private func magnitudeBits(_ start: Int, _ end: Int) -> Int {
    let (first, last) = (groups[start].start, groups[end - 1].end)
    let middle = first + (last - first + 1) / 2
    var split = start
    while groups[split].end < middle { split += 1 }
    // The group in which the middle falls goes to both lanes, its actual magnitudes in proportion.
    let group = groups[split]
    let share = middle - group.start
    let ratio = share << Self.ratioBits / group.count
    let (from, at, to) = (start * Self.entries, split * Self.entries, end * Self.entries)
    let (expected, actual) = (sums.expectedMagnitudes, sums.actualMagnitudes)
    let frequencies = mixtures.tables.frequencies[(group.level * Self.entries)...]
    let (expected0, actual0) = (lanes.0.expected.start, lanes.0.actual.start)
    let (expected1, actual1) = (lanes.1.expected.start, lanes.1.actual.start)
    for entry in 0..<Self.entries {
      let number = actual[at &+ Self.entries &+ entry] &- actual[at &+ entry]
      let part = Int(frequencies[frequencies.startIndex &+ entry]) &* share
      let partNumber = (number &* ratio &+ Self.half) >> Self.ratioBits
      expected0[entry] = expected[at &+ entry] &- expected[from &+ entry] &+ part
      actual0[entry] = actual[at &+ entry] &- actual[from &+ entry] &+ partNumber
      expected1[entry] = expected[to &+ entry] &- expected[at &+ entry] &- part
      actual1[entry] = actual[to &+ entry] &- actual[at &+ entry] &- partNumber
    }
    var bits = lanes.0.bits(cap: .magnitudes)
    if middle < last { bits += lanes.1.bits(cap: .magnitudes) }
    let escapes = sums.escapeBits[end] - sums.escapeBits[start]
    let raw = sums.rawBits[end] - sums.rawBits[start]
    return frame(bits) + (1 + escapes + raw) * Self.one
  }

  private func runBits(_ start: Int, _ end: Int) -> Int {
    let (from, to) = (start * Self.entries, end * Self.entries)
    func set(_ lane: LaneEstimate, _ expected: UnsafePointer<Int>, _ actual: UnsafePointer<Int>) {
      let (laneExpected, laneActual) = (lane.expected.start, lane.actual.start)
      for entry in 0..<Self.entries {
        laneExpected[entry] = expected[to &+ entry] &- expected[from &+ entry]
        laneActual[entry] = actual[to &+ entry] &- actual[from &+ entry]
      }
    }
    set(lanes.0, sums.expectedMagnitudes, sums.actualMagnitudes)
    set(lanes.1, sums.expectedRuns, sums.actualRuns)
    let bits = lanes.0.bits(first: 1, cap: .runMagnitudes) + lanes.1.bits(cap: .runs)
    let escapes = sums.escapeBits[end] - sums.escapeBits[start]
    let remainders = sums.runRemainders[end] - sums.runRemainders[start]
    return frame(bits) + (1 + escapes + remainders + countBits(start, end)) * Self.one
  }

  /// Bits of the number of nonzero symbols.
  private func countBits(_ start: Int, _ end: Int) -> Int {
    let expected = sums.expectedNonzeros[end] - sums.expectedNonzeros[start]
    return NearCode.bits(
      sums.nonzeros[end] - sums.nonzeros[start], expected: max(expected / ScaleTables.total, 1))
  }

  /// Bits of a frame with these bits of symbols. (Segments of some ten thousands of sequences take
  /// several, whose cost then hardly counts.)
  private func frame(_ bits: Int) -> Int {
    let size = bits >> (FixedLog2.fractionBits + 3)
    // As if a frame's size were a 32nd from what is expected.
    let sizeBits = NearCode.bits(size + size / 32, expected: max(size, 1))
    return bits + (Self.frameBits + sizeBits) * Self.one
  }
}
