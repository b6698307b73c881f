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

/// Piecewise cubic Hermite interpolation that keeps the data's monotony (PCHIP).
private struct CubicInterpolation {
  let x: [Double], y: [Double]
  private let slopes: [Double]

  var range: ClosedRange<Double> { x[0]...x[x.count - 1] }

  /// - Precondition: `x` ascends strictly and has at least two values, as many as `y`.
  init(_ x: [Double], _ y: [Double]) {
    let widths = zip(x.dropFirst(), x).map { $0 - $1 }
    let secants = zip(zip(y.dropFirst(), y).map { $0 - $1 }, widths).map { $0 / $1 }
    /// At an end: the parabola's slope through three points, limited so as not to overshoot.
    func end(_ h0: Double, _ h1: Double, _ d0: Double, _ d1: Double) -> Double {
      let slope = ((2 * h0 + h1) * d0 - h0 * d1) / (h0 + h1)
      if slope * d0 <= 0 { return 0 }
      return d0 * d1 < 0 && abs(slope) > 3 * abs(d0) ? 3 * d0 : slope
    }
    let last = secants.count - 1
    var slopes = [Double](repeating: secants[0], count: x.count)
    if last > 0 {
      slopes[0] = end(widths[0], widths[1], secants[0], secants[1])
      slopes[last + 1] = end(widths[last], widths[last - 1], secants[last], secants[last - 1])
      for i in 1...last {
        // The weighted harmonic mean of the neighboring secants; 0 at a turning point.
        let (d0, d1) = (secants[i - 1], secants[i])
        let (w0, w1) = (2 * widths[i] + widths[i - 1], widths[i] + 2 * widths[i - 1])
        slopes[i] = d0 * d1 > 0 ? (w0 + w1) / (w0 / d0 + w1 / d1) : 0
      }
    }
    (self.x, self.y, self.slopes) = (x, y, slopes)
  }

  /// Over an interval inside `range`.
  func integral(from low: Double, to high: Double) -> Double {
    (0..<x.count - 1).reduce(0) { sum, i in
      let (from, to) = (max(low, x[i]), min(high, x[i + 1]))
      guard from < to else { return sum }
      let width = x[i + 1] - x[i]
      let secant = (y[i + 1] - y[i]) / width
      let quadratic = (3 * secant - 2 * slopes[i] - slopes[i + 1]) / width
      let cubic = (slopes[i] + slopes[i + 1] - 2 * secant) / (width * width)
      func primitive(_ t: Double) -> Double {
        t * (y[i] + t * (slopes[i] / 2 + t * (quadratic / 3 + t * cubic / 4)))
      }
      return sum + primitive(to - x[i]) - primitive(from - x[i])
    }
  }
}
