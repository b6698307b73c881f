import VAEZipSupport

/// A picture as Butteraugli compares it: its opsin dynamics in four bands of frequencies.
///
/// Names are those of the reference: low, medium, high and ultra-high frequencies.
struct FrequencyBands {
  typealias Vector = FloatPlane.Vector

  /// X, Y and B.
  let low: [FloatPlane]
  /// X, Y and B.
  let medium: [FloatPlane]
  /// X and Y.
  let high: [FloatPlane]
  /// X and Y.
  let ultraHigh: [FloatPlane]

  private static let lowFilter = GaussianFilter(deviation: 7.155_933_394_43)
  private static let mediumFilter = GaussianFilter(deviation: 3.224_899_012_62)
  private static let highFilter = GaussianFilter(deviation: 1.564_163_278_05)

  init(_ picture: LinearPicture, threads: Threads) {
    let planes = OpsinDynamics.planes(picture, threads: threads)
    func blurred(_ plane: FloatPlane, _ filter: GaussianFilter) -> FloatPlane {
      let result = FloatPlane(width: plane.width, height: plane.height)
      filter.apply(plane, to: result, threads: threads)
      return result
    }
    let low = planes.map { blurred($0, Self.lowFilter) }
    // What is left becomes the medium band and all above it.
    for (plane, low) in zip(planes, low) { plane.update(with: low, threads: threads) { $0 - $1 } }
    let medium = planes.map { blurred($0, Self.mediumFilter) }
    let above = Array(planes.prefix(2))
    for (plane, medium) in zip(above, medium) { plane.update(with: medium, threads: threads) { $0 - $1 } }
    Self.suppressX(above[0], by: above[1], threads: threads)
    let high = above.map { blurred($0, Self.highFilter) }

    Self.scale(low, threads: threads)
    medium[0].update(threads: threads) { Self.removing(0.29, from: $0) }
    medium[1].update(threads: threads) { Self.amplifying(0.1, in: $0) }
    Self.separateX(high[0], above[0], threads: threads)
    Self.separateY(high[1], above[1], threads: threads)
    (self.low, self.medium, self.high, self.ultraHigh) = (low, medium, high, above)
  }

  /// Brings the low band to units in which its squared differences count.
  private static func scale(_ low: [FloatPlane], threads: Threads) {
    low[2].update(with: low[1], threads: threads) { ($0 - $1 * 0.362_267_051_518) * 49.879_846_514_4 }
    low[0].update(threads: threads) { $0 * 33.832_837_186_26 }
    low[1].update(threads: threads) { $0 * 14.458_268_100_57 }
  }

  /// Where brightness changes much, changes of color are hard to see.
  private static func suppressX(_ x: FloatPlane, by y: FloatPlane, threads: Threads) {
    let (half, floor): (Float, Float) = (46, 0.653_020_556_257)
    x.update(with: y, threads: threads) { x, y in
      x * (half / (y * y + half) * (1 - floor) + floor)
    }
  }

  /// Takes the high band out of what is above the medium one, which becomes the ultra-high band.
  private static func separateX(_ high: FloatPlane, _ above: FloatPlane, threads: Threads) {
    above.update(with: high, threads: threads) { Self.removing(0.04, from: $0 - $1) }
    high.update(threads: threads) { Self.removing(1.5, from: $0) }
  }

  private static func separateY(_ high: FloatPlane, _ above: FloatPlane, threads: Threads) {
    high.update(threads: threads) { Self.compressing(28.469_180_692_2, $0) }
    above.update(with: high, threads: threads) {
      Self.compressing(5.191_752_946_47, $0 - $1) * 2.693_137_637_94
    }
    high.update(threads: threads) { Self.amplifying(0.132, in: $0 * 2.155) }
  }

  /// Values nearer to zero than `range` become zero, others come nearer by it.
  @inline(__always)
  private static func removing(_ range: Float, from value: Vector) -> Vector {
    (value - range).positive - (-value - range).positive
  }

  /// Values nearer to zero than `range` double, others move away by it.
  @inline(__always)
  private static func amplifying(_ range: Float, in value: Vector) -> Vector {
    value + value.clamped(lowerBound: Vector(repeating: -range), upperBound: Vector(repeating: range))
  }

  /// What exceeds a limit counts for less.
  @inline(__always)
  private static func compressing(_ limit: Float, _ value: Vector) -> Vector {
    let inside = value.clamped(
      lowerBound: Vector(repeating: -limit), upperBound: Vector(repeating: limit))
    return inside + (value - inside) * 0.724_216_145_665
  }
}

extension FloatPlane {
  /// Replaces all samples.
  @inline(__always)
  func update(threads: Threads, _ change: @escaping @Sendable (Vector) -> Vector) {
    threads.forEachBand(height) { rows in
      for y in rows {
        let row = row(y)
        for x in vectorStarts { row.store(change(row.vector(x)), at: x) }
      }
    }
  }

  /// Replaces all samples by a function of them and another plane's.
  @inline(__always)
  func update(
    with other: FloatPlane, threads: Threads, _ change: @escaping @Sendable (Vector, Vector) -> Vector
  ) {
    threads.forEachBand(height) { rows in
      for y in rows {
        let (row, other) = (row(y), other.row(y))
        for x in vectorStarts { row.store(change(row.vector(x), other.vector(x)), at: x) }
      }
    }
  }
}
