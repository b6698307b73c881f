// Formats/MODEL.md, "Weights" and "Convolutions".

/// A convolution in integers.
struct Layer {
  /// Of each output: of each input, row by row of the taps.
  private var weights: [[Int]] = []
  private var bias: [Int] = []
  /// s, of each output.
  private var shift: [Int] = []
  /// Side of the square of taps: 1 or 3.
  private let side: Int
  private let isDepthwise: Bool

  /// - Parameters:
  ///   - inputs: fraction bits of each input.
  ///   - outputs: fraction bits of each output.
  ///   - offset: is added to the bias.
  init(
    _ model: ModelFile, _ name: String, inputs: [Int], outputs: [Int], isDepthwise: Bool = false,
    offset: Int = 0
  ) throws {
    let weight = try model.tensor(name + ".weight")
    let biases = try model.tensor(name + ".bias").values
    self.isDepthwise = isDepthwise
    side = weight.shape[3]
    let taps = side * side
    let row = weight.shape[1] * taps
    guard outputs.count == weight.shape[0],
      inputs.count * (isDepthwise ? 1 : taps) == (isDepthwise ? outputs.count : row)
    else { throw FormatError("shape of \(name)") }
    for output in outputs.indices {
      let w24 = weight.values[output * row..<(output + 1) * row].map { rhe($0 * powerOfTwo(24)) }
      let b24 = rhe(biases[output] * powerOfTwo(24)) + offset << 24
      let bits =
        isDepthwise ? Array(repeating: inputs[output], count: row) : (0..<row).map { inputs[$0 / taps] }
      try add(w24, b24, inputs: bits, output: outputs[output], name)
    }
  }

  /// Finds the largest A of an output.
  /// - Parameters:
  ///   - inputs: F_i of each weight.
  ///   - output: F_out.
  private mutating func add(
    _ w24: [Int], _ b24: Int, inputs: [Int], output: Int, _ name: String
  ) throws {
    for a in stride(from: 30, through: output + 1, by: -1) {
      let s = a - output
      guard s <= 24, a - (inputs.min() ?? 0) <= 24 else { continue }
      let w = zip(w24, inputs).map { rhe(Double($0) * powerOfTwo(a - $1 - 24)) }
      let b = rhe(Double(b24) * powerOfTwo(a - 24))
      let sum = w.reduce(0) { $0 + abs($1) }
      guard w.allSatisfy({ abs($0) <= 32767 }), sum << 15 + abs(b) + 1 << (s - 1) <= 1 << 31 - 1
      else { continue }
      weights.append(w)
      bias.append(b)
      shift.append(s)
      return
    }
    throw FormatError("\(name) does not fit")
  }

  /// Runs the convolution.
  func callAsFunction(_ input: Map, stride: Int = 1, leaky: Bool = false) -> Map {
    let width = (input.width + stride - 1) / stride
    let height = (input.height + stride - 1) / stride
    let border = side / 2
    return Map(width, height, weights.count) { x, y, output in
      let inputs = isDepthwise ? output..<output + 1 : 0..<input.channels
      var sum = bias[output] + 1 << (shift[output] - 1)
      var index = 0
      for c in inputs {
        for ky in 0..<side {
          for kx in 0..<side {
            sum +=
              weights[output][index]
              * input[x * stride + kx - border, y * stride + ky - border, c]
            index += 1
          }
        }
      }
      let o = sat16(sum >> shift[output])
      return leaky ? max(o, o >> 3) : o
    }
  }
}
