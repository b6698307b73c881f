/// The table of one sequence field, that is of the literal lengths or the match lengths of a frame's
/// sequences: what its values mean and how probable they are (Formats/VZ-symbols.md, §5).
struct SequenceFieldTable {
  /// The value that stands for itself and all larger ones, 1…31.
  let cap: Int
  /// How many states each of zstd's codes has.
  let states: FiniteStateTable

  /// How a field's cap is chosen: the first value, from `least` on, such that it and all above it weigh
  /// less than 2^−`rarity` of the whole; at most 31.
  struct CapRule {
    let least: Int
    let rarity: Int
    /// For reduced magnitudes.
    static let magnitudes = CapRule(least: 1, rarity: 10)
    /// For magnitudes of nonzero symbols.
    static let nonzeroMagnitudes = CapRule(least: 2, rarity: 10)
    /// For numbers of chunks of zeros.
    static let runs = CapRule(least: 1, rarity: 7)
  }

  /// Makes the table of values that literal lengths carry.
  /// - Parameters:
  ///   - weights: of the values 0…31; the last one stands for 31 and more.
  ///   - offset: the literal length that carries the value 0: 1 for reduced magnitudes, 0 for magnitudes
  ///     of nonzero symbols.
  static func literalLengths(_ weights: [UInt64], offset: Int) -> SequenceFieldTable {
    let (cap, values) = capped(weights, offset == 0 ? .nonzeroMagnitudes : .magnitudes)
    var codes = [UInt64](repeating: 0, count: LiteralLengthCode.count)
    for (value, weight) in values.enumerated() where value + offset > 0 {
      codes[LiteralLengthCode.code(value + offset)] += weight
    }
    return SequenceFieldTable(cap: cap, states: FiniteStateTable(weights: codes))
  }

  /// Makes the table of values that match lengths carry: the length is the value plus 3.
  /// - Parameters:
  ///   - weights: of the values 0…31; the last one stands for 31 and more.
  ///   - rule: how the cap is chosen.
  static func matchLengths(_ weights: [UInt64], cap rule: CapRule) -> SequenceFieldTable {
    let (cap, values) = capped(weights, rule)
    return SequenceFieldTable(cap: cap, states: FiniteStateTable(weights: values))
  }

  /// Chooses the cap and gives it the weight of all values that it stands for.
  private static func capped(
    _ weights: [UInt64], _ rule: CapRule
  ) -> (cap: Int, weights: [UInt64]) {
    let total = weights.reduce(0, +)
    var tail = total
    var cap = 0
    while cap < weights.count - 1, cap < rule.least || tail << UInt64(rule.rarity) >= total {
      tail -= weights[cap]
      cap += 1
    }
    return (cap, weights[..<cap].map { max($0, 1) } + [max(tail, 1)])
  }
}
