import CKernels

extension Case {
  /// A convolution of `rows` × `width` output pixels.
  static func convolution(
    _ outputs: Int, _ inputs: Int, kernel: Int, stride: Int = 1, shuffle: vzk_shuffle = .none,
    _ epilogue: vzk_epilogue, width: Int, rows: Int = 1, extra: Int = 0, random: inout Random
  ) -> Case {
    let taps = kernel * kernel
    let shape = vzk_shape(
      outputs: Int32(outputs), inputs: Int32(inputs), kernel: Int32(kernel), shuffle: shuffle)
    let weights = random.int16s(outputs * taps * inputs)
    let bias = random.int32s(outputs, in: .min ... .max)
    let shift = random.int32s(outputs, in: 1...30)
    let pixel = inputs + extra
    let inputWidth = (width - 1) * stride + kernel
    let input = random.int16s(inputWidth * ((rows - 1) * stride + kernel) * pixel)
    let residual = random.int16s(width * rows * outputs)
    let factor = shuffle == .by2 ? 2 : 1
    let outPixel = outputs / (factor * factor) + extra
    let outRow = width * factor * outPixel
    let bytes = shuffle == .by8RGB ? 192 * width * rows : 2 * outRow * rows * factor

    let name =
      "\(kernel)×\(kernel)\(stride == 2 ? " s2" : "") \(inputs)→\(outputs)"
      + ["", " shuffle 2", " shuffle 8"][Int(shuffle.rawValue)]
      + [" linear", " leaky", " residual", " pixels"][Int(epilogue.rawValue)]
      + " @\(width)×\(rows)" + (extra == 0 ? "" : " slice")
    return Case(name: name, work: outputs * inputs * taps * width * rows) { isa in
      let packed = Memory<UInt8>(vzk_packed_convolution_size(isa, shape))
      let packing = vzk_pack_convolution(
        isa, shape, weights.start, bias.start, shift.start, packed.start)
      let output = Memory<UInt8>(bytes)
      let channels = UnsafeMutableRawPointer(output.start).assumingMemoryBound(to: Int16.self)
      let run = {
        guard packing == .ok else { return packing }
        var call = vzk_convolution()
        call.weights = UnsafeRawPointer(packed.start)
        call.input = UnsafePointer(input.start)
        call.inputPixelStride = pixel
        call.inputRowStride = inputWidth * pixel
        call.stride = Int32(stride)
        call.width = Int32(width)
        call.rows = Int32(rows)
        call.epilogue = epilogue
        call.output = channels
        call.outputPixelStride = outPixel
        call.outputRowStride = outRow
        call.residual = UnsafePointer(residual.start)
        call.residualPixelStride = outputs
        call.residualRowStride = width * outputs
        call.rgb = output.start
        call.rgbRowStride = 24 * width
        return vzk_convolve(&call)
      }
      return Job(run: run, output: output)
    }
  }

  static func depthwise(_ channels: Int, width: Int, random: inout Random) -> Case {
    let weights = random.int16s(channels * 9)
    let bias = random.int32s(channels, in: .min ... .max)
    let shift = random.int32s(channels, in: 1...30)
    let row = (width + 2) * channels
    let input = random.int16s(3 * row)
    let work = 9 * channels * width
    return Case(name: "depthwise 3×3 \(channels) @\(width)", work: work) { isa in
      let packed = Memory<UInt8>(vzk_packed_depthwise_size(isa, Int32(channels)))
      let packing = vzk_pack_depthwise(
        isa, Int32(channels), weights.start, bias.start, shift.start, packed.start)
      let output = Memory<UInt8>(2 * width * channels)
      let run = {
        guard packing == .ok else { return packing }
        var call = vzk_depthwise()
        call.weights = UnsafeRawPointer(packed.start)
        call.above = UnsafePointer(input.start)
        call.here = UnsafePointer(input.start + row)
        call.below = UnsafePointer(input.start + 2 * row)
        call.inputPixelStride = channels
        call.output = UnsafeMutableRawPointer(output.start).assumingMemoryBound(to: Int16.self)
        call.outputPixelStride = channels
        call.width = Int32(width)
        return vzk_convolve_depthwise(&call)
      }
      return Job(run: run, output: output)
    }
  }

  /// Everything that is not a convolution, on the same operands.
  static func elementwise(_ channels: Int, width: Int, random: inout Random) -> [Case] {
    let count = channels * width
    let (c, w) = (Int32(channels), Int32(width))
    let (a, b) = (random.int16s(count), random.int16s(count))
    let gains = Memory<Int16>(channels)
    for i in 0..<channels { gains.start[i] = .random(in: 1 << 14 ... .max, using: &random) }
    let shifts = random.int32s(channels, in: 1...30)
    let fraction = Int32.random(in: 0...15, using: &random)
    let rgb = Memory<UInt8>(192 * width)
    for i in 0..<rgb.count { rgb.start[i] = .random(in: 0...255, using: &random) }

    func make(
      _ name: String, bytes: Int, work: Int,
      _ run: @escaping (vzk_isa, vzk_source, vzk_source, vzk_sink, Memory<UInt8>) -> vzk_status
    ) -> Case {
      Case(name: "\(name) @\(width)", work: work) { isa in
        let output = Memory<UInt8>(bytes)
        let sink = vzk_sink(
          values: UnsafeMutableRawPointer(output.start).assumingMemoryBound(to: Int16.self),
          pixelStride: channels)
        let body = {
          run(
            isa, vzk_source(values: a.start, pixelStride: channels),
            vzk_source(values: b.start, pixelStride: channels), sink, output)
        }
        return Job(run: body, output: output)
      }
    }
    return [
      make("gain \(channels)", bytes: 2 * count, work: count) { isa, a, _, sink, _ in
        vzk_gain(isa, a, gains.start, shifts.start, sink, c, w)
      },
      make("compand \(channels)", bytes: 2 * count, work: count) { isa, a, _, sink, _ in
        vzk_compand(isa, a, fraction, sink, c, w)
      },
      make("quantize \(channels)", bytes: 2 * count, work: count) { isa, a, b, sink, _ in
        vzk_quantize(isa, a, b, fraction, sink, c, w)
      },
      make("dequantize \(channels)", bytes: 2 * count, work: count) { isa, a, b, sink, _ in
        vzk_dequantize(isa, a, b, fraction, sink, c, w)
      },
      make("levels \(channels)", bytes: count, work: count) { isa, a, _, _, output in
        vzk_scale_indexes(isa, a, output.start, channels, c, w)
      },
      make("unshuffle 8", bytes: 384 * width, work: 192 * width) { isa, _, _, sink, _ in
        vzk_unshuffle(isa, rgb.start, 24 * width, sink.values, 192, w)
      },
    ]
  }

  /// The packing of a layer's weights, which start-up waits for. (The order of the result depends
  /// on the instruction set: for measuring only.)
  static func packing(_ outputs: Int, _ inputs: Int, kernel: Int, random: inout Random) -> Case {
    let shape = vzk_shape(
      outputs: Int32(outputs), inputs: Int32(inputs), kernel: Int32(kernel), shuffle: .none)
    let count = outputs * inputs * kernel * kernel
    let weights = random.int16s(count)
    let parameters = random.int32s(outputs, in: 1...30)
    return Case(name: "packing \(kernel)×\(kernel) \(inputs)→\(outputs)", work: count) { isa in
      let packed = Memory<UInt8>(vzk_packed_convolution_size(isa, shape))
      let run = {
        vzk_pack_convolution(
          isa, shape, weights.start, parameters.start, parameters.start, packed.start)
      }
      return Job(run: run, output: packed)
    }
  }

  /// A round of random shapes, every kernel and epilogue among them.
  static func random(_ random: inout Random) -> [Case] {
    func channels() -> Int { 32 * Int.random(in: 1...5, using: &random) }
    func width() -> Int { Int.random(in: 1...40, using: &random) }
    func rows() -> Int { Int.random(in: 1...3, using: &random) }
    func extra() -> Int { Bool.random(using: &random) ? 32 : 0 }
    var cases: [Case] = []
    for kernel in [1, 3] {
      for stride in [1, 2] {
        for epilogue in [vzk_epilogue.linear, .leaky, .residual] {
          cases.append(
            .convolution(
              channels(), channels(), kernel: kernel, stride: stride, epilogue, width: width(),
              rows: rows(), extra: extra(), random: &random))
        }
      }
      cases.append(
        .convolution(
          4 * channels(), channels(), kernel: kernel, shuffle: .by2, .leaky, width: width(),
          rows: rows(), extra: extra(), random: &random))
      cases.append(
        .convolution(
          192, channels(), kernel: kernel, shuffle: .by8RGB, .pixels, width: width(), rows: rows(),
          random: &random))
    }
    cases.append(.depthwise(channels(), width: 3 * width(), random: &random))
    return cases + elementwise(channels(), width: width(), random: &random)
  }

  /// The shapes of the default network, on segments as the engine cuts them.
  static func network(_ random: inout Random) -> [Case] {
    [
      .convolution(192, 192, kernel: 1, .residual, width: 128, random: &random),
      .convolution(384, 192, kernel: 1, .leaky, width: 128, random: &random),
      .convolution(192, 384, kernel: 1, .residual, width: 128, random: &random),
      .convolution(
        768, 320, kernel: 1, shuffle: .by2, .linear, width: 64, random: &random),
      .convolution(
        192, 192, kernel: 1, shuffle: .by8RGB, .pixels, width: 128, random: &random),
      .convolution(320, 192, kernel: 3, stride: 2, .linear, width: 64, random: &random),
      .convolution(
        128, 192, kernel: 3, stride: 2, .linear, width: 16, rows: 16, random: &random),
      .depthwise(192, width: 128, random: &random),
    ] + elementwise(192, width: 128, random: &random) + [
      .packing(384, 192, kernel: 1, random: &random),
      .packing(320, 192, kernel: 3, random: &random),
    ]
  }
}
