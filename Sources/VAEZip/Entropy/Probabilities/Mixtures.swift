/// The tables of a segment's frames, from the counts of its levels: by integers, the same on both sides.
struct Mixtures {
  let tables: ScaleTables
  let traits: LevelTraits

  /// Tables for the frames of a segment.
  func frameTables(_ segment: SymbolSegment, _ order: SymbolOrder) -> FrameTables {
    let groups = order.groups[segment.groups]
    return segment.kind == .runs ? runTables(groups) : magnitudeTables(groups)
  }

  /// First half of the symbols (rounded up) in the literal lengths, the others in the match lengths.
  private func magnitudeTables(_ groups: ArraySlice<SymbolOrder.Group>) -> FrameTables {
    let start = groups.first?.start ?? 0
    let end = groups.last?.end ?? 0
    let middle = start + (end - start + 1) / 2
    func weights(_ places: Range<Int>) -> [UInt64] {
      var weights = [UInt64](repeating: 0, count: ScaleTables.entryCount)
      for group in groups {
        let count = (group.start..<group.end).clamped(to: places).count
        guard count > 0 else { continue }
        for entry in 0..<ScaleTables.entryCount {
          weights[entry] += UInt64(count) * tables.frequency(group.level, entry)
        }
      }
      return weights
    }
    return FrameTables(
      literalLengths: .literalLengths(weights(start..<middle), offset: 1),
      // A single symbol leaves the second half empty: it takes the first's weights.
      matchLengths: .matchLengths(
        weights(middle < end ? middle..<end : start..<middle), cap: .magnitudes))
  }

  /// How many symbols of a segment are expected not to be zero, at least 1.
  func expectedNonzeros(_ segment: SymbolSegment, _ order: SymbolOrder) -> Int {
    let sum = order.groups[segment.groups].reduce(0) { sum, group in
      sum + group.count * (ScaleTables.total - Int(tables.frequency(group.level, 0)))
    }
    return max(sum / ScaleTables.total, 1)
  }

  /// Magnitudes of nonzero symbols in the literal lengths, chunks of zeros in the match lengths.
  private func runTables(_ groups: ArraySlice<SymbolOrder.Group>) -> FrameTables {
    var magnitudes = [UInt64](repeating: 0, count: ScaleTables.entryCount)
    var expected: [UInt64] = []  // nonzero symbols of each level, in units of 2⁻²⁴
    for group in groups {
      for entry in 1..<ScaleTables.entryCount {
        magnitudes[entry] += UInt64(group.count) * tables.frequency(group.level, entry)
      }
      expected.append(
        UInt64(group.count) * (UInt64(ScaleTables.total) - tables.frequency(group.level, 0)))
    }
    // Down to 26 bits, so that products with probabilities of 24 bits stay small.
    let sum = expected.reduce(0, +)
    let shift = UInt64(max(0, 38 - sum.leadingZeroBitCount))
    var runs = [UInt64](repeating: 0, count: ScaleTables.entryCount)
    for (group, nonzero) in zip(groups, expected) {
      let weight = max(nonzero >> shift, 1)
      // Chunks before a nonzero symbol: geometric, with the probability that a chunk is all zeros.
      let zero = UInt64(traits.chunkZero[group.level])
      var atLeast: UInt64 = 1 << 24
      for entry in 0..<ScaleTables.escape {
        let more = (atLeast * zero) >> 24
        runs[entry] += weight * (atLeast - more)
        atLeast = more
      }
      runs[ScaleTables.escape] += weight * atLeast
    }
    return FrameTables(
      literalLengths: .literalLengths(magnitudes, offset: 0),
      matchLengths: .matchLengths(runs, cap: .runs))
  }
}
