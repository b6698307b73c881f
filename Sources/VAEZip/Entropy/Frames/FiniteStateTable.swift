import VAEZipSupport

/// A table of zstd's finite state entropy coder: how many of its states each code has.
struct FiniteStateTable {
  /// log₂ of the number of states that RFC 8878 allows for literal and match lengths.
  static let accuracyLogs = 5...9
  /// That of dictionaries.
  static let dictionaryLog = accuracyLogs.upperBound

  /// log₂ of the number of states; 0 for a field with one code alone, which takes no bits.
  let accuracyLog: Int
  /// Number of states.
  var stateCount: Int { 1 << accuracyLog }
  /// States by code; their sum is `stateCount`.
  let counts: [Int]

  /// Apportions the states to weights by Webster's method, at least one to each weight above zero.
  ///
  /// Everyone starts with max(1, ⌊states·w / sum⌋); while there are too many, one state is taken from
  /// the code with the smallest w / (2n − 1) among n > 1; while too few, one is given to the code with
  /// the largest w / (2n + 1); ties go to the lowest code.
  /// - Parameters:
  ///   - weights: at most 64 values with a sum of at least 1 and below 2⁵², not more above zero than
  ///     states.
  ///   - accuracyLog: log₂ of the number of states, of `accuracyLogs`, or 0.
  init(weights: [UInt64], accuracyLog: Int = dictionaryLog) {
    self.accuracyLog = accuracyLog
    let stateCount = 1 << accuracyLog
    let total = max(weights.reduce(0, +), 1)
    var counts = weights.map { $0 == 0 ? 0 : max(1, Int($0 * UInt64(stateCount) / total)) }
    var sum = counts.reduce(0, +)
    while sum > stateCount {
      var best = -1
      for code in counts.indices where counts[code] > 1 {
        // w / (2n − 1) smaller than the best's: compared crosswise.
        if best < 0
          || weights[code] * UInt64(2 * counts[best] - 1)
            < weights[best] * UInt64(2 * counts[code] - 1)
        {
          best = code
        }
      }
      guard best >= 0 else { break }  // more codes than states: excluded by the precondition
      counts[best] -= 1
      sum -= 1
    }
    while sum < stateCount {
      var best = 0
      for code in counts.indices.dropFirst() {
        if weights[code] * UInt64(2 * counts[best] + 1)
          > weights[best] * UInt64(2 * counts[code] + 1)
        {
          best = code
        }
      }
      counts[best] += 1
      sum += 1
    }
    self.counts = counts
  }

  /// Bits that codes take, by how many there are of each, and the first state, with
  /// `FixedLog2.fractionBits` fraction bits.
  func bits(of codes: [Int]) -> Int {
    var bits = accuracyLog << FixedLog2.fractionBits
    for (count, states) in zip(codes, counts) where count > 0 {
      bits += count * (accuracyLog << FixedLog2.fractionBits - FixedLog2.log2(UInt64(states)))
    }
    return bits
  }

  /// Bits that a code takes, summed over the states: `stateCount` times the mean.
  ///
  /// The code of n states takes `accuracyLog` − ⌊log₂ x⌋ bits in the states n ≤ x < 2n.
  var stateBits: Int {
    counts.reduce(0) { sum, states in
      if states == 0 { return sum }
      let log = states.leadingBit
      return sum + states * (accuracyLog - log) - 2 * states + 2 << log
    }
  }

  /// The table's description as RFC 8878 section 4.1.1 defines it.
  var serialized: [UInt8] {
    var writer = BitWriter()
    writer.write(accuracyLog - Self.accuracyLogs.lowerBound, count: 4)
    var remaining = stateCount + 1  // one more than the states not yet given
    var code = 0
    while remaining > 1, code < counts.count {
      let count = counts[code]
      // A value 0…remaining (the count plus one) takes n bits, the lowest ones n − 1.
      let n = Int.bitWidth - remaining.leadingZeroBitCount
      let half = 1 << (n - 1)
      let short = 2 * half - 1 - remaining
      let value = count + 1
      if value < short {
        writer.write(value, count: n - 1)
      } else {
        writer.write(value < half ? value : value + short, count: n)
      }
      remaining -= count
      code += 1
      if count == 0 {
        // Further zeros follow in steps of three; 0…2 ends them.
        var zeros = counts[code...].prefix { $0 == 0 }.count
        code += zeros
        while zeros >= 3 {
          writer.write(3, count: 2)
          zeros -= 3
        }
        writer.write(zeros, count: 2)
      }
    }
    return writer.finishedBytes()
  }
}
