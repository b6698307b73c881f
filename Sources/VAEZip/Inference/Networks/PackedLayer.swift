import CKernels
import VAEZipModel
import VAEZipSupport

/// A layer's weights in the order that an instruction set wants; immutable.
package final class PackedLayer: @unchecked Sendable {
  private let memory: UnsafeMutableRawPointer

  /// - Parameter shuffle: what the stores do to the output channels, which are in torch's order. Outputs that are
  ///   zero are added up to a multiple of 32.
  package init(_ layer: IntegerLayer, shuffle: vzk_shuffle = .none, kernels: Kernels) {
    // The kernels take the rounding as a part of the bias; IntegerLayer made sure that it fits.
    let missing = (32 - layer.outputs % 32) % 32
    let zeros = [Int32](repeating: 0, count: missing)
    let bias = zip(layer.bias, layer.shift).map { $0 + 1 << ($1 - 1) } + zeros
    let shift = layer.shift + zeros
    if layer.isDepthwise {
      let channels = Int32(layer.outputs)
      let size = vzk_packed_depthwise_size(kernels.isa, channels)
      precondition(size > 0)
      memory = .allocate(byteCount: size, alignment: 64)
      check(vzk_pack_depthwise(kernels.isa, channels, layer.weights, bias, shift, memory))
    } else {
      let shape = vzk_shape(
        outputs: Int32(layer.outputs + missing), inputs: Int32(layer.inputs),
        kernel: layer.taps == 1 ? 1 : 3, shuffle: shuffle)
      let size = vzk_packed_convolution_size(kernels.isa, shape)
      precondition(size > 0)
      memory = .allocate(byteCount: size, alignment: 64)
      let weights =
        layer.weightsTapsFirst() + [Int16](repeating: 0, count: missing * layer.inputs * layer.taps)
      check(vzk_pack_convolution(kernels.isa, shape, weights, bias, shift, memory))
    }
  }

  deinit { memory.deallocate() }

  /// A convolution (not depthwise) of a rectangle of pixels.
  ///
  /// - Parameters:
  ///   - input: at the first output pixel's place (a 3×3 kernel's center).
  ///   - output: at the first pixel that is written, in the fine grid if the layer shuffles.
  ///   - residual: for the epilogue `residual`; may be the output.
  ///   - width, rows: in pixels before shuffling.
  ///   - stride: input pixels from one output pixel to the next; for 3×3 kernels.
  @inline(__always)
  func convolve(
    _ input: View, to output: View, residual: View? = nil, width: Int, rows: Int = 1,
    kernel: Int = 1, stride: Int = 1, _ epilogue: vzk_epilogue = .linear
  ) {
    let corner = kernel == 3 ? input.at(-1, -1) : input
    var call = vzk_convolution(
      weights: memory, input: corner.pointer, inputPixelStride: input.pixelStride,
      inputRowStride: input.rowStride, stride: Int32(stride), width: Int32(width),
      rows: Int32(rows), epilogue: epilogue, output: output.pointer,
      outputPixelStride: output.pixelStride, outputRowStride: output.rowStride,
      residual: residual?.pointer, residualPixelStride: residual?.pixelStride ?? 0,
      residualRowStride: residual?.rowStride ?? 0, rgb: nil, rgbRowStride: 0)
    check(vzk_convolve(&call))
    withExtendedLifetime(self) {}
  }

  /// A 1×1 convolution of a row of pixels to cells of 8×8 interleaved RGB bytes.
  func convolve(
    _ input: View, toRGB rgb: UnsafeMutablePointer<UInt8>, rgbRowStride: Int, width: Int
  ) {
    var call = vzk_convolution(
      weights: memory, input: input.pointer, inputPixelStride: input.pixelStride,
      inputRowStride: input.rowStride, stride: 1, width: Int32(width), rows: 1,
      epilogue: .pixels, output: nil, outputPixelStride: 0, outputRowStride: 0, residual: nil,
      residualPixelStride: 0, residualRowStride: 0, rgb: rgb, rgbRowStride: rgbRowStride)
    check(vzk_convolve(&call))
    withExtendedLifetime(self) {}
  }

  /// A depthwise 3×3 convolution of `width` pixels of a row; the views are at the first output
  /// pixel's place, in three rows.
  @inline(__always)
  package func depthwise(above: View, here: View, below: View, to output: View, width: Int) {
    var call = vzk_depthwise(
      weights: memory, above: above.at(-1, 0).pointer, here: here.at(-1, 0).pointer,
      below: below.at(-1, 0).pointer, inputPixelStride: here.pixelStride,
      output: output.pointer, outputPixelStride: output.pixelStride, width: Int32(width))
    check(vzk_convolve_depthwise(&call))
    withExtendedLifetime(self) {}
  }
}

extension IntegerLayer {
  /// `[outputs][taps][inputs]`, as the kernels read them.
  func weightsTapsFirst() -> [Int16] {
    if taps == 1 { return weights }
    return [Int16](unsafeUninitializedCapacity: weights.count) { result, count in
      weights.withUnsafeBufferPointer { weights in
        for output in 0..<outputs {
          let row = output * inputs * taps
          for input in 0..<inputs {
            for tap in 0..<taps {
              result[row + tap * inputs + input] = weights[row + input * taps + tap]
            }
          }
        }
      }
      count = weights.count
    }
  }
}
