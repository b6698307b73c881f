import VAEZip
import VAEZipMetrics

/// By how much vaezip's files are larger than a peer's at equal quality.
package struct PeerBDRate: Sendable, Equatable, Encodable {
  package let peer: String
  /// Of the peer's program, with its fixed options.
  package let title: String
  /// Of the pictures; nil for all.
  package let kind: PictureKind?
  package let metric: QualityMetric
  /// The mean of the pictures' own BD-rates in percent, negative where vaezip's files are smaller; nil where
  /// no picture has one.
  package let percent: Double?
  /// Pictures that have one.
  package let pictures: Int
  /// All pictures of the kind.
  package let allPictures: Int

  private enum CodingKeys: String, CodingKey {
    case peer, title, kind, metric, percent, pictures
    case allPictures = "all_pictures"
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(peer, forKey: .peer)
    try container.encode(title, forKey: .title)
    try container.encode(kind, forKey: .kind)
    try container.encode(metric, forKey: .metric)
    try container.encode(percent, forKey: .percent)
    try container.encode(pictures, forKey: .pictures)
    try container.encode(allPictures, forKey: .allPictures)
  }

  /// The BD-rate of each peer by each metric, over all pictures, and over each kind where there are both.
  ///
  /// - Parameters:
  ///   - points: of pictures, not means.
  ///   - peers: names and titles, in the order of the result.
  package static func all(
    _ points: [EvaluationPoint], against peers: [(name: String, title: String)],
    own: String = "vaezip"
  ) -> [PeerBDRate] {
    let files = orderedFiles(points)
    var kinds: [PictureKind?] = [nil]
    if Set(files.map(\.kind)).count > 1 { kinds += PictureKind.allCases.map { $0 } }
    let byFile = Dictionary(grouping: points, by: \.file)
    return peers.flatMap { peer in
      kinds.flatMap { kind in
        let counted = files.filter { kind == nil || $0.kind == kind }.map(\.file)
        return QualityMetric.allCases.map { metric in
          let rates = counted.compactMap { file in
            rate(byFile[file] ?? [], of: own, against: peer.name, by: metric)
          }
          return PeerBDRate(
            peer: peer.name, title: peer.title, kind: kind, metric: metric,
            percent: rates.isEmpty ? nil : rates.reduce(0, +) / Double(rates.count),
            pictures: rates.count, allPictures: counted.count)
        }
      }
    }
  }

  private static func orderedFiles(
    _ points: [EvaluationPoint]
  ) -> [(file: String, kind: PictureKind?)] {
    var known: Set<String> = []
    return points.filter { known.insert($0.file).inserted }.map { ($0.file, $0.kind) }
  }

  /// The BD-rate of one picture; nil where the curves share no interval.
  private static func rate(
    _ points: [EvaluationPoint], of own: String, against peer: String, by metric: QualityMetric
  ) -> Double? {
    func curve(_ codec: String) -> [RDPoint] {
      points.filter { $0.codec == codec }.compactMap { $0.rate(by: metric) }
    }
    return try? Metrics.bdRate(reference: curve(peer), test: curve(own))
  }
}
