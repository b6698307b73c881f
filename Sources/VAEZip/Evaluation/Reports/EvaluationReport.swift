import Foundation
import VAEZip

/// All that an evaluation found out.
package struct EvaluationReport: Sendable, Encodable {
  /// A codec that pictures were coded with.
  package struct Codec: Sendable, Encodable {
    /// As in `EvaluationPoint.codec`.
    package let name: String
    /// Of the program, with its fixed options.
    package let title: String
    package let version: String
    /// Whether it keeps all pixels: such a codec has a point, and no curve.
    package let isLossless: Bool

    package init(name: String, title: String, version: String, isLossless: Bool = false) {
      self.name = name
      self.title = title
      self.version = version
      self.isLossless = isLossless
    }

    private enum CodingKeys: String, CodingKey {
      case name, title, version
      case isLossless = "lossless"
    }
  }

  /// A codec that could not be measured, or not on all pictures.
  package struct Failure: Sendable, Equatable, Encodable {
    package let codec: String
    /// Nil where it concerns all pictures.
    package let file: String?
    package let reason: String

    package init(codec: String, file: String? = nil, reason: String) {
      self.codec = codec
      self.file = file
      self.reason = reason
    }
  }

  /// The first is vaezip.
  package var codecs: [Codec]
  /// A point a picture and setting.
  package var results: [EvaluationPoint] = []
  package var failures: [Failure] = []
  /// Curves from papers.
  package var published: [EvaluationPoint] = []

  package init(codecs: [Codec]) { self.codecs = codecs }

  /// Means over all pictures; then, where there are both, over photographs and over graphics.
  package var means: [EvaluationPoint] {
    let all = EvaluationPoint.means(of: results)
    guard Set(results.map(\.kind)).count > 1 else { return all }
    return all + PictureKind.allCases.flatMap { EvaluationPoint.means(of: results, kind: $0) }
  }

  /// See `PeerBDRate`; codecs without loss have none.
  package var bdRates: [PeerBDRate] {
    let peers = codecs.dropFirst().filter { !$0.isLossless }.map { ($0.name, $0.title) }
    return PeerBDRate.all(results, against: peers)
  }

  /// `results`, then `means`.
  package var csv: String { EvaluationCSV.text(results + means) }

  private enum CodingKeys: String, CodingKey {
    case codecs, results, means, failures, published
    case bdRates = "bd_rates"
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(codecs, forKey: .codecs)
    try container.encode(results, forKey: .results)
    try container.encode(means, forKey: .means)
    try container.encode(bdRates, forKey: .bdRates)
    try container.encode(failures, forKey: .failures)
    try container.encode(published, forKey: .published)
  }

  /// One JSON object, its keys sorted.
  package func json(isPretty: Bool = true) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting =
      isPretty
      ? [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}
