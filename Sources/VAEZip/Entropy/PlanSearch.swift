/// The encoder's choice of segments: the cheapest by estimate, found by dynamic programming over the
/// groups. Floating point, but exactly rounded operations only: files are the same on all machines.
struct PlanSearch {
  private let order: SymbolOrder
  private let mixtures: Mixtures
  /// Sums over the groups before each: [group][entry] row-major, 32 a row.
  private var expectedMagnitudes: [Double]
  private var actualMagnitudes: [Double]
  private var expectedRuns: [Double]
  private var actualRuns: [Double]
  /// Sums over the groups before each.
  private var runRemainders: [Double] = [0]
  private var runBitCosts: [Double] = [0]
  private var magnitudeBitCosts: [Double] = [0]
  private var nonzeros: [Double] = [0]
  private var rawLevels: [Int] = [0]
  private var places: [Int] = [0]

  private static let entries = ScaleTables.entryCount
  /// Bits that a frame takes beside its symbols: size, sequence count, modes, offset table; the
  /// decoder's first states and the end of its bits.
  private static let frameBits = 54.0
  private static let segmentBits = 8.0

  /// - Parameters:
  ///   - sorted: the symbols in the order of `order`.
  init(order: SymbolOrder, mixtures: Mixtures, sorted: UnsafeBufferPointer<Int16>) {
    self.order = order
    self.mixtures = mixtures
    let rows = (order.groups.count + 1) * Self.entries
    expectedMagnitudes = [Double](repeating: 0, count: rows)
    actualMagnitudes = expectedMagnitudes
    expectedRuns = expectedMagnitudes
    actualRuns = expectedMagnitudes
    for (i, group) in order.groups.enumerated() { add(group, row: i * Self.entries, sorted) }
  }

  /// Appends a group to the sums.
  private mutating func add(
    _ group: SymbolOrder.Group, row: Int, _ sorted: UnsafeBufferPointer<Int16>
  ) {
    let rawBits = Int(mixtures.tables.rawBits[group.level])
    let riceBits = Int(mixtures.traits.riceBits[group.level])
    var counts = [Int](repeating: 0, count: Self.entries)
    var nonzero = 0
    var rice = 0
    var small = 0  // Exp-Golomb codes of magnitudes in runs
    for place in group.start..<group.end {
      let magnitude = Int(sorted[place].magnitude)
      let reduced = magnitude >> rawBits
      counts[min(reduced, ScaleTables.escape)] += 1
      rice += (reduced >> riceBits) + 1 + riceBits
      if magnitude != 0 {
        nonzero += 1
        small += 2 * (Int.bitWidth - magnitude.leadingZeroBitCount) - 1
      }
    }
    let zero = Double(mixtures.traits.chunkZero[group.level]) / Double(ScaleTables.total)
    let probability = 1 / Double(ScaleTables.total)
    let expected =
      Double(group.count) * (1 - Double(mixtures.tables.frequency(group.level, 0)) * probability)
    var atLeast = 1.0
    for entry in 0..<Self.entries {
      let frequency = Double(mixtures.tables.frequency(group.level, entry)) * probability
      let (from, to) = (row + entry, row + Self.entries + entry)
      expectedMagnitudes[to] = expectedMagnitudes[from] + Double(group.count) * frequency
      actualMagnitudes[to] = actualMagnitudes[from] + Double(counts[entry])
      let run = entry == ScaleTables.escape ? atLeast : atLeast * (1 - zero)
      atLeast *= zero
      expectedRuns[to] = expectedRuns[from] + expected * run
      actualRuns[to] = actualRuns[from] + Double(nonzero) * run
    }
    func append(_ value: Double, to sums: inout [Double]) { sums.append((sums.last ?? 0) + value) }
    append(Double(nonzero), to: &nonzeros)
    append(Double(nonzero * Int(mixtures.traits.chunkBits[group.level])), to: &runRemainders)
    append(Double(rice + group.count * rawBits), to: &magnitudeBitCosts)
    // Golomb codes of runs take about 4 % more than their entropy.
    let entropy = Double(nonzero) * (exactLog2(max(Double(group.count), 1) / max(expected, 1e-9)) + 1.5)
    append(entropy * 1.04 + Double(small), to: &runBitCosts)
    rawLevels.append((rawLevels.last ?? 0) + (rawBits > 0 ? 1 : 0))
    places.append(group.end)
  }

  /// The segments.
  func plan() -> [SymbolSegment] {
    let count = order.groups.count
    var best = [Double](repeating: .infinity, count: count + 1)
    var last = [SymbolSegment?](repeating: nil, count: count + 1)
    best[0] = 0
    for end in stride(from: 1, through: count, by: 1) {
      for start in 0..<end {
        let (kind, cost) = cheapest(start, end)
        if best[start] + cost < best[end] {
          best[end] = best[start] + cost
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
    return segments.reversed()
  }

  /// The cheapest way to carry groups start..<end, and its bits (signs excluded).
  private func cheapest(_ start: Int, _ end: Int) -> (SegmentKind, Double) {
    if nonzeros[end] == nonzeros[start] { return (.zeros, Self.segmentBits) }
    var best = (
      SegmentKind.magnitudeBits, magnitudeBitCosts[end] - magnitudeBitCosts[start]
    )
    func consider(_ kind: SegmentKind, _ cost: Double) {
      if cost < best.1 { best = (kind, cost) }
    }
    consider(.magnitudes, magnitudeCost(start, end))
    if rawLevels[end] == rawLevels[start] {
      consider(.runBits, 10 + runBitCosts[end] - runBitCosts[start])
      consider(.runs, runCost(start, end))
    }
    return (best.0, best.1 + Self.segmentBits)
  }

  /// Bits of the actual values of groups start..<end in a lane with the expected ones' table.
  /// - Parameters:
  ///   - first: the first value of the lane.
  ///   - rarity: see `LaneTable.matchLengths`.
  private func laneCost(
    _ actual: [Double], _ expected: [Double], _ start: Int, _ end: Int, first: Int = 0,
    rarity: Double = 1 / 1024
  ) -> Double {
    let (from, to) = (start * Self.entries, end * Self.entries)
    var total = 0.0
    for entry in first..<Self.entries { total += expected[to + entry] - expected[from + entry] }
    guard total > 0 else { return .infinity }
    // No code is rarer than one state of 512; the frequent ones share what is left.
    let least = total / 512
    var tail = total
    var rare = 0.0
    var frequent = 0.0
    var bits = 0.0
    var frequentCount = 0.0
    for entry in first..<Self.entries {
      let weight = expected[to + entry] - expected[from + entry]
      let count = actual[to + entry] - actual[from + entry]
      if entry > first, tail < rarity * total {
        // The cap, and all above: an escape's bits besides.
        rare += 1
        var above = count
        for more in (entry + 1)..<max(Self.entries, entry + 1) {
          above += actual[to + more] - actual[from + more]
        }
        bits += above * 11
        break
      }
      tail -= weight
      if weight <= least {
        rare += 1
        bits += count * 9
      } else {
        frequent += weight
        frequentCount += count
        bits -= count * exactLog2(weight)
      }
    }
    return bits + frequentCount * exactLog2(max(frequent, 1e-30) / max(1 - rare / 512, 0.1))
  }

  private func magnitudeCost(_ start: Int, _ end: Int) -> Double {
    // Two halves: tables split at the group in which the middle falls.
    let middle = (places[start] + places[end]) / 2
    var split = start
    while split + 1 < end, places[split + 1] <= middle { split += 1 }
    var cost = Self.frameBits
    if split == start || split == end {
      cost += laneCost(actualMagnitudes, expectedMagnitudes, start, end)
    } else {
      cost += laneCost(actualMagnitudes, expectedMagnitudes, start, split)
      cost += laneCost(actualMagnitudes, expectedMagnitudes, split, end)
    }
    let rawBits = magnitudeRawBits(start, end)
    return cost * 1.003 + rawBits
  }

  private func magnitudeRawBits(_ start: Int, _ end: Int) -> Double {
    order.groups[start..<end].reduce(0) {
      $0 + Double($1.count * Int(mixtures.tables.rawBits[$1.level]))
    }
  }

  private func runCost(_ start: Int, _ end: Int) -> Double {
    Self.frameBits + runRemainders[end] - runRemainders[start]
      + 1.003
      * (laneCost(actualRuns, expectedRuns, start, end, rarity: 1 / 128)
        + laneCost(actualMagnitudes, expectedMagnitudes, start, end, first: 1))
  }
}
