import CTorch

/// A libtorch tensor. Images and activations are `[batch, channels, height, width]`.
///
/// An operation that fails gives a tensor without content, as does any operation on such a one;
/// `Torch.check()` then throws the first error. So an expression is written without `try`, and a
/// training step checks once.
final class Tensor {
  let torch: Torch
  let handle: OpaquePointer?

  init(_ torch: Torch, _ handle: OpaquePointer?) {
    self.torch = torch
    self.handle = handle
  }

  deinit { torch.api.release(handle) }

  enum ElementType: Int32 {
    case float32 = 0
    case bfloat16 = 1
    case uint8 = 2
  }

  /// Where tensors are.
  struct Device: Equatable {
    let rawValue: Int32
    static let cpu = Device(rawValue: Int32(VZT_CPU))
    /// - Parameter index: from 0.
    static func cuda(_ index: Int) -> Device { Device(rawValue: Int32(VZT_CUDA + index)) }
  }

  // MARK: Making and reading

  static func zeros(
    _ torch: Torch, _ shape: [Int], _ type: ElementType = .float32, device: Device = .cpu
  ) -> Tensor {
    let shape = shape.map(Int64.init)
    return Tensor(torch, torch.api.zeros(shape, Int32(shape.count), type.rawValue, device.rawValue))
  }

  /// Something to learn: a leaf whose elements and gradients are views of two flat vectors of one type.
  static func parameter(
    _ values: Tensor, gradients: Tensor, start: Int, shape: [Int]
  ) -> Tensor {
    let shape = shape.map(Int64.init)
    return Tensor(
      values.torch,
      values.torch.api.parameter(
        values.handle, gradients.handle, Int64(start), shape, Int32(shape.count)))
  }

  static func floats(
    _ torch: Torch, _ values: [Float], _ shape: [Int], device: Device = .cpu
  ) -> Tensor {
    make(torch, values, .float32, shape, device)
  }

  static func bytes(
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

  var count: Int { Int(torch.api.count(handle)) }
  var shape: [Int] {
    (0..<torch.api.rank(handle)).map { Int(torch.api.size(handle, $0)) }
  }

  /// The elements in row-major order; waits for the device.
  func floats() throws -> [Float] {
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
  var item: Double { torch.api.item(handle) }

  /// Overwrites this tensor's elements.
  func copy(from source: Tensor) { _ = torch.api.copy_into(handle, source.handle) }

  // MARK: Shape

  func narrow(_ dimension: Int, _ start: Int, _ length: Int) -> Tensor {
    Tensor(torch, torch.api.narrow(handle, Int32(dimension), Int64(start), Int64(length)))
  }

  /// The two halves along the channels.
  func halves() -> (Tensor, Tensor) {
    let half = Int(torch.api.size(handle, 1)) / 2
    return (narrow(1, 0, half), narrow(1, half, half))
  }

  func reshape(_ shape: [Int]) -> Tensor {
    let shape = shape.map(Int64.init)
    return Tensor(torch, torch.api.reshape(handle, shape, Int32(shape.count)))
  }

  func permute(_ order: [Int]) -> Tensor {
    let order = order.map(Int64.init)
    return Tensor(torch, torch.api.permute(handle, order, Int32(order.count)))
  }

  static func concatenate(_ parts: [Tensor], dimension: Int = 1) -> Tensor {
    let torch = parts[0].torch
    let handles = parts.map(\.handle)
    return withExtendedLifetime(parts) {
      Tensor(torch, torch.api.concatenate(handles, Int32(parts.count), Int32(dimension)))
    }
  }

  /// Mirrored along the dimensions.
  func flipped(_ dimensions: [Int]) -> Tensor {
    let dimensions = dimensions.map(Int64.init)
    return Tensor(torch, torch.api.flip(handle, dimensions, Int32(dimensions.count)))
  }

  func converted(to type: ElementType) -> Tensor {
    Tensor(torch, torch.api.convert(handle, type.rawValue))
  }

  // MARK: Arithmetic

  private func unary(_ operation: Int) -> Tensor {
    Tensor(torch, torch.api.unary(Int32(operation), handle))
  }
  private func binary(_ operation: Int, _ other: Tensor) -> Tensor {
    Tensor(torch, torch.api.binary(Int32(operation), handle, other.handle))
  }

  func abs() -> Tensor { unary(VZT_ABS) }
  func exp() -> Tensor { unary(VZT_EXP) }
  func exp2() -> Tensor { unary(VZT_EXP2) }
  func log() -> Tensor { unary(VZT_LOG) }
  func log2() -> Tensor { unary(VZT_LOG2) }
  func square() -> Tensor { unary(VZT_SQUARE) }
  func sqrt() -> Tensor { unary(VZT_SQRT) }
  func erfc() -> Tensor { unary(VZT_ERFC) }
  func floor() -> Tensor { unary(VZT_FLOOR) }
  func rounded() -> Tensor { unary(VZT_ROUND) }
  func sign() -> Tensor { unary(VZT_SIGN) }
  /// Uniform in 0 ..< 1, of this shape.
  func uniform() -> Tensor { unary(VZT_UNIFORM_LIKE) }
  /// Standard normal, of this shape.
  func normal() -> Tensor { unary(VZT_NORMAL_LIKE) }
  func detached() -> Tensor { unary(VZT_DETACH) }
  func copied() -> Tensor { unary(VZT_CLONE) }
  func channelsLast() -> Tensor { unary(VZT_CHANNELS_LAST) }

  /// Rounded, with the gradient of the identity.
  func roundedStraightThrough() -> Tensor { self + (rounded() - self).detached() }

  func matmul(_ other: Tensor) -> Tensor { binary(VZT_MATMUL, other) }
  static func + (a: Tensor, b: Tensor) -> Tensor { a.binary(VZT_ADD, b) }
  static func - (a: Tensor, b: Tensor) -> Tensor { a.binary(VZT_SUB, b) }
  static func * (a: Tensor, b: Tensor) -> Tensor { a.binary(VZT_MUL, b) }
  static func / (a: Tensor, b: Tensor) -> Tensor { a.binary(VZT_DIV, b) }

  /// `self · scale + offset`.
  func affine(_ scale: Double, _ offset: Double) -> Tensor {
    Tensor(torch, torch.api.affine(handle, scale, offset))
  }
  static func + (a: Tensor, b: Double) -> Tensor { a.affine(1, b) }
  static func - (a: Tensor, b: Double) -> Tensor { a.affine(1, -b) }
  static func * (a: Tensor, b: Double) -> Tensor { a.affine(b, 0) }

  func clamped(_ low: Double, _ high: Double) -> Tensor {
    Tensor(torch, torch.api.clamp(handle, low, high))
  }
  /// max(self, bound), with a gradient below the bound where it would lead back above it.
  func lowerBound(_ bound: Double) -> Tensor {
    Tensor(torch, torch.api.lower_bound(handle, bound))
  }
  func leakyReLU(_ slope: Double) -> Tensor {
    Tensor(torch, torch.api.leaky_relu(handle, slope))
  }

  /// The sum over the dimensions, or over all of them.
  func sum(_ dimensions: [Int] = [], keep: Bool = false) -> Tensor {
    let dimensions = dimensions.map(Int64.init)
    return Tensor(torch, torch.api.sum(handle, dimensions, Int32(dimensions.count), keep ? 1 : 0))
  }
  /// The sum over everything but the batch: `[batch]`.
  func sumBySample() -> Tensor { sum([1, 2, 3]) }
  func maxAbs() -> Double { Tensor(torch, torch.api.max_abs(handle)).item }

  // MARK: Layers

  func convolved(
    _ weight: Tensor, _ bias: Tensor?, stride: Int = 1, padding: Int = 0, groups: Int = 1
  ) -> Tensor {
    Tensor(
      torch,
      torch.api.conv2d(
        handle, weight.handle, bias?.handle, Int32(stride), Int32(padding), Int32(groups)))
  }
  func pixelShuffled(_ factor: Int) -> Tensor {
    Tensor(torch, torch.api.pixel_shuffle(handle, Int32(factor)))
  }
  func pixelUnshuffled(_ factor: Int) -> Tensor {
    Tensor(torch, torch.api.pixel_unshuffle(handle, Int32(factor)))
  }

  func backward() { _ = torch.api.backward(handle) }
  func zero() { _ = torch.api.zero(handle) }
}
