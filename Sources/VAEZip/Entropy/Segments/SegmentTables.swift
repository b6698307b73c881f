/// Derives the tables of a segment's frames from its groups' probabilities, by integer arithmetic that is
/// the same in the encoder and the decoder (Formats/VZ-symbols.md, §3 and §5).
struct SegmentTables {
  let tables: ScaleTables
  let traits: ScaleTraits

  /// The tables of the frames of a segment of kind `runs` or `magnitudes`.
  func frameTables(_ segment: SymbolSegment, _ order: SymbolOrder) -> FrameTables {
    let groups = order.groups[segment.groups]
    return segment.kind == .runs ? runTables(groups) : magnitudeTables(groups)
  }

  /// How many symbols of a segment are expected not to be zero, at least 1: P in §3.
  func expectedNonzeros(_ segment: SymbolSegment, _ order: SymbolOrder) -> Int {
    let sum = order.groups[segment.groups].reduce(0) { $0 + expectedNonzeros($1) }
    return max(sum / ScaleTables.total, 1)
  }

  /// How many symbols of a group are expected not to be zero, in units of 2⁻²⁴ symbols.
  func expectedNonzeros(_ group: SymbolOrder.Group) -> Int {
    group.count * (ScaleTables.total - Int(tables.frequency(group.scaleIndex, 0)))
  }

  /// Tables for reduced magnitudes: those of the first half of the symbols, rounded up, are in the literal
  /// lengths, the others in the match lengths.
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
          weights[entry] += UInt64(count) * tables.frequency(group.scaleIndex, entry)
        }
      }
      return weights
    }
    // A segment of one symbol has an empty second half, which takes the weights of the first.
    let secondHalf = middle < end ? middle..<end : start..<middle
    return FrameTables(
      literalLengths: .literalLengths(weights(start..<middle), offset: 1),
      matchLengths: .matchLengths(weights(secondHalf), cap: .magnitudes))
  }

  /// Tables for runs: magnitudes of nonzero symbols are in the literal lengths, the numbers of chunks of
  /// zeros before them in the match lengths.
  private func runTables(_ groups: ArraySlice<SymbolOrder.Group>) -> FrameTables {
    var magnitudes = [UInt64](repeating: 0, count: ScaleTables.entryCount)
    for group in groups {
      for entry in 1..<ScaleTables.entryCount {
        magnitudes[entry] += UInt64(group.count) * tables.frequency(group.scaleIndex, entry)
      }
    }
    return FrameTables(
      literalLengths: .literalLengths(magnitudes, offset: 0),
      matchLengths: .matchLengths(chunkWeights(groups), cap: .runs))
  }

  /// Weights of the numbers of chunks of zeros before a nonzero symbol; the last one is that of 31 and more.
  private func chunkWeights(_ groups: ArraySlice<SymbolOrder.Group>) -> [UInt64] {
    let nonzeros = groups.map { expectedNonzeros($0) }
    // Shifts their sum below 2²⁶, so that products with probabilities of 24 bits stay below 2⁵⁰.
    let shift = max(0, nonzeros.reduce(0, +).leadingBit - 25)
    var weights = [UInt64](repeating: 0, count: ScaleTables.entryCount)
    for (group, nonzero) in zip(groups, nonzeros) {
      let weight = UInt64(max(nonzero >> shift, 1))
      // The number is geometrically distributed with the probability that a chunk is all zeros.
      let zero = UInt64(traits.chunkZero[group.scaleIndex])
      var atLeast = UInt64(ScaleTables.total)
      for entry in 0..<ScaleTables.escape {
        let more = (atLeast * zero) >> UInt64(ScaleTables.totalBits)
        weights[entry] += weight * (atLeast - more)
        atLeast = more
      }
      weights[ScaleTables.escape] += weight * atLeast
    }
    return weights
  }
}
