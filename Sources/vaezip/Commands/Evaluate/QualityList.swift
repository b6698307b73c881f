import ArgumentParser

/// Qualities on the command line: `10,30,72.5`, `0..100:10`, `lossless`, or several of them.
struct QualityList: ExpressibleByArgument {
  let qualities: [Double]
  /// Whether pictures are coded without loss, too.
  let includesLossless: Bool

  init(qualities: [Double]) {
    self.qualities = qualities
    includesLossless = false
  }

  init?(argument: String) {
    var qualities: [Double] = []
    var includesLossless = false
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      if part == "lossless" {
        includesLossless = true
        continue
      }
      guard let values = Self.values(String(part)) else { return nil }
      // A quality that is named twice is measured once.
      for quality in values where !qualities.contains(quality) { qualities.append(quality) }
    }
    self.qualities = qualities
    self.includesLossless = includesLossless
  }

  /// A number, or `FIRST..LAST:STEP`, whose step is 1 where none is named.
  private static func values(_ part: String) -> [Double]? {
    let (range, step) = halves(part, at: ":")
    let (first, last) = halves(range, at: "..")
    guard let first = Double(first), 0...100 ~= first else { return nil }
    guard let last else { return step == nil ? [first] : nil }
    guard let last = Double(last), first...100 ~= last else { return nil }
    guard let stride = step.map({ Double($0) }) ?? 1, 0.01...100 ~= stride else { return nil }
    // In steps of 10⁻⁶ at most, so that 0..1:0.1 has 0.3 and ends with 1.
    return Swift.stride(from: first, through: last + 1e-9, by: stride)
      .map { min(($0 * 1e6).rounded() / 1e6, last) }
  }

  private static func halves(_ text: String, at mark: String) -> (String, String?) {
    guard let place = text.firstRange(of: mark) else { return (text, nil) }
    return (String(text[..<place.lowerBound]), String(text[place.upperBound...]))
  }

  /// "75" or "72.5".
  static func text(_ quality: Double) -> String { Int(exactly: quality).map { "\($0)" } ?? "\(quality)" }

  var defaultValueDescription: String { qualities.map(Self.text).joined(separator: ",") }
}
