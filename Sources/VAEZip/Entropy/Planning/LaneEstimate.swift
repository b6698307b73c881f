import VAEZipSupport

/// What the values of one lane of a frame take, reckoned from how many of each are expected and how many
/// there are.
///
/// `PlanSearch` asks this some thousand times a stream, so it wraps instead of checking: expected weights
/// add up to less than 2⁶¹, numbers to 2²⁷ at most, and no product below exceeds 2⁵⁰.
struct LaneEstimate {
  /// The values' weights, of which both sides make the lane's table, and their numbers: 32 each.
  let expected = ScratchBuffer<Int>(capacity: ScaleTables.entryCount)
  let actual = ScratchBuffer<Int>(capacity: ScaleTables.entryCount)

  /// Bits of the values with their escapes, `FixedLog2.fractionBits` of them fraction bits, with the
  /// dictionary's table or with one of the frame's own, whichever takes less.
  /// - Parameters:
  ///   - first: the first value of the lane.
  ///   - cap: where the lane is cut.
  func bits(first: Int = 0, cap: LaneTable.Cap) -> Int {
    let (expected, actual) = (expected.start, actual.start)
    var (total, count) = (0, 0)
    for value in first..<ScaleTables.entryCount {
      total &+= expected[value]
      count &+= actual[value]
    }
    // tail · 2^rarity < total, as the format's rule is.
    let rare = (total &- 1) >> cap.rarity
    // With the dictionary's table, no code has less than one state; the frequent ones share the others.
    let stateBits = FiniteStateTable.dictionaryLog
    let oneState = total >> stateBits
    var (states, rareCount) = (1 << stateBits, 0)
    var (frequentWeight, frequentCount, frequentBits) = (0, 0, 0)
    // With an own table: entropy, and the description, which gives each number of states in as many bits as
    // the number has that is left.
    let ownStateBits = FiniteStateTable.ownLog(count)
    var (ownBits, description) = (0, Self.ownTableBits)
    var escapes = 0
    var (tail, tailCount) = (total, count)
    for value in first..<ScaleTables.entryCount {
      let isCap = value == ScaleTables.escape || (value >= cap.least && tail <= rare)
      let weight = isCap ? tail : expected[value]
      let number = isCap ? tailCount : actual[value]
      if weight <= oneState {
        states &-= 1
        rareCount &+= number
      } else {
        frequentWeight &+= weight
        if number > 0 {
          frequentCount &+= number
          frequentBits &-= number &* FixedLog2.log2(UInt64(truncatingIfNeeded: weight))
        }
      }
      if tailCount > 0 {
        if number > 1 { ownBits &-= number &* FixedLog2.log2(UInt64(truncatingIfNeeded: number)) }
        description &+= max(
          1, ownStateBits &+ count.leadingZeroBitCount &- tailCount.leadingZeroBitCount)
        // A table of one value is that value.
        if number == count { description = Self.ownTableBits }
      }
      if isCap {
        // Of magnitudes, an Exp-Golomb code of what exceeds the cap; of runs, about as much.
        if number > 0 {
          for above in value..<ScaleTables.entryCount {
            escapes &+= actual[above] &* (2 &* (above &- value &+ 1).leadingBit &+ 1)
          }
        }
        break
      }
      tail &-= weight
      tailCount &-= number
    }
    let shared =
      FixedLog2.log2(UInt64(frequentWeight)) + stateBits << FixedLog2.fractionBits
      - FixedLog2.log2(UInt64(states))
    let dictionaryBits =
      frequentBits + frequentCount * shared + (rareCount * stateBits) << FixedLog2.fractionBits
    ownBits += count * FixedLog2.log2(UInt64(count)) + description << FixedLog2.fractionBits
    return min(dictionaryBits, ownBits) + escapes << FixedLog2.fractionBits
  }

  /// What a table of a frame's own takes beside its numbers of states: accuracy, modes, padding.
  private static let ownTableBits = 16
}

extension FiniteStateTable {
  /// About the best accuracy for a table of these many codes, made for them.
  fileprivate static func ownLog(_ count: Int) -> Int {
    min(max(max(count, 1).leadingBit + 1, accuracyLogs.lowerBound), accuracyLogs.upperBound)
  }
}

extension Int {
  /// ⌊log₂⌋ of a number above zero.
  @inline(__always)
  var leadingBit: Int { Int.bitWidth &- 1 &- leadingZeroBitCount }
}
