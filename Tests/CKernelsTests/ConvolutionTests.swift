import CKernels
import TestSupport
import Testing
import VAEZipSupport

/// A layer, the place of its input and output in larger buffers, and random contents.
private struct Layer: CustomStringConvertible {
  var shape: vzk_shape
  var stride = 1
  var width: Int
  var rows = 1
  var epilogue: vzk_epilogue
  /// Channels of the wider pixels that input, output and residual are slices of, beyond their own.
  var extra = 0
  var values: Values

  let weights: [Int16]
  let bias: [Int32]
  let shift: [Int32]
  let input: [Int16]
  let residual: [Int16]

  var outputs: Int { Int(shape.outputs) }
  var inputs: Int { Int(shape.inputs) }
  var kernel: Int { Int(shape.kernel) }
  /// Fine output pixels per output pixel, in each direction.
  var factor: Int { shape.shuffle == .by2 ? 2 : 1 }
  var inputWidth: Int { (width - 1) * stride + kernel }
  var inputRows: Int { (rows - 1) * stride + kernel }
  var inputPixelStride: Int { inputs + extra }
  var outputChannels: Int { outputs / (factor * factor) }
  var outputPixelStride: Int { outputChannels + extra }
  var outputRowStride: Int { width * factor * outputPixelStride + extra }
  var outputCount: Int { rows * factor * outputRowStride }
  var rgbRowStride: Int { width * 24 + extra }

  var description: String {
    """
    \(inputs)→\(outputs) \(kernel)×\(kernel) stride \(stride) \(shape.shuffle) \(epilogue) \
    \(rows)×\(width) extra \(extra) \(values)
    """
  }

  init(
    outputs: Int, inputs: Int, kernel: Int, stride: Int = 1, shuffle: vzk_shuffle = .none,
    width: Int, rows: Int = 1, epilogue: vzk_epilogue, extra: Int = 0, values: Values,
    seed: UInt64
  ) {
    var random = SplitMix64(seed)
    shape = vzk_shape(
      outputs: Int32(outputs), inputs: Int32(inputs), kernel: Int32(kernel), shuffle: shuffle)
    self.stride = stride
    self.width = width
    self.rows = rows
    self.epilogue = epilogue
    self.extra = extra
    self.values = values
    weights = random.int16s(outputs * kernel * kernel * inputs, values)
    let moderate = values == .moderate
    bias = random.int32s(outputs, in: moderate ? -100_000...100_000 : .min ... .max)
    // Small shifts saturate, large ones leave a few bits.
    shift = random.int32s(outputs, in: moderate ? 8...16 : 1...31)
    let pixels = ((width - 1) * stride + kernel) * ((rows - 1) * stride + kernel)
    input = random.int16s(pixels * (inputs + extra), values)
    residual = random.int16s(rows * width * (outputs + extra), values)
  }

  /// The kernel's output buffer, margins and gaps included: int16 channels, or bytes.
  func run(_ isa: vzk_isa) -> (status: vzk_status, output: [Int16], rgb: [UInt8]) {
    let packed = Packed(bytes: vzk_packed_convolution_size(isa, shape)) {
      vzk_pack_convolution(isa, shape, weights, bias, shift, $0)
    }
    guard packed.status == .ok else { return (packed.status, [], []) }
    var output = [Int16](repeating: untouched, count: outputCount + 2 * margin)
    var rgb = [UInt8](repeating: 0xA5, count: 8 * rows * rgbRowStride + 2 * margin)
    let status = input.withUnsafeBufferPointer { input in
      residual.withUnsafeBufferPointer { residual in
        output.withUnsafeMutableBufferPointer { output in
          rgb.withUnsafeMutableBufferPointer { rgb in
            var call = vzk_convolution(
              weights: packed.memory, input: input.baseAddress,
              inputPixelStride: inputPixelStride, inputRowStride: inputWidth * inputPixelStride,
              stride: Int32(stride), width: Int32(width), rows: Int32(rows), epilogue: epilogue,
              output: output.address(margin), outputPixelStride: outputPixelStride,
              outputRowStride: outputRowStride, residual: residual.baseAddress,
              residualPixelStride: outputs + extra,
              residualRowStride: width * (outputs + extra), rgb: rgb.address(margin),
              rgbRowStride: rgbRowStride)
            return vzk_convolve(&call)
          }
        }
      }
    }
    return (status, output, rgb)
  }

  /// The definition, in plain Swift.
  func reference() -> (output: [Int16], rgb: [UInt8]) {
    var output = [Int16](repeating: untouched, count: outputCount + 2 * margin)
    var rgb = [UInt8](repeating: 0xA5, count: 8 * rows * rgbRowStride + 2 * margin)
    for y in 0..<rows {
      for x in 0..<width {
        for channel in 0..<outputs {
          var sum = bias[channel]
          for tap in 0..<(kernel * kernel) {
            let row = y * stride + tap / kernel
            let column = x * stride + tap % kernel
            let start = (row * inputWidth + column) * inputPixelStride
            for k in 0..<inputs {
              let weight = weights[(channel * kernel * kernel + tap) * inputs + k]
              sum &+= Int32(input[start + k]) * Int32(weight)
            }
          }
          var result = saturated(sum >> shift[channel])
          switch epilogue {
          case .linear: break
          case .leaky: result = max(result, result >> 3)
          case .residual:
            let place = (y * width + x) * (outputs + extra) + channel
            result = saturated(Int32(residual[place]) + Int32(result))
          case .pixels:
            let (c, dy, dx) = (channel / 64, channel / 8 % 8, channel % 8)
            rgb[margin + (8 * y + dy) * rgbRowStride + (8 * x + dx) * 3 + c] =
              UInt8(clamping: result)
            continue
          }
          let (c, dy, dx) =
            shape.shuffle == .by2
            ? (channel / 4, channel / 2 % 2, channel % 2) : (channel, 0, 0)
          let place = (y * factor + dy) * outputRowStride + (x * factor + dx) * outputPixelStride
          output[margin + place + c] = result
        }
      }
    }
    return (output, rgb)
  }

  func check() {
    let expected = reference()
    for isa in availableISAs {
      let result = run(isa)
      let name = String(cString: vzk_isa_name(isa))
      #expect(result.status == .ok)
      #expect(result.output == expected.output, "\(name): \(description)")
      #expect(result.rgb == expected.rgb, "\(name): \(description)")
    }
  }
}

@Suite struct ConvolutionTests {
  @Test(arguments: Values.allCases)
  func pointwise(values: Values) {
    // All remainders of the blocks of 12 and 6 pixels.
    for (seed, width) in (1...26).enumerated() {
      for (number, epilogue) in [vzk_epilogue.linear, .leaky, .residual].enumerated() {
        Layer(
          outputs: [32, 64, 96][(width + number) % 3], inputs: [32, 96][width % 2], kernel: 1,
          width: width, epilogue: epilogue, extra: [0, 32][width / 2 % 2], values: values,
          seed: UInt64(seed * 3 + number)
        ).check()
      }
    }
  }

  @Test(arguments: Values.allCases)
  func pointwiseWiderThanATile(values: Values) {
    Layer(
      outputs: 64, inputs: 384, kernel: 1, width: 61, rows: 2, epilogue: .residual, values: values,
      seed: 5
    ).check()
    Layer(
      outputs: 32, inputs: 64, kernel: 1, width: 301, epilogue: .leaky, values: values, seed: 6
    ).check()
  }

  @Test(arguments: Values.allCases, [1, 2])
  func threeByThree(values: Values, stride: Int) {
    for (seed, width) in [1, 2, 3, 5, 8, 13, 23].enumerated() {
      for extra in [0, 32] {
        Layer(
          outputs: 64, inputs: 32, kernel: 3, stride: stride, width: width, rows: 1 + seed % 3,
          epilogue: [.linear, .leaky, .residual][seed % 3], extra: extra, values: values,
          seed: UInt64(100 + seed)
        ).check()
      }
    }
  }

  @Test(arguments: Values.allCases)
  func pointwiseWithStride(values: Values) {
    Layer(
      outputs: 32, inputs: 64, kernel: 1, stride: 2, width: 7, rows: 3, epilogue: .linear,
      values: values, seed: 7
    ).check()
  }

  @Test(arguments: Values.allCases)
  func shuffleBy2(values: Values) {
    for (seed, width) in [1, 4, 7, 19].enumerated() {
      for kernel in [1, 3] {
        Layer(
          outputs: 128 * (1 + seed % 2), inputs: 64, kernel: kernel, shuffle: .by2, width: width,
          rows: 2, epilogue: seed % 2 == 0 ? .linear : .leaky, extra: 32 * (seed / 2),
          values: values, seed: UInt64(200 + seed)
        ).check()
      }
    }
  }

  @Test(arguments: Values.allCases)
  func shuffleBy8IntoPixels(values: Values) {
    for (seed, width) in [1, 3, 6, 12, 25].enumerated() {
      Layer(
        outputs: 192, inputs: 64, kernel: 1, shuffle: .by8RGB, width: width, rows: 1 + seed % 2,
        epilogue: .pixels, extra: 5 * (seed % 3), values: values, seed: UInt64(300 + seed)
      ).check()
    }
  }

  @Test func residualInPlace() {
    for isa in availableISAs {
      let layer = Layer(
        outputs: 64, inputs: 32, kernel: 1, width: 31, epilogue: .residual, values: .any, seed: 9)
      let packed = Packed(bytes: vzk_packed_convolution_size(isa, layer.shape)) {
        vzk_pack_convolution(isa, layer.shape, layer.weights, layer.bias, layer.shift, $0)
      }
      var trunk = layer.residual
      trunk.withUnsafeMutableBufferPointer { trunk in
        layer.input.withUnsafeBufferPointer { input in
          var call = vzk_convolution()
          call.weights = UnsafeRawPointer(packed.memory)
          call.input = input.baseAddress
          call.inputPixelStride = 32
          call.stride = 1
          call.width = 31
          call.rows = 1
          call.epilogue = .residual
          call.output = trunk.baseAddress
          call.outputPixelStride = 64
          call.residual = UnsafePointer(trunk.baseAddress)
          call.residualPixelStride = 64
          #expect(vzk_convolve(&call) == .ok)
        }
      }
      #expect(trunk == Array(layer.reference().output[margin..<(margin + 31 * 64)]))
    }
  }

  @Test func nothingToDoWritesNothing() {
    let layer = Layer(
      outputs: 32, inputs: 32, kernel: 1, width: 1, rows: 1, epilogue: .linear, values: .any,
      seed: 1)
    for isa in availableISAs {
      var empty = layer
      empty.width = 0
      let result = empty.run(isa)
      #expect(result.status == .ok)
      #expect(result.output.allSatisfy { $0 == untouched })
    }
  }

  @Test func badShapesAreRefused() {
    func size(_ outputs: Int32, _ inputs: Int32, _ kernel: Int32, _ shuffle: vzk_shuffle) -> Int {
      vzk_packed_convolution_size(
        .scalar, vzk_shape(outputs: outputs, inputs: inputs, kernel: kernel, shuffle: shuffle))
    }
    #expect(size(32, 32, 1, .none) > 0)
    #expect(size(33, 32, 1, .none) == 0)
    #expect(size(32, 0, 1, .none) == 0)
    #expect(size(-32, 32, 1, .none) == 0)
    #expect(size(8192, 32, 1, .none) == 0)
    #expect(size(32, 32, 5, .none) == 0)
    #expect(size(64, 32, 1, .by2) == 0)
    #expect(size(128, 32, 1, .by8RGB) == 0)

    var layer = Layer(
      outputs: 32, inputs: 32, kernel: 1, width: 1, epilogue: .pixels, values: .any, seed: 1)
    #expect(layer.run(.scalar).status == .badShape)
    layer.epilogue = .linear
    layer.stride = 3
    #expect(layer.run(.scalar).status == .badShape)
  }

  @Test func badShiftsAndPlacesAreRefused() {
    let shape = vzk_shape(outputs: 32, inputs: 32, kernel: 1, shuffle: .none)
    let weights = [Int16](repeating: 0, count: 1024)
    let zeros = [Int32](repeating: 0, count: 32)
    for shift: Int32 in [-1, 32] {
      let shifts = [Int32](repeating: shift, count: 32)
      let packed = Packed(bytes: vzk_packed_convolution_size(.scalar, shape)) {
        vzk_pack_convolution(.scalar, shape, weights, zeros, shifts, $0)
      }
      #expect(packed.status == .badShift)
    }
    let odd = Packed(bytes: vzk_packed_convolution_size(.scalar, shape) + 4) {
      vzk_pack_convolution(.scalar, shape, weights, zeros, zeros, $0 + 4)
    }
    #expect(odd.status == .badWeights)
  }
}
