import VAEZip

/// Where a model's qualities lie: from 30 to 90, a quality is the SSIMULACRA2 that pictures get on average.
///
/// Below and above, qualities go on to the model's first and last position.
package struct QualityScale {
  /// A mean score at a quality position, in 1/256 level.
  package struct Point: Sendable {
    package var position: Int
    package var ssimulacra2: Double

    package init(position: Int, ssimulacra2: Double) {
      (self.position, self.ssimulacra2) = (position, ssimulacra2)
    }
  }

  /// The position of each score that is reached.
  private let curve: CubicInterpolation?
  private let lastPosition: Int

  /// The qualities that scores decide. Between them, positions are interpolated, so that they change smoothly.
  private static let scored = stride(from: 30, through: 90, by: 10)

  /// - Parameters:
  ///   - points: in the order of their positions. A point whose score is not above all before is left out.
  ///   - lastPosition: that of quality 100; 256 or more.
  package init(_ points: [Point], lastPosition: Int) {
    var ascending: [Point] = []
    for point in points where point.ssimulacra2 > ascending.last?.ssimulacra2 ?? -.infinity {
      ascending.append(point)
    }
    curve =
      ascending.count < 2
      ? nil : CubicInterpolation(ascending.map(\.ssimulacra2), ascending.map { Double($0.position) })
    self.lastPosition = lastPosition
  }

  /// The position of each quality 0…100, strictly increasing. A quality that is the score of no position is
  /// interpolated between qualities that are.
  package var positions: [Int] {
    var knots = [(quality: 0.0, position: 0.0)]
    for quality in Self.scored.map(Double.init) {
      guard let curve, curve.range.contains(quality) else { continue }
      knots.append((quality, curve(quality)))
    }
    knots.append((100, Double(lastPosition)))
    let scale = CubicInterpolation(knots.map(\.quality), knots.map(\.position))
    var positions: [Int] = []
    for quality in 0...100 {
      let position = Int(scale(Double(quality)).rounded())
      // Each quality has a position of its own, and so have those after it.
      positions.append(min(max(position, (positions.last ?? -1) + 1), lastPosition - (100 - quality)))
    }
    return positions
  }
}
