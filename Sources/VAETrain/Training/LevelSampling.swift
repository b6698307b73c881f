import VAEZipSupport

/// Draws the quality levels at which the crops of a batch are coded.
///
/// A batch has one position from each of as many equally likely parts of the range, so no step misses
/// the upper levels. These learn more slowly, so they may be drawn more often than the lower ones: the
/// density is 1 − b at the lowest level, 1 + b at the highest, and linear between.
package struct LevelSampling: Sendable {
  /// The position of the highest quality level.
  let top: Double
  /// b, 0…1.
  let upperLevels: Double

  package init(top: Double, upperLevels: Double) {
    (self.top, self.upperLevels) = (top, upperLevels)
  }

  /// Ascending positions, 0 … `top`.
  package func positions(_ count: Int, using random: inout SplitMix64) -> [Double] {
    (0..<count).map { top * quantile((Double($0) + random.uniform(0, 1)) / Double(count)) }
  }

  /// The inverse of x (1 − b) + b x².
  private func quantile(_ probability: Double) -> Double {
    let b = upperLevels
    guard b > 0 else { return probability }
    return (((1 - b) * (1 - b) + 4 * b * probability).squareRoot() - (1 - b)) / (2 * b)
  }
}
