/// A plane of floats with a margin on all sides.
///
/// Rows begin at multiples of the vector's length after the margin, and whole vectors may be read and written
/// up to the row's last sample: what they touch beyond it belongs to the margin.
final class FloatPlane: @unchecked Sendable {
  typealias Vector = SIMD8<Float>
  static let lanes = Vector.scalarCount

  let width: Int
  let height: Int
  /// Samples from one row to the next.
  let stride: Int
  private let margin: Int
  private let memory: UnsafeMutablePointer<Float>

  /// - Parameters:
  ///   - margin: samples on each side that may be read.
  ///   - value: of all samples, the margin's too.
  init(width: Int, height: Int, margin: Int = 0, filledWith value: Float = 0) {
    self.width = width
    self.height = height
    self.margin = (margin + Self.lanes - 1) / Self.lanes * Self.lanes
    stride = (width + Self.lanes - 1) / Self.lanes * Self.lanes + Self.lanes + 2 * self.margin
    let count = stride * (height + 2 * self.margin)
    memory = .allocate(capacity: count)
    memory.initialize(repeating: value, count: count)
  }

  deinit { memory.deallocate() }

  /// The first sample of a row. Rows of the margin have numbers below 0 and from `height` on.
  @inline(__always)
  func row(_ y: Int) -> UnsafeMutablePointer<Float> {
    memory + (y + margin) * stride + margin
  }

  subscript(x: Int, y: Int) -> Float { row(y)[x] }

  /// Samples of the whole vectors that cover a row.
  @inline(__always)
  var coveredWidth: Int { (width + Self.lanes - 1) / Self.lanes * Self.lanes }

  /// Vectors that cover a row begin at these samples.
  @inline(__always)
  var vectorStarts: StrideTo<Int> { Swift.stride(from: 0, to: width, by: Self.lanes) }
}

extension UnsafeMutablePointer<Float> {
  /// The vector that begins at a sample.
  @inline(__always)
  func vector(_ x: Int) -> FloatPlane.Vector {
    UnsafeRawPointer(self + x).loadUnaligned(as: FloatPlane.Vector.self)
  }

  /// Writes a vector from a sample on.
  @inline(__always)
  func store(_ vector: FloatPlane.Vector, at x: Int) {
    UnsafeMutableRawPointer(self + x).storeBytes(of: vector, as: FloatPlane.Vector.self)
  }
}

extension FloatPlane.Vector {
  @inline(__always)
  var magnitude: Self { replacing(with: -self, where: self .< 0) }

  /// The larger of each two elements. The standard library's `pointwiseMax` goes by elements, not by vectors.
  @inline(__always)
  static func larger(_ a: Self, _ b: Self) -> Self { a.replacing(with: b, where: a .< b) }

  /// The smaller of each two elements.
  @inline(__always)
  static func smaller(_ a: Self, _ b: Self) -> Self { a.replacing(with: b, where: b .< a) }

  /// Negative elements become 0.
  @inline(__always)
  var positive: Self { Self.larger(self, .zero) }

  /// The natural logarithm of positive, normal numbers, right to about 10⁻⁶.
  @inline(__always)
  var logarithm: Self {
    // x = 2^exponent · mantissa with a mantissa in 2/3 … 4/3, whose logarithm is 2 artanh((m − 1) / (m + 1)).
    let bits = unsafeBitCast(self, to: SIMD8<Int32>.self)
    let exponent = (bits &- 0x3F2A_AAAB) &>> 23
    let mantissa = unsafeBitCast(bits &- (exponent &<< 23), to: Self.self)
    let t = (mantissa - 1) / (mantissa + 1)
    let square = t * t
    var series = square * (1 / 9) + 1 / 7
    series = series * square + 1 / 5
    series = series * square + 1 / 3
    return Self(exponent) * 0.693_147_2 + t * 2 * (series * square + 1)
  }
}
