/// Encodes the codes of one field with a finite-state table, last code first (RFC 8878, section 4.1).
struct FiniteStateEncoder {
  /// What a code does to a state: it takes (state + bitsDelta) >> 16 of the state's low bits.
  private struct Step {
    var bitsDelta = 0
    var stateDelta = 0
  }
  private let accuracyLog: Int
  /// Number of states.
  private let size: Int
  private var steps: [Step]
  /// The states of each code, in order of the codes.
  private var states: [UInt16]
  /// `size`…2 · `size` − 1; 0 before the first code.
  private var state = 0

  init(_ table: FiniteStateTable) {
    accuracyLog = table.accuracyLog
    size = table.stateCount
    // The decoder's table: each code's states are spread over it with a fixed step.
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
        // States of this code take `bits` bits, or one fewer below a limit.
        let bits =
          accuracyLog
          - (count == 1 ? 0 : Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
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

  /// Encodes the last code, which costs nothing yet.
  mutating func begin(_ code: Int) {
    let step = steps[code]
    let bits = (step.bitsDelta + (1 << 15)) >> 16
    let value = (bits << 16) - step.bitsDelta
    state = Int(states[(value >> bits) + step.stateDelta])
  }

  /// Encodes the code before.
  @inline(__always)
  mutating func encode(_ code: Int, to writer: inout BitWriter) {
    let step = steps[code]
    let bits = (state + step.bitsDelta) >> 16
    writer.write(state & ((1 << bits) - 1), count: bits)
    state = Int(states[(state >> bits) + step.stateDelta])
  }

  /// Writes the state with which a decoder begins.
  func finish(to writer: inout BitWriter) {
    writer.write(state - size, count: accuracyLog)
  }
}
