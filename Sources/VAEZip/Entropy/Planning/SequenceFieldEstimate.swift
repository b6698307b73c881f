import VAEZipSupport

/// Estimates the bits of one field of a segment's sequences (`SequenceFieldTable`) from how many of each
/// value are expected and how many there are. Integers, because the encoder decides by it.
///
/// `PlanSearch` asks for some thousand estimates per stream. The arithmetic therefore wraps instead of
/// checking: expected weights add up to less than 2⁶¹, numbers to at most 2²⁷, and no product below
/// exceeds 2⁵⁰.
struct SequenceFieldEstimate {
  /// Weights of the values 0…31, from which both sides make the field's table; the caller sets them.
  let expected = ScratchBuffer<Int>(capacity: ScaleTables.entryCount)
  /// How often each of the values 0…31 occurs; the caller sets these, too.
  let actual = ScratchBuffer<Int>(capacity: ScaleTables.entryCount)

  /// Bits of the values with their escapes, coded with the dictionary's table or with one of the frame's
  /// own, whichever takes less; with `FixedLog2.fractionBits` fraction bits.
  /// - Parameters:
  ///   - first: the first value of the field; smaller ones are ignored.
  ///   - cap: how the field's cap is chosen.
  func bits(first: Int = 0, cap: SequenceFieldTable.CapRule) -> Int {
    let (expected, actual) = (expected.start, actual.start)
    var (total, count) = (0, 0)
    for value in first..<ScaleTables.entryCount {
      total &+= expected[value]
      count &+= actual[value]
    }
    // The format's rule, tail · 2^rarity < total, solved for the tail.
    let rare = (total &- 1) >> cap.rarity
    var dictionaryTable = DictionaryTableEstimate(total: total)
    var ownTable = OwnTableEstimate(count: count)
    var (value, tail, tailCount) = (first, total, count)
    while value < ScaleTables.escape, value < cap.least || tail > rare {
      let (weight, number) = (expected[value], actual[value])
      dictionaryTable.add(weight: weight, count: number)
      ownTable.add(count: number, remaining: tailCount)
      tail &-= weight
      tailCount &-= number
      value &+= 1
    }
    // The cap stands for itself and all larger values, which an escape tells apart.
    dictionaryTable.add(weight: tail, count: tailCount)
    ownTable.add(count: tailCount, remaining: tailCount)
    var escapeBits = 0
    if tailCount > 0 {
      // Magnitudes: the Exp-Golomb code of what exceeds the cap. Runs: about as many bits.
      for larger in value..<ScaleTables.entryCount {
        escapeBits &+= actual[larger] &* ExpGolomb.bitCount(larger &- value, k: 0)
      }
    }
    return min(dictionaryTable.bits, ownTable.bits) + escapeBits << FixedLog2.fractionBits
  }
}

/// Bits of a field's values when the dictionary's table codes them.
///
/// Each code has at least one of the table's states. Those of too little weight get exactly one; the
/// others share the remaining states in proportion to their weights.
private struct DictionaryTableEstimate {
  private static let stateBits = FiniteStateTable.dictionaryLog
  private let oneState: Int
  private var states = 1 << stateBits
  private var rareCount = 0
  private var (frequentWeight, frequentCount, frequentBits) = (0, 0, 0)

  /// - Parameter total: the sum of all weights.
  init(total: Int) { oneState = total >> Self.stateBits }

  @inline(__always)
  mutating func add(weight: Int, count: Int) {
    if weight <= oneState {
      states &-= 1
      rareCount &+= count
    } else {
      frequentWeight &+= weight
      if count > 0 {
        frequentCount &+= count
        frequentBits &-= count &* FixedLog2.log2(UInt64(truncatingIfNeeded: weight))
      }
    }
  }

  var bits: Int {
    let shared =
      FixedLog2.log2(UInt64(frequentWeight)) + Self.stateBits << FixedLog2.fractionBits
      - FixedLog2.log2(UInt64(states))
    return frequentBits + frequentCount * shared
      + (rareCount * Self.stateBits) << FixedLog2.fractionBits
  }
}

/// Bits of a field's values when a table made for them codes them: their entropy, and the description of
/// the table, which gives each number of states in as many bits as the number that remains has.
private struct OwnTableEstimate {
  /// Bits of a description beside the numbers of states: accuracy, compression modes, padding.
  private static let fixedBits = 16
  private let total: Int
  private let stateBits: Int
  private var valueBits = 0
  private var description = fixedBits

  /// - Parameter count: how many values there are.
  init(count: Int) {
    total = count
    // About the best accuracy for that many values.
    let logs = FiniteStateTable.accuracyLogs
    stateBits = min(max(max(count, 1).leadingBit + 1, logs.lowerBound), logs.upperBound)
  }

  /// - Parameters:
  ///   - count: how often the value occurs.
  ///   - remaining: how many values are at least as large as this one.
  @inline(__always)
  mutating func add(count: Int, remaining: Int) {
    guard remaining > 0 else { return }
    if count > 1 { valueBits &-= count &* FixedLog2.log2(UInt64(truncatingIfNeeded: count)) }
    description &+= max(1, stateBits &+ remaining.leadingBit &- total.leadingBit)
    // If all values are equal, that value describes the table.
    if count == total { description = Self.fixedBits }
  }

  var bits: Int {
    valueBits + total * FixedLog2.log2(UInt64(total)) + description << FixedLog2.fractionBits
  }
}
