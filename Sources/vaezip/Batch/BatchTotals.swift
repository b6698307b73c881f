import Foundation

/// Sums over the jobs that are done.
struct BatchTotals {
  /// Jobs of all kinds.
  var done = 0
  var converted = 0
  var skipped = 0
  var failed = 0
  var damaged = 0
  /// Inputs that were removed.
  var removed = 0
  /// Of the converted ones.
  var inputBytes = 0
  var outputBytes = 0
  /// Of all jobs that are done, as planned: what the time left is reckoned from.
  var plannedBytes = 0
  private let start = ContinuousClock.now

  mutating func add(_ report: JobReport, planned: Int) {
    done += 1
    switch report.status {
    case .ok: converted += 1
    case .damaged: (converted, damaged) = (converted + 1, damaged + 1)
    case .skipped: skipped += 1
    case .failed: failed += 1
    }
    if report.removed == true { removed += 1 }
    guard report.status != .skipped else { return }
    plannedBytes += planned
    guard report.status != .failed else { return }
    inputBytes += report.inputBytes ?? 0
    outputBytes += report.outputBytes ?? 0
  }

  var elapsed: Duration { ContinuousClock.now - start }

  /// Input bytes a second.
  var rate: Double { Double(inputBytes) / max(1e-3, elapsed / .seconds(1)) }

  /// "saved 91.2 %"; nil where nothing is.
  var saved: String? {
    guard 0 < outputBytes, outputBytes < inputBytes else { return nil }
    return String(format: "saved %.1f %%", 100 * (1 - Double(outputBytes) / Double(inputBytes)))
  }

  /// The last line of a run over many files.
  ///
  /// - Parameters:
  ///   - verb: "compressed".
  ///   - others: files of folders that were passed over.
  func summary(_ verb: String, others: Int) -> String {
    var parts = ["\(converted) \(verb)"]
    if damaged > 0 { parts.append("\(damaged) of them damaged") }
    if skipped > 0 { parts.append("\(skipped) already there") }
    if removed > 0 { parts.append("\(removed) \(removed == 1 ? "input" : "inputs") removed") }
    if failed > 0 { parts.append("\(failed) failed") }
    if others > 0 { parts.append("\(others) of other kinds passed over") }
    var text = "\(done) \(done == 1 ? "file" : "files"): " + parts.joined(separator: ", ")
    if converted > 0 {
      text += "; \(Self.size(inputBytes))"
      if outputBytes > 0 { text += " → \(Self.size(outputBytes))" }
      if let saved { text += " (\(saved))" }
      text += ", \(elapsed.text), \(Self.size(Int(rate)))/s"
    }
    return text
  }

  /// "12.3 MB".
  static func size(_ bytes: Int) -> String {
    var (value, unit) = (Double(bytes), "bytes")
    for next in ["kB", "MB", "GB", "TB"] where value >= 999.95 || unit == "bytes" && value >= 1000 {
      (value, unit) = (value / 1000, next)
    }
    return unit == "bytes" ? "\(bytes) bytes" : String(format: "%.1f \(unit)", value)
  }
}
