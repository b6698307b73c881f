/// How well scores tell anomalies from what is normal.
public enum RankingCurves {
  /// Scores, and how many normal and anomalous samples have them.
  public struct Sample: Sendable {
    /// Higher is more anomalous.
    public let score: Double
    /// How many normal samples have this score, for example pixels of a position.
    public let normal: Double
    /// How many anomalous samples have it.
    public let anomalous: Double

    /// A score; see the properties of the same names.
    public init(score: Double, normal: Double, anomalous: Double) {
      (self.score, self.normal, self.anomalous) = (score, normal, anomalous)
    }
  }

  /// The area under the receiver operating characteristic: the probability that an anomalous sample has a higher score
  /// than a normal one, ties counting half (Mann and Whitney 1947). Nil without samples of both kinds.
  public static func auroc(_ samples: [Sample]) -> Double? {
    let (normal, anomalous) = totals(samples)
    guard normal > 0, anomalous > 0 else { return nil }
    var (area, below) = (0.0, 0.0)
    forEachScore(samples.sorted { $0.score < $1.score }) { tied in
      let (n, a) = totals(tied)
      area += a * (below + n / 2)
      below += n
    }
    return area / (normal * anomalous)
  }

  /// The same for scores of single samples.
  public static func auroc(normal: [Double], anomalous: [Double]) -> Double? {
    auroc(
      normal.map { Sample(score: $0, normal: 1, anomalous: 0) }
        + anomalous.map { Sample(score: $0, normal: 0, anomalous: 1) })
  }

  /// The area under the per-region-overlap curve (Bergmann et al. 2020, arXiv 1911.02357): the mean, over all anomalous
  /// regions, of the part that is found, as a function of the false-positive rate from 0 to a limit, divided by
  /// the limit.
  ///
  /// - Parameters:
  ///   - normal: scores of normal samples, and how many have them; `anomalous` is not looked at.
  ///   - regions: scores of the samples of each region; `normal` is not looked at.
  ///   - limit: of the false-positive rate; 0.3 as in the paper.
  /// - Returns: nil without normal samples or without regions.
  public static func aupro(normal: [Sample], regions: [[Sample]], limit: Double = 0.3) -> Double? {
    let total = normal.reduce(0) { $0 + $1.normal }
    let regions = regions.filter { totals($0).anomalous > 0 }
    guard total > 0, !regions.isEmpty, limit > 0 else { return nil }
    // All samples at once, by falling score; the weight of a region's sample is its part of the region.
    let parts = regions.flatMap { region in
      let size = totals(region).anomalous * Double(regions.count)
      return region.map { Sample(score: $0.score, normal: 0, anomalous: $0.anomalous / size) }
    }
    let others = normal.map { Sample(score: $0.score, normal: $0.normal / total, anomalous: 0) }
    var (rate, overlap, area) = (0.0, 0.0, 0.0)
    forEachScore((parts + others).sorted { $0.score > $1.score }) { tied in
      let (n, a) = totals(tied)
      guard rate < limit else { return }
      // A straight line from one point of the curve to the next one, cut at the limit.
      let step = min(n, limit - rate)
      area += step * (overlap + (n > 0 ? a * step / n : 0) / 2)
      rate += n
      overlap += a
    }
    return area / limit
  }

  /// The lowest threshold above which at most a part of the scores lie.
  ///
  /// - Parameters:
  ///   - scores: of normal samples.
  ///   - rate: the false-positive rate, 0…1.
  /// - Returns: nil without scores.
  public static func threshold(_ scores: [Double], falsePositiveRate rate: Double) -> Double? {
    guard !scores.isEmpty else { return nil }
    let sorted = scores.sorted(by: >)
    return sorted[min(Int(rate * Double(sorted.count)), sorted.count - 1)]
  }

  private static func totals(_ samples: some Sequence<Sample>) -> (normal: Double, anomalous: Double) {
    samples.reduce((0, 0)) { ($0.0 + $1.normal, $0.1 + $1.anomalous) }
  }

  /// Calls `body` with the samples of each score; they are sorted by it.
  private static func forEachScore(_ sorted: [Sample], _ body: (ArraySlice<Sample>) -> Void) {
    var start = 0
    while start < sorted.count {
      let end = sorted[start...].firstIndex { $0.score != sorted[start].score } ?? sorted.count
      body(sorted[start..<end])
      start = end
    }
  }
}
