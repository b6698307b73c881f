import CKernels
import TestSupport
import Testing
import VAEZipSupport

@Suite struct DepthwiseTests {
  @Test(arguments: Values.allCases)
  func everyInstructionSetMatchesTheDefinition(values: Values) {
    for (seed, width) in [1, 2, 3, 7, 31, 32, 33, 70].enumerated() {
      for extra in [0, 32] { check(32 * (1 + seed % 3), width, extra, values, UInt64(seed)) }
    }
  }

  private func check(
    _ channels: Int, _ width: Int, _ extra: Int, _ values: Values, _ seed: UInt64
  ) {
    var random = SplitMix64(seed)
    let weights = random.int16s(channels * 9, values)
    let moderate = values == .moderate
    let bias = random.int32s(channels, in: moderate ? -9999...9999 : .min ... .max)
    let shift = random.int32s(channels, in: moderate ? 4...12 : 1...31)
    let stride = channels + extra
    let rows = (0..<3).map { _ in random.int16s((width + 2) * stride - extra, values) }

    var expected = [Int16](repeating: untouched, count: width * stride + 2 * margin)
    for x in 0..<width {
      for c in 0..<channels {
        var sum = bias[c]
        for tap in 0..<9 {
          let input = rows[tap / 3][(x + tap % 3) * stride + c]
          sum &+= Int32(input) * Int32(weights[c * 9 + tap])
        }
        expected[margin + x * stride + c] = saturated(sum >> shift[c])
      }
    }

    for isa in availableISAs {
      let packed = Packed(bytes: vzk_packed_depthwise_size(isa, Int32(channels))) {
        vzk_pack_depthwise(isa, Int32(channels), weights, bias, shift, $0)
      }
      #expect(packed.status == .ok)
      var output = [Int16](repeating: untouched, count: expected.count)
      output.withUnsafeMutableBufferPointer { output in
        rows[0].withUnsafeBufferPointer { above in
          rows[1].withUnsafeBufferPointer { here in
            rows[2].withUnsafeBufferPointer { below in
              var call = vzk_depthwise(
                weights: packed.memory, above: above.baseAddress, here: here.baseAddress,
                below: below.baseAddress, inputPixelStride: stride,
                output: output.address(margin), outputPixelStride: stride,
                width: Int32(width))
              #expect(vzk_convolve_depthwise(&call) == .ok)
            }
          }
        }
      }
      let name = String(cString: vzk_isa_name(isa))
      #expect(output == expected, "\(name): \(channels) channels, width \(width), \(values)")
    }
  }

  @Test func weightsOfAnotherKindAreRefused() {
    let shape = vzk_shape(outputs: 32, inputs: 32, kernel: 1, shuffle: .none)
    let zeros = [Int32](repeating: 0, count: 32)
    let packed = Packed(bytes: vzk_packed_convolution_size(.scalar, shape)) {
      vzk_pack_convolution(.scalar, shape, [Int16](repeating: 0, count: 1024), zeros, zeros, $0)
    }
    var pixels = [Int16](repeating: 0, count: 32 * 4)
    pixels.withUnsafeMutableBufferPointer { pixels in
      guard let start = pixels.baseAddress else { return }
      var call = vzk_depthwise(
        weights: packed.memory, above: start, here: start, below: start, inputPixelStride: 32,
        output: start + 96, outputPixelStride: 32, width: 1)
      #expect(vzk_convolve_depthwise(&call) == .badWeights)
    }
    #expect(vzk_packed_depthwise_size(.scalar, 48) == 0)
  }
}
