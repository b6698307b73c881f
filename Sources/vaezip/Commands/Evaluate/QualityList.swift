import ArgumentParser

/// Qualities on the command line: `10,30,50`, `0..100:10`, `lossless`, or several of them.
struct QualityList: ExpressibleByArgument {
  let qualities: [Int]
  /// Whether pictures are coded without loss, too.
  let includesLossless: Bool

  init(qualities: [Int]) {
    self.qualities = qualities
    includesLossless = false
  }

  init?(argument: String) {
    var qualities: [Int] = []
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
  private static func values(_ part: String) -> [Int]? {
    let (range, step) = halves(part, at: ":")
    let (first, last) = halves(range, at: "..")
    guard let first = Int(first), 0...100 ~= first else { return nil }
    guard let last else { return step == nil ? [first] : nil }
    guard let last = Int(last), first...100 ~= last else { return nil }
    guard let stride = step.map({ Int($0) }) ?? 1, 1...100 ~= stride else { return nil }
    return Array(Swift.stride(from: first, through: last, by: stride))
  }

  private static func halves(_ text: String, at mark: String) -> (String, String?) {
    guard let place = text.firstRange(of: mark) else { return (text, nil) }
    return (String(text[..<place.lowerBound]), String(text[place.upperBound...]))
  }

  var defaultValueDescription: String { qualities.map(String.init).joined(separator: ",") }
}
