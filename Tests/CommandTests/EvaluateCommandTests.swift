import Foundation
import Testing
import VAEZip

/// What the program says and how it ends.
private struct Run {
  let status: Int32, output: String, errors: String

  /// Runs the program that was built beside these tests.
  init(_ arguments: [String]) throws {
    let tests = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    let process = Process()
    process.executableURL = tests.deletingLastPathComponent().appendingPathComponent("vaezip")
    process.arguments = arguments
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    self.output = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    self.errors = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationStatus
  }
}

private let samples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Samples")

private let hasModel = (try? Model.builtIn()) != nil

private func temporaryDirectory() throws -> URL {
  let directory = FileManager.default.temporaryDirectory
    .appendingPathComponent("vaezip-tests-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  return directory
}

@Suite struct EvaluateCommandTests {
  @Test(arguments: [
    [], ["-"], ["x.png", "--quality", "101"], ["x.png", "--quality", "10,,20"],
    ["x.png", "--quality", "fine"], ["x.png", "-T", "-1"], ["x.png", "--csv", "a", "--json", "a"],
    ["x.png", "--nonsense"],
  ])
  func wrongOptions(arguments: [String]) throws {
    let run = try Run(["evaluate"] + arguments)
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains("Usage: vaezip evaluate"))
  }

  @Test func badFilesTakeOneLineEachAndNothingIsWritten() throws {
    let directory = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(at: directory) }
    let empty = directory.appendingPathComponent("empty"), report = directory.path + "/report.csv"
    try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
    let text = directory.path + "/text.png", cut = directory.path + "/cut.png"
    try Data("no picture".utf8).write(to: URL(fileURLWithPath: text))
    try Data(contentsOf: samples.appendingPathComponent("tiny.png")).prefix(300)
      .write(to: URL(fileURLWithPath: cut))

    let run = try Run(
      ["evaluate", empty.path, text, cut, directory.path + "/none.png", "--csv", report])
    #expect(run.status == 1)
    #expect(run.output.isEmpty)
    #expect(run.errors == """
      vaezip: \(empty.path): holds no .png file
      vaezip: \(text): not a PNG file
      vaezip: \(cut): truncated PNG: the file ends before the image does
      vaezip: \(directory.path)/none.png: No such file or directory

      """)
    #expect(!FileManager.default.fileExists(atPath: report))
  }

  @Test func aModelFileThatIsNone() throws {
    let tiny = samples.appendingPathComponent("tiny.png").path
    let run = try Run(["evaluate", tiny, "--model", tiny])
    #expect(run.status == 1)
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("vaezip: \(tiny): "))
    #expect(run.errors.split(separator: "\n").count == 1)
  }

  @Test(.enabled(if: hasModel)) func reportsOfTheBuiltInModel() throws {
    let directory = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(at: directory) }
    for name in ["tiny.png", "chart.png"] {
      try FileManager.default.copyItem(
        at: samples.appendingPathComponent(name), to: directory.appendingPathComponent(name))
    }
    let csv = directory.path + "/report.csv", json = directory.path + "/report.json"
    let run = try Run(
      ["evaluate", directory.path, "--quality", "20,80", "--csv", csv, "--json", json])
    #expect(run.status == 0)
    #expect(run.errors.isEmpty)
    let lines = run.output.split(separator: "\n")
    #expect(lines.map { $0.split(separator: " ").first } == [
      "file", "chart.png", "chart.png", "tiny.png", "tiny.png", "mean", "mean",
    ])

    let table = try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\n")
    #expect(table.first.map(String.init) == Evaluation.columns.joined(separator: ","))
    #expect(table.count == 7)
    let data = try Data(contentsOf: URL(fileURLWithPath: json))
    let report = try #require(
      try JSONSerialization.jsonObject(with: data) as? [String: [[String: Any]]])
    let means = try #require(report["means"])
    #expect(report["results"]?.count == 4)
    #expect(means.map { $0["quality"] as? Int } == [20, 80])
    let rates = means.compactMap { $0["bpp"] as? Double }
    let qualities = means.compactMap { $0["psnr"] as? Double }
    #expect(rates[0] < rates[1] && qualities[0] < qualities[1])
  }
}
