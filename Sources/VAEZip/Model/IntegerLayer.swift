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
  package init(_ spec: LayerSpec, tensors: [String: WeightTensor]) throws(ModelError) {
    guard let weight = tensors[spec.name + ".weight"] else {
      throw .missingTensor(spec.name + ".weight")
    }
    guard let bias = tensors[spec.name + ".bias"] else { throw .missingTensor(spec.name + ".bias") }
    name = spec.name
    isDepthwise = spec.kind == .depthwise
    outputs = spec.outputChannels
    inputs = isDepthwise ? 1 : spec.inputChannels
    taps = spec.taps
    let row = inputs * taps
    precondition(weight.count == outputs * row && bias.count == outputs)

    guard let bias24 = FixedPoint.weights(bias, 0..<outputs) else {
      throw Self.tooLarge(spec.name)
    }
    let outputBits = spec.outputs.flatMap(\.perChannel)
    let depthwiseBits = isDepthwise ? spec.inputs.flatMap(\.perChannel) : []
    // Elements of a row that share their input's position.
    let sharedRuns = spec.inputs.map { Run(count: $0.channels * spec.taps, bits: $0.fractionBits) }
    var weights = [Int16](repeating: 0, count: outputs * row)
    var integerBias: [Int32] = []
    var shifts: [Int32] = []
    // One output at a time, so that its numbers stay in the first-level cache.
    var narrow = [Int32](repeating: 0, count: row)
    for output in 0..<outputs {
      let runs = isDepthwise ? [Run(count: row, bits: depthwiseBits[output])] : sharedRuns
      let range = output * row..<(output + 1) * row
      let bias = bias24[output] + Int64(spec.biasOffset) << Int64(FixedPoint.weightBits)
      let fits = narrow.withUnsafeMutableBufferPointer {
        FixedPoint.narrowWeights(weight, from: range.lowerBound, into: $0)
      }
      let fitted: (bias: Int32, shift: Int32)?
      if fits {
        fitted = Self.fit(
          narrow, runs: runs, bias24: bias, outputBits: outputBits[output],
          into: &weights, at: range)
      } else if let wide = FixedPoint.weights(weight, range) {
        fitted = Self.fit(
          wide, runs: runs, bias24: bias, outputBits: outputBits[output],
          into: &weights, at: range)
      } else {
        throw Self.tooLarge(spec.name)
      }
      guard let fitted else {
        throw .notRepresentable(
          layer: "\(spec.name), output \(output)",
          reason: "weights too large for an output with \(outputBits[output]) fraction bits")
      }
      integerBias.append(fitted.bias)
      shifts.append(fitted.shift)
    }
    self.weights = weights
    self.bias = integerBias
    self.shift = shifts
  }

  private static func tooLarge(_ name: String) -> ModelError {
    .notRepresentable(layer: name, reason: "a number is 2^15 or more in magnitude")
  }

  private struct Run {
    var count: Int
    var bits: Int
  }

  private static func fit<Number: FixedWidthInteger & SignedInteger>(
    _ weights24: [Number], runs: [Run], bias24: Int64, outputBits: Int,
    into weights: inout [Int16], at range: Range<Int>
  ) -> (bias: Int32, shift: Int32)? {
    weights24.withUnsafeBufferPointer { source in
      weights.withUnsafeMutableBufferPointer { target in
        fit(
          source, runs: runs, bias24: bias24, outputBits: outputBits,
          into: UnsafeMutableBufferPointer(rebasing: target[range]))
      }
    }
  }

  /// Finds the largest number A of accumulator fraction bits with which one output fits, and
  /// writes its weights.
  ///
  /// - Parameter weights24: with 24 fraction bits.
  @inline(__always)
  private static func fit<Number: FixedWidthInteger & SignedInteger>(
    _ weights24: UnsafeBufferPointer<Number>, runs: [Run], bias24: Int64, outputBits: Int,
    into weights: UnsafeMutableBufferPointer<Int16>
  ) -> (bias: Int32, shift: Int32)? {
    let lowest = runs.reduce(Int.max) { min($0, $1.bits) }
    var accumulator = min(maximalAccumulatorBits, outputBits + maximalShift, lowest + 24)

    // The rule asks for the largest A that fits. All A are ruled out with which the sum of the
    // weights before rounding is past the limit by more than rounding can change (1/2 each).
    var sums: [(sum: Int64, bits: Int)] = []
    var start = 0
    for run in runs {
      var sum: Int64 = 0
      for index in start..<start + run.count { sum &+= Int64(weights24[index].magnitude) }
      sums.append((sum, run.bits))
      start += run.count
    }
    func cannotFit(_ accumulator: Int) -> Bool {
      let sum = sums.reduce(Int64(0)) { total, run in
        total + run.sum >> Int64(min(FixedPoint.weightBits + run.bits - accumulator, 63))
      }
      return sum > 65536 + Int64(weights24.count)
    }
    while accumulator > outputBits, cannotFit(accumulator) { accumulator -= 1 }

    while accumulator > outputBits {
      var sum: Int64 = 0
      var anyBits: Int32 = 0
      var start = 0
      for run in runs {
        let (runSum, runBits) = FixedPoint.round(
          UnsafeBufferPointer(rebasing: weights24[start..<start + run.count]),
          shift: FixedPoint.weightBits + run.bits - accumulator,
          into: UnsafeMutableBufferPointer(rebasing: weights[start..<start + run.count]))
        sum += runSum
        anyBits |= runBits
        start += run.count
      }
      let shift = accumulator - outputBits
      let bias = FixedPoint.shifted(bias24, by: accumulator - FixedPoint.weightBits)
      let bound = sum * 32768 + abs(bias) + 1 << Int64(shift - 1)
      // A weight is 2^15 or more in magnitude just when one of the upper bits is set somewhere.
      if anyBits <= 32767, bound <= Int64(Int32.max) { return (Int32(bias), Int32(shift)) }
      accumulator -= 1
    }
    return nil
  }
}
