/// Encodes the codes of one field of a frame's sequences with a finite-state table, last code first
/// (RFC 8878, section 4.1).
struct FiniteStateEncoder {
  /// How a code changes the state. (state + bitsDelta) >> 16 low bits of the state are written; the rest,
  /// plus `stateDelta`, is the index of the next state in `states`.
  private struct Step {
    var bitsDelta = 0
    var stateDelta = 0
  }
  private let accuracyLog: Int
  /// Number of states.
  private let size: Int
  private var steps: [Step]
  /// The states of each code, code after code.
  private var states: [UInt16]
  /// The current state, `size` ..< 2 · `size`; 0 before `begin`.
  private var state = 0

  /// Derives the transitions between states from the number of states of each code.
  init(_ table: FiniteStateTable) {
    accuracyLog = table.accuracyLog
    size = table.stateCount
    // The decoder's table, over which the states of each code are spread in fixed steps.
    var codes = [Int](repeating: 0, count: size)
    var position = 0
    for (code, count) in table.counts.enumerated() {
      for _ in 0..<count {
        codes[position] = code
        position = (position + (size >> 1) + (size >> 3) + 3) & (size - 1)
      }
    }
    steps = []
    var starts: [Int] = []
    var start = 0
    for count in table.counts {
      starts.append(start)
      if count > 0 {
        // A code of n states writes `bits` bits, or one fewer from states below n << bits.
        let bits = accuracyLog - (count == 1 ? 0 : (count - 1).leadingBit)
        steps.append(Step(bitsDelta: (bits << 16) - (count << bits), stateDelta: start - count))
      } else {
        steps.append(Step())
      }
      start += count
    }
    states = [UInt16](repeating: 0, count: size)
    for (place, code) in codes.enumerated() {
      states[starts[code]] = UInt16(size + place)
      starts[code] += 1
    }
  }

  /// Encodes the last code of the frame. It takes no bits beyond those of `finish`.
  mutating func begin(_ code: Int) {
    let step = steps[code]
    let bits = (step.bitsDelta + (1 << 15)) >> 16
    let value = (bits << 16) - step.bitsDelta
    state = Int(states[(value >> bits) + step.stateDelta])
  }

  /// Encodes the code before the one encoded last.
  @inline(__always)
  mutating func encode(_ code: Int, to writer: inout BitWriter) {
    let step = steps[code]
    let bits = (state + step.bitsDelta) >> 16
    writer.write(state & ((1 << bits) - 1), count: bits)
    state = Int(states[(state >> bits) + step.stateDelta])
  }

  /// Writes the state in which a decoder starts.
  func finish(to writer: inout BitWriter) {
    writer.write(state - size, count: accuracyLog)
  }
}
