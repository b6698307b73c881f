import Foundation

/// Which points of a picture the report's page shows side by side.
package enum ReportSelection {
  /// Names a codec's setting.
  package struct Key: Sendable, Hashable {
    package let codec, setting: String

    package init(codec: String, setting: String) {
      self.codec = codec
      self.setting = setting
    }

    init(_ point: EvaluationPoint) { self.init(codec: point.codec, setting: point.setting) }
  }

  /// Qualities that the page offers.
  package static let mostQualities = 3

  /// Qualities spread evenly over a list, in its order.
  package static func spread(_ qualities: [Double]) -> [Double] {
    guard qualities.count > mostQualities else { return qualities }
    return (0..<mostQualities).map { qualities[$0 * (qualities.count - 1) / (mostQualities - 1)] }
  }

  /// Of one picture's points: vaezip's at some qualities, and each peer's whose size is nearest by ratio.
  package static func shown(_ points: [EvaluationPoint], qualities: [Double]) -> Set<Key> {
    let own = points.filter { point in
      point.codec == "vaezip" && point.quality.map { qualities.contains($0) } == true
    }
    var keys = Set(own.map(Key.init))
    let peers = Dictionary(
      grouping: points.filter { $0.codec != "vaezip" && $0.figures[.bytes] != nil }, by: \.codec)
    for point in own {
      guard let bytes = point.figures[.bytes] else { continue }
      func ratio(_ other: EvaluationPoint) -> Double {
        abs(log((other.figures[.bytes] ?? .infinity) / bytes))
      }
      for others in peers.values {
        if let nearest = others.min(by: { ratio($0) < ratio($1) }) { keys.insert(Key(nearest)) }
      }
    }
    return keys
  }
}
