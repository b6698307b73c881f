/// Piecewise cubic Hermite interpolation that keeps the data's monotony (PCHIP; Fritsch & Butland 1984).
package struct CubicInterpolation {
  private let x: [Double], y: [Double]
  private let slopes: [Double]

  package var range: ClosedRange<Double> { x[0]...x[x.count - 1] }

  /// - Precondition: `x` ascends strictly and has at least two values, as many as `y`.
  package init(_ x: [Double], _ y: [Double]) {
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

  /// y at a place; outside of `range`, that of the nearest end.
  package func callAsFunction(_ place: Double) -> Double {
    guard place > x[0] else { return y[0] }
    guard let next = x.firstIndex(where: { $0 >= place }) else { return y[y.count - 1] }
    let (i, t) = (next - 1, place - x[next - 1])
    let (quadratic, cubic) = curvature(i)
    return y[i] + t * (slopes[i] + t * (quadratic + t * cubic))
  }

  /// The coefficients of t² and t³ in the piece that begins at `x[i]`.
  private func curvature(_ i: Int) -> (quadratic: Double, cubic: Double) {
    let width = x[i + 1] - x[i]
    let secant = (y[i + 1] - y[i]) / width
    return (
      (3 * secant - 2 * slopes[i] - slopes[i + 1]) / width,
      (slopes[i] + slopes[i + 1] - 2 * secant) / (width * width)
    )
  }

  /// Over an interval inside `range`.
  package func integral(from low: Double, to high: Double) -> Double {
    (0..<x.count - 1).reduce(0) { sum, i in
      let (from, to) = (max(low, x[i]), min(high, x[i + 1]))
      guard from < to else { return sum }
      let (quadratic, cubic) = curvature(i)
      func primitive(_ t: Double) -> Double {
        t * (y[i] + t * (slopes[i] / 2 + t * (quadratic / 3 + t * cubic / 4)))
      }
      return sum + primitive(to - x[i]) - primitive(from - x[i])
    }
  }
}
