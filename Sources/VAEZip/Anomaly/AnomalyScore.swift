import VAEZip
import VAEZipFeatures

/// How far a picture is from normal ones.
public struct AnomalyScore: Sendable {
  /// Distance of each position from the normal ones, in standard deviations; 0 where pixels are exact. It is two-sided:
  /// a place that costs too few bits is as far away as one that costs too many.
  public let local: LatentMap<Float>
  /// The largest distance of a position.
  public let peak: Double
  /// Column and row of the position of the peak; 16 pixels each.
  public let peakPosition: (x: Int, y: Int)
  /// Distance of the whole picture from the normal ones; nil if too few pictures were fitted.
  public let global: Double?
  /// The larger of `peak` and `global`, each divided by its threshold.
  public let score: Double
  /// The threshold of `local` at the false-positive rate.
  public let localThreshold: Double
  /// Whether `score` is above 1.
  public var isAnomalous: Bool { score > 1 }
}

extension NormalPictures {
  /// The score of a picture.
  ///
  /// - Parameters:
  ///   - latents: of the model and quality of the normal pictures.
  ///   - falsePositiveRate: which part of the normal pictures, or positions, may lie above the thresholds, 0…1. The
  ///     thresholds are quantiles of the pictures that were fitted, so few pictures tell little of small rates.
  /// - Throws: `FeatureError.mismatch`, `.noLatents` if all pixels are exact, `.outOfRange`.
  public func score(
    _ latents: PictureLatents, falsePositiveRate: Double = 0.01
  ) throws(FeatureError) -> AnomalyScore {
    guard 0...1 ~= falsePositiveRate else {
      throw .outOfRange(name: "false-positive rate", expected: "0…1", found: "\(falsePositiveRate)")
    }
    try check(latents)
    let features = LatentStatistics(latents)
    guard let whole = features.global else { throw .noLatents }
    var map = LatentMap<Float>(width: features.local.width, height: features.local.height, repeating: 0)
    var (peak, place) = (0.0, 0)
    for position in 0..<map.count where features.isCoded.values[position] {
      let range = position * local.dimensions..<(position + 1) * local.dimensions
      let distance = local.distance(features.local.values[range].map { Double($0) })
      map.values[position] = Float(distance)
      if distance > peak { (peak, place) = (distance, position) }
    }
    func threshold(_ quantiles: [Double]) -> Double {
      let place = (1 - falsePositiveRate) * Double(quantiles.count - 1)
      // At least a small one: the quotient must be a number.
      return max(quantiles[min(Int(place.rounded(.up)), quantiles.count - 1)], 1e-6)
    }
    let global = global.map { $0.distance(whole) }
    let score = max(peak / threshold(distances.peak), global.map { $0 / threshold(distances.global) } ?? 0)
    return AnomalyScore(
      local: map, peak: peak, peakPosition: (place % map.width, place / map.width), global: global,
      score: score, localThreshold: threshold(distances.local))
  }
}
