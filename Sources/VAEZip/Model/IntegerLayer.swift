/// A convolution in integers, by the rule of Formats/MODEL.md, section "Weights".
///
/// out = sat16((Σ a·w + bias + 2^(shift − 1)) >> shift), and no input can overflow the sum.
package struct IntegerLayer: Sendable, Equatable {
  package let name: String
  package let isDepthwise: Bool
  package let outputs: Int
  /// Inputs of one output: 1 for a depthwise convolution.
  package let inputs: Int
  /// Kernel elements, row-major: 1 or 9.
  package let taps: Int
  /// `[outputs][inputs][taps]`, as in the model file.
  package let weights: [Int16]
  /// One an output.
  package let bias: [Int32]
  /// One an output, 1…24.
  package let shift: [Int32]

  static let maximalShift = 24
  static let maximalAccumulatorBits = 30

  /// - Throws: `ModelError.notRepresentable` if a weight is too large for the fixed-point positions.
  init(_ spec: LayerSpec, tensors: [String: WeightTensor]) throws(ModelError) {
    guard let weight = tensors[spec.name + ".weight"] else {
      throw .missingTensor(spec.name + ".weight")
    }
    guard let bias = tensors[spec.name + ".bias"] else { throw .missingTensor(spec.name + ".bias") }
    let depthwise = spec.kind == .depthwise
    isDepthwise = depthwise
    name = spec.name
    outputs = spec.outputChannels
    inputs = depthwise ? 1 : spec.inputChannels
    taps = spec.taps
    let row = inputs * taps
    precondition(weight.count == outputs * row && bias.count == outputs)
    let weights24 = try Self.fixed(weight, name: spec.name)
    let bias24 = try Self.fixed(bias, name: spec.name)

    var weights = [Int16](repeating: 0, count: outputs * row)
    var integerBias: [Int32] = []
    var shifts: [Int32] = []
    var output = 0
    // Runs of elements of a row that share their input's position.
    let runs =
      depthwise
      ? [] : spec.inputs.map { (count: $0.channels * spec.taps, bits: $0.fractionBits) }
    var depthwiseBits = depthwise ? spec.inputs.flatMap(Self.spread).makeIterator() : nil
    for group in spec.outputs {
      for _ in 0..<group.channels {
        let rowRuns = depthwiseBits?.next().map { [(count: row, bits: $0)] } ?? runs
        let start = output * row
        let fitted = try Self.fit(
          weights24[start..<start + row], runs: rowRuns,
          bias24: bias24[output] + Int64(spec.biasOffset) << Int64(FixedPoint.weightBits),
          outputBits: group.fractionBits, into: &weights[start..<start + row],
          name: "\(spec.name), output \(output)")
        integerBias.append(fitted.bias)
        shifts.append(fitted.shift)
        output += 1
      }
    }
    self.weights = weights
    self.bias = integerBias
    self.shift = shifts
  }

  private static func spread(_ group: ChannelGroup) -> [Int] {
    Array(repeating: group.fractionBits, count: group.channels)
  }

  /// The elements with 24 fraction bits.
  private static func fixed(_ tensor: WeightTensor, name: String) throws(ModelError) -> [Int64] {
    var bad = false
    let values = tensor.withPatterns { pattern in
      (0..<tensor.count).map { index in
        let value = FixedPoint.integer(
          pattern(index), tensor.dtype, fractionBits: FixedPoint.weightBits)
        bad = bad || value == nil
        return value ?? 0
      }
    }
    if bad {
      throw .notRepresentable(layer: name, reason: "a number is 2^15 or more in magnitude")
    }
    return values
  }

  /// Finds the largest number A of accumulator fraction bits with which one output fits, and
  /// writes its weights.
  private static func fit(
    _ weights24: ArraySlice<Int64>, runs: [(count: Int, bits: Int)], bias24: Int64,
    outputBits: Int, into weights: inout ArraySlice<Int16>, name: String
  ) throws(ModelError) -> (bias: Int32, shift: Int32) {
    let lowest = runs.reduce(Int.max) { min($0, $1.bits) }
    var accumulator = min(maximalAccumulatorBits, outputBits + maximalShift, lowest + 24)
    search: while accumulator > outputBits {
      defer { accumulator -= 1 }
      let shift = accumulator - outputBits
      var sum: Int64 = 0
      var index = weights24.startIndex
      var place = weights.startIndex
      for run in runs {
        let power = accumulator - run.bits - FixedPoint.weightBits
        for _ in 0..<run.count {
          let weight = FixedPoint.shifted(weights24[index], by: power)
          let magnitude = abs(weight)
          if magnitude > 32767 { continue search }
          sum += magnitude
          // Σ|w|·32768 alone is past the limit: no need to look at the rest.
          if sum > 65535 { continue search }
          weights[place] = Int16(weight)
          index += 1
          place += 1
        }
      }
      let bias = FixedPoint.shifted(bias24, by: accumulator - FixedPoint.weightBits)
      let bound = sum * 32768 + abs(bias) + 1 << Int64(shift - 1)
      if bound <= Int64(Int32.max) { return (Int32(bias), Int32(shift)) }
    }
    throw .notRepresentable(
      layer: name, reason: "its weights are too large for its output's \(outputBits) fraction bits")
  }
}
