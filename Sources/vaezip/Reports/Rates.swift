import Foundation

/// Numbers in summaries.
enum Rates {
  /// With four digits after the point.
  static func text(_ value: Double) -> String { String(format: "%.4f", value) }
}
