import Foundation
import VAEZip
import VAEZipEvaluation

/// The reports that are written to files.
struct EvaluationOutputs {
  private let csv: OutputFile?
  private let json: OutputFile?
  private let page: OutputFile?
  /// Whether a report goes to standard output, which the table then leaves free.
  let usesStandardOutput: Bool

  /// Opens the files.
  init(csv: String?, json: String?, report: String?, kept: KeptFiles) throws(CommandFailure) {
    func open(_ path: String?) throws(CommandFailure) -> OutputFile? {
      guard let path else { return nil }
      return try OutputFile(path: path, overwrite: true, kept: kept)
    }
    self.csv = try open(csv)
    self.json = try open(json)
    page = try open(report)
    usesStandardOutput = [csv, json, report].compactMap(\.self).contains {
      $0 == "-" || OpenDescriptor.number(of: $0) == STDOUT_FILENO
    }
  }

  func write(
    _ report: EvaluationReport, pictures: [ReportPicture], facts: [(name: String, value: String)]
  ) throws {
    try csv?.write(Array(report.csv.utf8))
    try csv?.commit()
    try json?.write(Array(Report.visible(try report.json()).utf8))
    try json?.commit()
    if let page {
      try page.write(ReportPage(report, pictures: pictures, facts: facts).html())
      try page.commit()
    }
  }
}

/// The machine, in words.
enum Machine {
  static var description: String {
    let cores = ProcessInfo.processInfo.activeProcessorCount
    let count = "\(cores) \(cores == 1 ? "core" : "cores")"
    let lines =
      FileManager.default.contents(atPath: "/proc/cpuinfo")
      .map { String(decoding: $0, as: UTF8.self).split(separator: "\n") } ?? []
    guard let line = lines.first(where: { $0.hasPrefix("model name") }),
      let name = line.split(separator: ":").last
    else { return count }
    return "\(name.trimmingCharacters(in: .whitespaces)), \(count)"
  }
}
