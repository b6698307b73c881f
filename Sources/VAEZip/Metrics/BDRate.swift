#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A point of a rate–distortion curve.
public struct RDPoint: Sendable, Equatable, Codable {
  /// In any unit of size, for example bits per pixel; positive.
  public var rate: Double
  /// In dB: PSNR, or MS-SSIM as `Metrics.decibels(msssim:)`.
  public var quality: Double

  /// A point; see the properties of the same names.
  public init(rate: Double, quality: Double) {
    self.rate = rate
    self.quality = quality
  }
}

extension Metrics {
  /// Bjøntegaard's delta rate (VCEG-M33): by how many percent the test curve's rate differs from
  /// the reference's at equal quality, on average; −20 means a fifth less.
  ///
  /// The logarithm of the rate is interpolated over quality by piecewise cubics that do not
  /// overshoot (PCHIP, Fritsch & Butland 1984; as JCT-VC's later templates have it) rather than by
  /// one cubic through all points, and averaged over the interval that the curves share.
  ///
  /// - Parameter reference, test: at least two points each, in any order.
  /// - Throws: `MetricsError`: `noOverlap` when the curves share no interval, and the errors about
  ///   points.
  public static func bdRate(
    reference: [RDPoint], test: [RDPoint]
  ) throws(MetricsError) -> Double {
    let a = try curve(reference), b = try curve(test)
    let low = max(a.range.lowerBound, b.range.lowerBound)
    let high = min(a.range.upperBound, b.range.upperBound)
    guard low < high else { throw .noOverlap(reference: a.range, test: b.range) }
    let difference = b.integral(from: low, to: high) - a.integral(from: low, to: high)
    return (exp(difference / (high - low)) - 1) * 100
  }

  private static func curve(_ points: [RDPoint]) throws(MetricsError) -> CubicInterpolation {
    guard points.count >= 2 else { throw .tooFewPoints(points.count) }
    for point in points {
      guard point.rate > 0, point.rate.isFinite, point.quality.isFinite else {
        throw .unusablePoint(rate: point.rate, quality: point.quality)
      }
    }
    let sorted = points.sorted { $0.quality < $1.quality }
    for (point, next) in zip(sorted, sorted.dropFirst()) where point.quality == next.quality {
      throw .repeatedQuality(point.quality)
    }
    return CubicInterpolation(sorted.map(\.quality), sorted.map { log($0.rate) })
  }
}
