/// One of the two fields of a frame's sequences: what its values mean and how probable they are.
struct LaneTable {
  /// Values from here on stand for "this much or more".
  let cap: Int
  /// States of the field's codes.
  let states: FiniteStateTable

  /// Where a lane is cut: its cap is the first value from `least` on such that it and all above weigh less
  /// than 2^−`rarity` of the whole, at most 31.
  struct Cap {
    let least: Int
    let rarity: Int
    static let magnitudes = Cap(least: 1, rarity: 10)
    /// Of nonzero symbols.
    static let runMagnitudes = Cap(least: 2, rarity: 10)
    static let runs = Cap(least: 1, rarity: 7)
  }

  /// The code of a literal length 0…39 (RFC 8878, section 3.1.1.3.2.1.1).
  static func literalLengthCode(_ length: Int) -> Int {
    switch length {
    case ..<16: length
    case ..<24: 16 + (length - 16) / 2
    case ..<32: 20 + (length - 24) / 4
    default: 22
    }
  }

  /// How many bits follow the code of a literal length 16…39.
  static func literalLengthExtraBits(_ code: Int) -> Int {
    switch code {
    case ..<16: 0
    case ..<20: 1
    case ..<22: 2
    default: 3
    }
  }

  /// A lane in literal lengths.
  /// - Parameters:
  ///   - weights: of the values 0…31; the last stands for 31 and more.
  ///   - offset: literal length of value 0 (1 for magnitudes; 0 for magnitudes that are at least 1).
  static func literalLengths(_ weights: [UInt64], offset: Int) -> LaneTable {
    let (cap, values) = capped(weights, offset == 0 ? .runMagnitudes : .magnitudes)
    var codes = [UInt64](repeating: 0, count: 23)
    for (value, weight) in values.enumerated() where value + offset > 0 {
      codes[literalLengthCode(value + offset)] += weight
    }
    return LaneTable(cap: cap, states: FiniteStateTable(weights: codes))
  }

  /// A lane in match lengths, value + 3.
  /// - Parameters:
  ///   - weights: of the values 0…31; the last stands for 31 and more.
  ///   - cap: where it is cut.
  static func matchLengths(_ weights: [UInt64], cap: Cap) -> LaneTable {
    let (cap, values) = capped(weights, cap)
    return LaneTable(cap: cap, states: FiniteStateTable(weights: values))
  }

  /// Cuts the values' tail; the cap's weight is that of the tail.
  private static func capped(_ weights: [UInt64], _ rule: Cap) -> (cap: Int, weights: [UInt64]) {
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

/// The tables of a frame's two lanes.
struct FrameTables {
  let literalLengths: LaneTable
  let matchLengths: LaneTable
  /// Bits of a sequence times the number of states.
  private let sequenceBits: Int

  init(literalLengths: LaneTable, matchLengths: LaneTable) {
    self.literalLengths = literalLengths
    self.matchLengths = matchLengths
    sequenceBits = literalLengths.states.stateBits + matchLengths.states.stateBits
  }

  /// How many bytes a stream is expected to store of a frame.
  func expectedSize(sequences: Int) -> Int {
    (sequences * sequenceBits) >> (FiniteStateTable.dictionaryLog + 3) + 3
  }
}
