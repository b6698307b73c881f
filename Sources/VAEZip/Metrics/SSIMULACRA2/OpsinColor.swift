#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// JPEG XL's color space XYB (ISO/IEC 18181-1), shifted so that all of it is positive.
package enum OpsinColor {
  /// From linear red, green and blue to the responses of three kinds of cones: rows sum to 1.
  package static let matrix: [[Double]] = [
    [0.30, 1 - 0.078 - 0.30, 0.078],
    [0.23, 1 - 0.078 - 0.23, 0.078],
    [
      0.24342268924547819, 0.20476744424496821,
      1 - 0.24342268924547819 - 0.20476744424496821,
    ],
  ]
  /// Added to each response before its cube root.
  package static let bias = 0.0037930732552754493
  /// X, Y and B − Y are multiplied by `scale`, then `offset` is added.
  package static let scale = [14.0, 1, 1]
  package static let offset = [0.42, 0.01, 0.55]

  typealias Vector = SIMD8<Float>

  /// Turns a row of linear light into X, Y and B − Y, in place.
  ///
  /// - Parameters:
  ///   - row: three planes, `stride` samples apart, which is a multiple of 8 and at least `width`.
  static func convert(_ row: UnsafeMutablePointer<Float>, width: Int, stride: Int) {
    func weights(_ row: Int) -> SIMD3<Float> { SIMD3(matrix[row].map(Float.init)) }
    let (forLong, forMiddle, forShort) = (weights(0), weights(1), weights(2))
    let (bias, root) = (Float(bias), Float(cbrt(bias)))
    let scale = SIMD3(scale.map(Float.init)), offset = SIMD3(offset.map(Float.init))
    let bytes = UnsafeMutableRawPointer(row)
    func place(_ channel: Int, _ x: Int) -> Int { (channel * stride + x) * 4 }
    for x in Swift.stride(from: 0, to: width, by: 8) {
      let red = bytes.loadUnaligned(fromByteOffset: place(0, x), as: Vector.self)
      let green = bytes.loadUnaligned(fromByteOffset: place(1, x), as: Vector.self)
      let blue = bytes.loadUnaligned(fromByteOffset: place(2, x), as: Vector.self)
      func response(_ weights: SIMD3<Float>) -> Vector {
        cubeRoot(red * weights.x + green * weights.y + blue * weights.z + bias) - root
      }
      let (long, middle, short) = (response(forLong), response(forMiddle), response(forShort))
      let opponent = (long - middle) * 0.5
      let luma = (long + middle) * 0.5
      bytes.storeBytes(
        of: opponent * scale.x + offset.x, toByteOffset: place(0, x), as: Vector.self)
      bytes.storeBytes(of: luma * scale.y + offset.y, toByteOffset: place(1, x), as: Vector.self)
      bytes.storeBytes(
        of: (short - luma) * scale.z + offset.z, toByteOffset: place(2, x), as: Vector.self)
    }
  }

  /// The cube root of values in `bias` … 1 + `bias`, to the precision of a float.
  ///
  /// A quadratic in the fourth root is right to 0.41 %; a step of Halley's iteration cubes that.
  @inline(__always)
  static func cubeRoot(_ x: Vector) -> Vector {
    let fourth = x.squareRoot().squareRoot()
    let guess = (fourth * 0.34181356 + 0.70217047) * fourth - 0.03998506
    let cube = guess * guess * guess
    return guess - guess * (cube - x) / (cube * 2 + x)
  }
}
