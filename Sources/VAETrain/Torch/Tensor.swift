import CTorch

/// A libtorch tensor. Images and activations are `[batch, channels, height, width]`.
///
/// An operation that fails gives a tensor without content, as does any operation on such a one;
/// `Torch.check()` then throws the first error. So an expression is written without `try`, and a
/// training step checks once.
package final class Tensor {
  package let torch: Torch
  package let handle: OpaquePointer?

  package init(_ torch: Torch, _ handle: OpaquePointer?) {
    self.torch = torch
    self.handle = handle
  }

  deinit { torch.api.release(handle) }

  package enum ElementType: Int32 {
    case float32 = 0
    case bfloat16 = 1
    case uint8 = 2
    case float16 = 3
    case int64 = 5
  }

  /// Where tensors are.
  package struct Device: Equatable {
    package let rawValue: Int32
    package static let cpu = Device(rawValue: Int32(VZT_CPU))
    /// - Parameter index: from 0.
    package static func cuda(_ index: Int) -> Device { Device(rawValue: Int32(VZT_CUDA + index)) }
  }

  // MARK: Making and reading

  package static func zeros(
    _ torch: Torch, _ shape: [Int], _ type: ElementType = .float32, device: Device = .cpu
  ) -> Tensor {
    let shape = shape.map(Int64.init)
    return Tensor(torch, torch.api.zeros(shape, Int32(shape.count), type.rawValue, device.rawValue))
  }

  /// Something to learn: a leaf whose elements and gradients are views of two flat vectors of one type.
  package static func parameter(
    _ values: Tensor, gradients: Tensor, start: Int, shape: [Int]
  ) -> Tensor {
    let shape = shape.map(Int64.init)
    return Tensor(
      values.torch,
      values.torch.api.parameter(
        values.handle, gradients.handle, Int64(start), shape, Int32(shape.count)))
  }

  package static func floats(
    _ torch: Torch, _ values: [Float], _ shape: [Int], device: Device = .cpu
  ) -> Tensor {
    make(torch, values, .float32, shape, device)
  }

  /// One int64.
  package static func int64(_ torch: Torch, _ value: Int, device: Device = .cpu) -> Tensor {
    make(torch, [Int64(value)], .int64, [1], device)
  }

  package static func bytes(
    _ torch: Torch, _ values: [UInt8], _ shape: [Int], device: Device = .cpu
  ) -> Tensor {
    make(torch, values, .uint8, shape, device)
  }

  private static func make<Element>(
    _ torch: Torch, _ values: [Element], _ type: ElementType, _ shape: [Int], _ device: Device
  ) -> Tensor {
    precondition(values.count == shape.reduce(1, *))
    let shape = shape.map(Int64.init)
    return values.withUnsafeBytes {
      Tensor(
        torch,
        torch.api.from_bytes(
          $0.baseAddress, type.rawValue, shape, Int32(shape.count), device.rawValue))
    }
  }

  /// Number of elements.
  package var count: Int { Int(torch.api.count(handle)) }
  /// 0 where there is no such dimension, or no content.
  package func size(_ dimension: Int) -> Int { Int(torch.api.size(handle, Int32(dimension))) }
  package var shape: [Int] {
    (0..<torch.api.rank(handle)).map { Int(torch.api.size(handle, $0)) }
  }

  /// The elements in row-major order; waits for the device.
  package func floats() throws -> [Float] {
    let count = count
    let values = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      buffer.initialize(repeating: 0)
      if let base = buffer.baseAddress { _ = torch.api.read_floats(handle, base, Int64(count)) }
      initialized = count
    }
    try torch.check()
    return values
  }

  /// The only element; not a number where an operation before failed.
  package var item: Double { torch.api.item(handle) }

  /// Overwrites this tensor's elements.
  package func copy(from source: Tensor) { _ = torch.api.copy_into(handle, source.handle) }

  // MARK: Shape

  package func narrow(_ dimension: Int, _ start: Int, _ length: Int) -> Tensor {
    Tensor(torch, torch.api.narrow(handle, Int32(dimension), Int64(start), Int64(length)))
  }

  /// The two halves along the channels.
  package func halves() -> (Tensor, Tensor) {
    let half = Int(torch.api.size(handle, 1)) / 2
    return (narrow(1, 0, half), narrow(1, half, half))
  }

  package func reshape(_ shape: [Int]) -> Tensor {
    let shape = shape.map(Int64.init)
    return Tensor(torch, torch.api.reshape(handle, shape, Int32(shape.count)))
  }

  package func permute(_ order: [Int]) -> Tensor {
    let order = order.map(Int64.init)
    return Tensor(torch, torch.api.permute(handle, order, Int32(order.count)))
  }

  package static func concatenate(_ parts: [Tensor], dimension: Int = 1) -> Tensor {
    let torch = parts[0].torch
    let handles = parts.map(\.handle)
    return withExtendedLifetime(parts) {
      Tensor(torch, torch.api.concatenate(handles, Int32(parts.count), Int32(dimension)))
    }
  }

  /// Mirrored along the dimensions.
  package func flipped(_ dimensions: [Int]) -> Tensor {
    let dimensions = dimensions.map(Int64.init)
    return Tensor(torch, torch.api.flip(handle, dimensions, Int32(dimensions.count)))
  }

  package func converted(to type: ElementType) -> Tensor {
    Tensor(torch, torch.api.convert(handle, type.rawValue))
  }

  // MARK: Arithmetic

  private func unary(_ operation: Int) -> Tensor {
    Tensor(torch, torch.api.unary(Int32(operation), handle))
  }
  private func binary(_ operation: Int, _ other: Tensor) -> Tensor {
    Tensor(torch, torch.api.binary(Int32(operation), handle, other.handle))
  }

  package func abs() -> Tensor { unary(VZT_ABS) }
  package func exp() -> Tensor { unary(VZT_EXP) }
  package func exp2() -> Tensor { unary(VZT_EXP2) }
  package func log() -> Tensor { unary(VZT_LOG) }
  package func log2() -> Tensor { unary(VZT_LOG2) }
  package func square() -> Tensor { unary(VZT_SQUARE) }
  package func sqrt() -> Tensor { unary(VZT_SQRT) }
  package func erfc() -> Tensor { unary(VZT_ERFC) }
  package func floor() -> Tensor { unary(VZT_FLOOR) }
  package func rounded() -> Tensor { unary(VZT_ROUND) }
  package func sign() -> Tensor { unary(VZT_SIGN) }
  /// Uniform in 0 ..< 1, of this shape.
  package func uniform() -> Tensor { unary(VZT_UNIFORM_LIKE) }
  /// Standard normal, of this shape.
  package func normal() -> Tensor { unary(VZT_NORMAL_LIKE) }
  package func detached() -> Tensor { unary(VZT_DETACH) }
  package func copied() -> Tensor { unary(VZT_CLONE) }

  /// Rounded, with the gradient of the identity.
  package func roundedStraightThrough() -> Tensor { self + (rounded() - self).detached() }

  package func matmul(_ other: Tensor) -> Tensor { binary(VZT_MATMUL, other) }
  package static func + (a: Tensor, b: Tensor) -> Tensor { a.binary(VZT_ADD, b) }
  package static func - (a: Tensor, b: Tensor) -> Tensor { a.binary(VZT_SUB, b) }
  package static func * (a: Tensor, b: Tensor) -> Tensor { a.binary(VZT_MUL, b) }
  package static func / (a: Tensor, b: Tensor) -> Tensor { a.binary(VZT_DIV, b) }

  /// `self · scale + offset`.
  package func affine(_ scale: Double, _ offset: Double) -> Tensor {
    Tensor(torch, torch.api.affine(handle, scale, offset))
  }
  package static func + (a: Tensor, b: Double) -> Tensor { a.affine(1, b) }
  package static func - (a: Tensor, b: Double) -> Tensor { a.affine(1, -b) }
  package static func * (a: Tensor, b: Double) -> Tensor { a.affine(b, 0) }

  package func clamped(_ low: Double, _ high: Double) -> Tensor {
    Tensor(torch, torch.api.clamp(handle, low, high))
  }
  /// max(self, bound), with a gradient below the bound where it would lead back above it.
  package func lowerBound(_ bound: Double) -> Tensor {
    Tensor(torch, torch.api.lower_bound(handle, bound))
  }
  package func leakyReLU(_ slope: Double) -> Tensor {
    Tensor(torch, torch.api.leaky_relu(handle, slope))
  }

  /// The sum over the dimensions, or over all of them.
  package func sum(_ dimensions: [Int] = [], keep: Bool = false) -> Tensor {
    let dimensions = dimensions.map(Int64.init)
    return Tensor(torch, torch.api.sum(handle, dimensions, Int32(dimensions.count), keep ? 1 : 0))
  }
  /// The sum over everything but the batch: `[batch]`.
  package func sumBySample() -> Tensor { sum([1, 2, 3]) }
  package func maxAbs() -> Double { Tensor(torch, torch.api.max_abs(handle)).item }

  // MARK: Layers

  package func convolved(
    _ weight: Tensor, _ bias: Tensor?, stride: Int = 1, padding: Int = 0, groups: Int = 1
  ) -> Tensor {
    Tensor(
      torch,
      torch.api.conv2d(
        handle, weight.handle, bias?.handle, Int32(stride), Int32(padding), Int32(groups)))
  }
  package func pixelShuffled(_ factor: Int) -> Tensor {
    Tensor(torch, torch.api.pixel_shuffle(handle, Int32(factor)))
  }
  package func pixelUnshuffled(_ factor: Int) -> Tensor {
    Tensor(torch, torch.api.pixel_unshuffle(handle, Int32(factor)))
  }

  package func backward() { _ = torch.api.backward(handle) }
  package func zero() { _ = torch.api.zero(handle) }
}
