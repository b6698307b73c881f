import CKernels
import TestSupport
import Testing
import VAEZipSupport

/// Runs an elementwise kernel on every instruction set and compares it with `expected`, an
/// independent definition on one channel of one pixel.
private func check<Output: FixedWidthInteger>(
  _ name: String, inputs: Int, values: Values, seed: UInt64,
  _ run: (vzk_isa, [vzk_source], UnsafeMutablePointer<Output>, Int, Int32, Int32) -> vzk_status,
  expected: (_ values: [Int16], _ channel: Int) -> Output
) {
  for (round, width) in [1, 2, 5, 9].enumerated() {
    var random = SplitMix64(seed + UInt64(round))
    let channels = 32 * (1 + round)
    // Inputs are slices of pixels of different widths; the last has stride 0 once in a while.
    let strides = (0..<inputs).map { $0 == inputs - 1 && round == 3 ? 0 : channels + 32 * $0 }
    let sources = strides.map { random.int16s(max($0, channels) * width, values) }
    let outputStride = channels + 7
    let pattern = Output(truncatingIfNeeded: untouched)
    var wanted = [Output](repeating: pattern, count: width * outputStride + 2 * margin)
    for x in 0..<width {
      for c in 0..<channels {
        let operands = zip(sources, strides).map { $0[x * $1 + c] }
        wanted[margin + x * outputStride + c] = expected(operands, c)
      }
    }
    for isa in availableISAs {
      var output = [Output](repeating: pattern, count: wanted.count)
      let status = output.withUnsafeMutableBufferPointer { output in
        withPointers(sources) { pointers in
          let operands = zip(pointers, strides).map { vzk_source(values: $0, pixelStride: $1) }
          return run(
            isa, operands, output.address(margin), outputStride, Int32(channels),
            Int32(width))
        }
      }
      #expect(status == .ok)
      #expect(output == wanted, "\(name) on \(String(cString: vzk_isa_name(isa))), \(values)")
    }
  }
}

/// Pointers to several arrays at once.
private func withPointers<Result>(
  _ arrays: [[Int16]], _ body: ([UnsafePointer<Int16>]) -> Result
) -> Result {
  let copies = arrays.map { array in
    let copy = UnsafeMutablePointer<Int16>.allocate(capacity: array.count)
    copy.initialize(from: array, count: array.count)
    return copy
  }
  defer { copies.forEach { $0.deallocate() } }
  return body(copies.map { UnsafePointer($0) })
}

@Suite struct LatentTests {
  @Test(arguments: Values.allCases)
  func gain(values: Values) {
    var random = SplitMix64(11)
    let gains = (0..<128).map { _ in Int16.random(in: 1 << 14 ... .max, using: &random) }
    let shifts = random.int32s(128, in: 1...30)
    check("gain", inputs: 1, values: values, seed: 20) { isa, sources, output, stride, c, w in
      vzk_gain(
        isa, sources[0], gains, shifts, vzk_sink(values: output, pixelStride: stride), c, w)
    } expected: { operands, channel in
      let product = Int64(operands[0]) * Int64(gains[channel])
      return Int16(clamping: (product + 1 << (shifts[channel] - 1)) >> shifts[channel])
    }
  }

  @Test(arguments: Values.allCases)
  func compand(values: Values) {
    for fraction in 0...15 {
      check("compand", inputs: 1, values: values, seed: 30) { isa, sources, output, stride, c, w in
        vzk_compand(
          isa, sources[0], Int32(fraction), vzk_sink(values: output, pixelStride: stride), c, w)
      } expected: { operands, _ in
        // In floating point, which is exact here: 17 bits of mantissa.
        let magnitude = 1 + abs(Double(operands[0])) / Double(1 << fraction)
        let result = (Double(magnitude.exponent) + magnitude.significand - 1) * 2048
        return Int16((operands[0] < 0 ? -1 : 1) * result.rounded(.down))
      }
    }
  }

  @Test(arguments: Values.allCases)
  func quantizeAndDequantize(values: Values) {
    for fraction in [0, 1, 4, 9, 15] {
      let half = fraction == 0 ? 0 : 1 << (fraction - 1)
      check("quantize", inputs: 2, values: values, seed: 40) { isa, sources, output, stride, c, w in
        vzk_quantize(
          isa, sources[0], sources[1], Int32(fraction),
          vzk_sink(values: output, pixelStride: stride), c, w)
      } expected: { operands, _ in
        Int16(clamping: (Int(operands[0]) - Int(operands[1]) + half) >> fraction)
      }
      check("dequantize", inputs: 2, values: values, seed: 50) {
        isa, sources, output, stride, c, w in
        vzk_dequantize(
          isa, sources[0], sources[1], Int32(fraction),
          vzk_sink(values: output, pixelStride: stride), c, w)
      } expected: { operands, _ in
        Int16(clamping: Int(operands[0]) << fraction + Int(operands[1]))
      }
    }
  }

  @Test(arguments: Values.allCases)
  func levels(values: Values) {
    check("levels", inputs: 1, values: values, seed: 60) { isa, sources, output, stride, c, w in
      vzk_scale_indexes(isa, sources[0], output, stride, c, w)
    } expected: { operands, _ in
      UInt8(min(max(16 + (Int(operands[0]) + 8) >> 4, 0), 63))
    }
  }

  @Test(arguments: Values.allCases)
  func signsAndGate(values: Values) {
    for count in [32, 96, 224] {
      var random = SplitMix64(UInt64(80 + count))
      let activations = random.int16s(count, values)
      let gradients = random.int16s(count, values)
      let wanted = zip(gradients, activations).map { gradient, activation in
        activation < 0 ? Int16((Double(gradient) / 8).rounded()) : gradient
      }
      for isa in availableISAs {
        var bits = [UInt8](repeating: 0x5a, count: count / 8 + 8)
        #expect(vzk_signs(isa, activations, &bits, Int32(count)) == .ok)
        for (index, value) in activations.enumerated() {
          #expect((bits[index / 8] >> (index % 8) & 1 == 1) == (value < 0))
        }
        #expect(bits.suffix(8).allSatisfy { $0 == 0x5a })
        var values = gradients + [untouched]
        #expect(vzk_gate(isa, &values, bits, Int32(count)) == .ok)
        #expect(values == wanted + [untouched])
      }
    }
  }

  @Test func badArgumentsAreRefused() {
    var pixel = [Int16](repeating: 0, count: 32)
    pixel.withUnsafeMutableBufferPointer { pixel in
      guard let start = pixel.baseAddress else { return }
      let source = vzk_source(values: start, pixelStride: 32)
      let sink = vzk_sink(values: start, pixelStride: 32)
      let gains = [Int16](repeating: 1 << 14, count: 32)
      for shift: Int32 in [0, 31] {
        let shifts = [Int32](repeating: shift, count: 32)
        #expect(vzk_gain(.scalar, source, gains, shifts, sink, 32, 1) == .badShift)
      }
      #expect(vzk_compand(.scalar, source, 16, sink, 32, 1) == .badShift)
      #expect(vzk_compand(.scalar, source, 5, sink, 31, 1) == .badShape)
      #expect(vzk_quantize(.scalar, source, source, -1, sink, 32, 1) == .badShift)
      #expect(vzk_dequantize(.scalar, source, source, 4, sink, 32, -1) == .badShape)
      var bits: [UInt8] = [0, 0, 0, 0]
      #expect(vzk_signs(.scalar, start, &bits, 31) == .badShape)
      #expect(vzk_gate(.scalar, start, bits, -32) == .badShape)
    }
  }

  @Test func unshuffle() {
    for (width, padding) in [(1, 0), (2, 3), (7, 24)] {
      var random = SplitMix64(UInt64(70 + width))
      let rowStride = 24 * width + padding
      let rgb = (0..<(7 * rowStride + 24 * width)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      let stride = 192 + padding
      var wanted = [Int16](repeating: untouched, count: width * stride + 2 * margin)
      for x in 0..<width {
        for channel in 0..<192 {
          let (c, dy, dx) = (channel / 64, channel / 8 % 8, channel % 8)
          wanted[margin + x * stride + channel] =
            Int16(rgb[dy * rowStride + (8 * x + dx) * 3 + c]) - 128
        }
      }
      for isa in availableISAs {
        var output = [Int16](repeating: untouched, count: wanted.count)
        let status = output.withUnsafeMutableBufferPointer {
          vzk_unshuffle(isa, rgb, rowStride, $0.address(margin), stride, Int32(width))
        }
        #expect(status == .ok)
        #expect(output == wanted)
      }
    }
  }
}
