/// A measure of the difference between a picture and what was decoded.
public enum DistortionMetric: String, Sendable, Codable, CaseIterable {
  /// Mean squared error: a Gaussian likelihood.
  case mse
  /// 1 − MS-SSIM, see `StructuralSimilarity`.
  case msssim = "ms-ssim"
  /// SSIMULACRA2's weighted sum, see `PerceptualDistance`.
  case ssimulacra2
  /// Binary cross-entropy of pixels in 0…1, less its least value: a (continuous) Bernoulli likelihood.
  case bce
}

/// The distortion D of the objective: the squared error, or a mixture of metrics by shares.
///
/// A mixture has the value of the squared error, and the gradient of the product of its metrics, each
/// to the power of its share. So a metric weighs by its relative change, as BD-rates do by decibels,
/// and λ keeps its meaning.
public struct Distortion: Sendable, Codable, Equatable, CustomStringConvertible {
  /// Positive, with a sum of 1.
  public let shares: [DistortionMetric: Double]
  /// What is left of the shares of MS-SSIM and SSIMULACRA2 at the highest quality level, 0…1; the
  /// squared error takes the rest. From the middle level on they fall linearly.
  public var upperShare: Double

  public static let mse = Distortion(.mse)
  public static let bce = Distortion(.bce)

  private init(_ metric: DistortionMetric) {
    shares = [metric: 1]
    upperShare = 1
  }

  /// - Parameter shares: in any unit; they are divided by their sum.
  /// - Returns: nil if there is none, one is not positive and finite, or `bce` is not alone.
  public init?(shares: [DistortionMetric: Double], upperShare: Double = 0.5) {
    let sum = shares.values.reduce(0, +)
    guard !shares.isEmpty, sum.isFinite, shares.values.allSatisfy({ $0 > 0 && $0.isFinite }),
      shares[.bce] == nil || shares.count == 1, 0...1 ~= upperShare
    else { return nil }
    self.shares = shares.mapValues { $0 / sum }
    self.upperShare = upperShare
  }

  /// - Parameter text: such as `mse`, or `mse=0.6,ssimulacra2=0.4`.
  public init?(parsing text: String, upperShare: Double = 0.5) {
    var shares: [DistortionMetric: Double] = [:]
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = item.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count <= 2, let metric = DistortionMetric(rawValue: String(parts[0])),
        let share = parts.count == 2 ? Double(parts[1]) : 1, shares[metric] == nil
      else { return nil }
      shares[metric] = share
    }
    self.init(shares: shares, upperShare: upperShare)
  }

  /// In the form that `init(parsing:)` takes.
  public var description: String {
    if let only = shares.first, shares.count == 1 { return only.key.rawValue }
    return DistortionMetric.allCases.compactMap { metric in
      shares[metric].map { "\(metric.rawValue)=\($0)" }
    }.joined(separator: ",")
  }

  /// The share of `ms-ssim` or `ssimulacra2` at a level position.
  ///
  /// - Parameters:
  ///   - position: 0 … `top`.
  ///   - top: the position of the highest quality level.
  func share(of metric: DistortionMetric, at position: Double, top: Double) -> Double {
    let upper = max(0, 2 * position / top - 1)
    return (shares[metric] ?? 0) * (1 - (1 - upperShare) * upper)
  }
}
