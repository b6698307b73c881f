import VAEZipImage
import VAEZipModel
import VAEZipSupport

/// Rate and distortion in one number, bits + λ · squared error, which an encoder keeps as low as it can. In
/// 1/4096 bit, in integers.
package struct LagrangianCost: Sendable {
  /// λ a sample is `mantissa` · 2^−`shift`, in 1/4096 bit for each squared gray value.
  private let mantissa: Int
  private let shift: Int

  /// Above all costs of a tile; far enough from an overflow that some can be added.
  package static let limit = Int.max / 4
  /// log₂ 3, 16 fraction bits.
  private static let logarithmOf3: Int64 = 103_872

  /// - Parameters:
  ///   - logarithmOfLambda: log₂ λ with 16 fraction bits. λ weighs the mean over a pixel's channels, as the
  ///     trainer does.
  ///   - channels: of the picture.
  package init(logarithmOfLambda: Int64, channels: Image.Channels) {
    let divided = logarithmOfLambda - (channels == .rgb ? Self.logarithmOf3 : 0)
    let factor = FixedFactor(logarithm: divided)
    mantissa = Int(factor.mantissa)
    shift = 14 - RateTable.fractionBits - factor.exponent
  }

  /// - Parameters:
  ///   - rate: in 1/4096 bit.
  ///   - squaredError: a sum over samples, 0…255 each.
  package func callAsFunction(rate: Int, squaredError: Int) -> Int {
    let (product, overflows) = squaredError.multipliedReportingOverflow(by: mantissa)
    if overflows { return Self.limit }
    if shift < 0 {
      guard -shift < 62, product <= Self.limit >> -shift else { return Self.limit }
      return min(rate + product << -shift, Self.limit)
    }
    return min(rate + product >> shift, Self.limit)
  }
}
