/// One of the two fields of a frame's sequences: what its values mean and how probable they are.
struct LaneTable {
  /// Values from here on stand for "this much or more".
  let cap: Int
  /// States of the field's codes.
  let states: FiniteStateTable

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
    let (cap, values) = capped(weights, rarity: 10, least: 2 - offset)
    var codes = [UInt64](repeating: 0, count: 23)
    for (value, weight) in values.enumerated() where value + offset > 0 {
      codes[literalLengthCode(value + offset)] += weight
    }
    return LaneTable(cap: cap, states: FiniteStateTable(weights: codes))
  }

  /// A lane in match lengths, value + 3.
  /// - Parameters:
  ///   - weights: of the values 0…31; the last stands for 31 and more.
  ///   - rarity: values of which fewer than 2^−rarity are expected share the cap.
  static func matchLengths(_ weights: [UInt64], rarity: UInt64 = 10) -> LaneTable {
    let (cap, values) = capped(weights, rarity: rarity, least: 1)
    return LaneTable(cap: cap, states: FiniteStateTable(weights: values))
  }

  /// Cuts the values' tail: the cap is the first value from `least` on such that it and all above
  /// weigh less than 2^−rarity of the whole, at most 31; its weight is that of the tail.
  private static func capped(
    _ weights: [UInt64], rarity: UInt64, least: Int
  ) -> (cap: Int, weights: [UInt64]) {
    let total = weights.reduce(0, +)
    var tail = total
    var cap = 0
    while cap < weights.count - 1, cap < least || tail << rarity >= total {
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
}
