import Foundation
import TestSupport
import Testing
import VAEZip

/// `vaezip evaluate --against`, with stand-ins for the other codecs' programs.
@Suite struct AgainstTests {
  private func run(_ command: Command, programs: [String: String]) throws -> Command.Result {
    let folder = command.directory.appending(path: "programs")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    for (name, script) in programs {
      let file = folder.appending(path: name)
      try Data("#!/bin/sh\n\(script)\n".utf8).write(to: file)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: file.path)
    }
    try command.write(try PNG.write(TestImage.make(40, 32)), to: "a.png")
    try command.write(try RandomModel.bytes(), to: "model")
    return try command(
      "evaluate", "a.png", "--model", "model", "--quality", "0,100", "--against", "jpeg", "--json",
      "report.json", environment: ["PATH": folder.path + ":/usr/bin/none"])
  }

  @Test func aMissingProgramIsNamedWithItsPackage() throws {
    let command = try Command()
    defer { command.remove() }
    let result = try run(command, programs: ["cjpeg": "exit 0"])
    #expect(result.status == 1)
    #expect(result.output.isEmpty)
    #expect(
      result.errorLines == [
        "vaezip: --against jpeg: djpeg is not installed (Debian: libjpeg-turbo-progs)"
      ])
    #expect(!(try command.files().contains("report.json")))
  }

  @Test func aProgramThatFailsIsNamed() throws {
    let command = try Command()
    defer { command.remove() }
    let result = try run(command, programs: ["cjpeg": "exit 3", "djpeg": "exit 0"])
    #expect(result.status == 1)
    #expect(result.error.contains("cjpeg -optimize"))
    #expect(result.error.contains("ended with status 3"))
    #expect(!(try command.files().contains("report.json")))
  }

  @Test func wrongNamesAreUsageErrors() throws {
    let command = try Command()
    defer { command.remove() }
    #expect(try command("evaluate", "a.png", "--against", "bmp").status == 2)
  }

  /// The stand-in keeps as much of the picture as its quality says. The model is random, so whether
  /// the curves share an interval is chance; `Metrics.bdRate` has tests of its own.
  @Test func curvesAreCompared() throws {
    let command = try Command()
    defer { command.remove() }
    // cjpeg -optimize -sample 2x2 -quality Q -outfile OUT IN; djpeg -outfile OUT IN
    let programs = [
      "cjpeg": """
      /usr/bin/head -c $((200 + $5 * 10)) "$8" > "$7"
      """,
      "djpeg": """
      size=$(/usr/bin/wc -c < "$3")
      folder=${3%/*}
      /usr/bin/head -c $((size + 500)) "$folder/in.ppm" > "$2"
      whole=$(/usr/bin/wc -c < "$folder/in.ppm")
      /usr/bin/head -c $((whole - size - 500)) /dev/zero >> "$2"
      """,
    ]
    let result = try run(command, programs: programs)
    #expect(result.status == 0, "\(result.error)")
    #expect(result.error.contains("against cjpeg -optimize -sample 2x2: BD-rate"))
    let report = try JSONSerialization.jsonObject(
      with: Data(contentsOf: command.directory.appending(path: "report.json")))
    let against = try #require((report as? [String: Any])?["against"] as? [[String: Any]])
    #expect(against.count == 1)
    #expect(against[0]["peer"] as? String == "jpeg")
    #expect(against[0]["images"] as? Int == 1)
    #expect(against[0]["title"] as? String == "cjpeg -optimize -sample 2x2")
  }
}
