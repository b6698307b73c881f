import VAEZipSupport

/// A tensor as a model file holds it: little-endian numbers, the last dimension innermost.
public struct WeightTensor: Sendable, Equatable {
  /// The types of elements that a model file may hold; raw values are safetensors' names.
  public enum DType: String, Sendable {
    case f16 = "F16"
    case f32 = "F32"
    case i32 = "I32"

    /// Bytes an element.
    public var size: Int { self == .f16 ? 2 : 4 }
  }

  public let dtype: DType
  /// No dimension is negative; the empty shape is one number.
  public let shape: [Int]
  /// `count * dtype.size` bytes. Tensors share the memory of the file they are in.
  public let bytes: ModelBytes

  /// Number of elements.
  public var count: Int { bytes.count / dtype.size }

  /// - Returns: nil if `bytes` does not have the size that type and shape ask for.
  public init?(dtype: DType, shape: [Int], bytes: ModelBytes) {
    guard let count = Self.elements(shape) else { return nil }
    let (size, overflow) = count.multipliedReportingOverflow(by: dtype.size)
    guard !overflow, size == bytes.count else { return nil }
    self.dtype = dtype
    self.shape = shape
    self.bytes = bytes
  }

  /// Rounds `values` to binary16, ties to even.
  /// - Precondition: as many values as the shape asks for.
  public init(float16 values: [Float], shape: [Int]) {
    precondition(Self.elements(shape) == values.count)
    self.init(dtype: .f16, shape: shape) { append in
      for value in values { append(UInt32(Float16Bits.pattern(value))) }
    }
  }

  /// - Precondition: as many values as the shape asks for.
  public init(float32 values: [Float], shape: [Int]) {
    precondition(Self.elements(shape) == values.count)
    self.init(dtype: .f32, shape: shape) { append in
      for value in values { append(value.bitPattern) }
    }
  }

  /// - Precondition: as many values as the shape asks for.
  public init(int32 values: [Int32], shape: [Int]) {
    precondition(Self.elements(shape) == values.count)
    self.init(dtype: .i32, shape: shape) { append in
      for value in values { append(UInt32(bitPattern: value)) }
    }
  }

  private init(dtype: DType, shape: [Int], fill: ((UInt32) -> Void) -> Void) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity((Self.elements(shape) ?? 0) * dtype.size)
    fill { pattern in
      for index in 0..<dtype.size {
        bytes.append(UInt8(truncatingIfNeeded: pattern >> (8 * UInt32(index))))
      }
    }
    self.dtype = dtype
    self.shape = shape
    self.bytes = ModelBytes(bytes)
  }

  /// The elements as binary32 (exact for binary16); 32-bit integers are rounded.
  public func floats() -> [Float] {
    switch dtype {
    case .f16: patterns().map { Float16Bits.float(UInt16($0)) }
    case .f32: patterns().map { Float(bitPattern: $0) }
    case .i32: patterns().map { Float(Int32(bitPattern: $0)) }
    }
  }

  /// The elements of an integer tensor; nil for the other types.
  public func int32s() -> [Int32]? {
    dtype == .i32 ? patterns().map { Int32(bitPattern: $0) } : nil
  }

  /// The little-endian bit patterns of the elements.
  func patterns() -> [UInt32] {
    withPatterns { pattern in (0..<count).map(pattern) }
  }

  /// The place of the first infinity or NaN.
  func firstNonFinite() -> Int? {
    let exponent: UInt32 =
      switch dtype {
      case .f16: 0x7c00
      case .f32: 0x7f80_0000
      case .i32: 0
      }
    guard exponent != 0 else { return nil }
    return bytes.withUnsafeBytes { raw in
      // Two passes: the first has no exit and is vectorised; the second runs for bad files only.
      var bad = false
      if dtype == .f16 {
        let mask = UInt16(exponent)
        for index in 0..<count {
          let pattern = UInt16(
            littleEndian: raw.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
          bad = bad || pattern & mask == mask
        }
      } else {
        for index in 0..<count {
          let pattern = UInt32(
            littleEndian: raw.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
          bad = bad || pattern & exponent == exponent
        }
      }
      return bad ? patterns().firstIndex { $0 & exponent == exponent } : nil
    }
  }

  /// Calls `body` with a function from an element's index to its bit pattern.
  func withPatterns<Result>(_ body: ((Int) -> UInt32) -> Result) -> Result {
    bytes.withUnsafeBytes { raw in
      switch dtype {
      case .f16:
        body { index in
          UInt32(
            UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)))
        }
      case .f32, .i32:
        body { index in
          UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
        }
      }
    }
  }

  /// The number of elements of a shape; nil if a dimension is negative or the product overflows.
  package static func elements(_ shape: [Int]) -> Int? {
    var count = 1
    for dimension in shape {
      guard dimension >= 0 else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard !overflow else { return nil }
      count = product
    }
    return count
  }
}
