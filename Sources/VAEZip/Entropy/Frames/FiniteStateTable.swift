import VAEZipSupport

/// A table of zstd's finite-state entropy coder: how many states each code has
/// (Formats/VZ-symbols.md, §5; RFC 8878, section 4.1).
struct FiniteStateTable {
  /// log₂ of the numbers of states that RFC 8878 allows for literal and match lengths.
  static let accuracyLogs = 5...9
  /// log₂ of the number of states of a dictionary's tables.
  static let dictionaryLog = accuracyLogs.upperBound

  /// log₂ of the number of states; 0 for a field that has only one code, which takes no bits.
  let accuracyLog: Int
  /// Number of states.
  var stateCount: Int { 1 << accuracyLog }
  /// Number of states of each code. Their sum is `stateCount`.
  let counts: [Int]

  /// Apportions the states to weights by Webster's method, at least one state to each weight above zero.
  ///
  /// Each code of weight w > 0 starts with n = max(1, ⌊states·w / sum⌋) states. While there are too many
  /// states, the code with the smallest w / (2n − 1) among those with n > 1 gives one back. While there
  /// are too few, the code with the largest w / (2n + 1) gets one. Ties go to the lowest code.
  /// - Parameters:
  ///   - weights: at most 64 values. Their sum is at least 1 and below 2⁵²; no more of them are above zero
  ///     than there are states.
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
        // Compares w / (2n − 1) with that of the best code, crosswise.
        if best < 0
          || weights[code] * UInt64(2 * counts[best] - 1)
            < weights[best] * UInt64(2 * counts[code] - 1)
        {
          best = code
        }
      }
      guard best >= 0 else { break }  // more codes than states, which callers exclude
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

  /// Estimates the bits that codes take, the first state included, with `FixedLog2.fractionBits` fraction
  /// bits.
  /// - Parameter codes: how often each code occurs.
  func bits(of codes: [Int]) -> Int {
    var bits = accuracyLog << FixedLog2.fractionBits
    for (count, states) in zip(codes, counts) where count > 0 {
      bits += count * (accuracyLog << FixedLog2.fractionBits - FixedLog2.log2(UInt64(states)))
    }
    return bits
  }

  /// Bits that a code takes on average, times `stateCount`.
  ///
  /// A code of n states has the states n ≤ x < 2n, in which it takes `accuracyLog` − ⌊log₂ x⌋ bits.
  var stateBits: Int {
    counts.reduce(0) { sum, states in
      if states == 0 { return sum }
      let log = states.leadingBit
      return sum + states * (accuracyLog - log) - 2 * states + 2 << log
    }
  }

  /// The table's description, as RFC 8878 section 4.1.1 defines it.
  var serialized: [UInt8] {
    var writer = BitWriter()
    writer.write(accuracyLog - Self.accuracyLogs.lowerBound, count: 4)
    var remaining = stateCount + 1  // one more than the states that no code has yet
    var code = 0
    while remaining > 1, code < counts.count {
      let count = counts[code]
      // The count plus one, 0…remaining, takes n bits; the smallest values take n − 1.
      let n = remaining.leadingBit + 1
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
        // The number of further zeros, in steps of three; a value of 0…2 ends it.
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
