import Foundation
import TestSupport
import Testing
import VAEZip

/// Names, metadata and options reach terminals, tables and programs: they must not steer them.
@Suite("terminals and tables", .serialized)
struct TerminalTests {
  @Test("control and bidirectional characters are shown escaped")
  func escapes() throws {
    let vaezip = try Command.withFiles()
    defer { vaezip.remove() }
    let missing = try vaezip("verify", "a\u{202e}b\u{1b}[2J\u{9b}\u{2028}c.vz")
    #expect(
      missing.error
        == "vaezip: a\\u{202e}b\\u{1b}[2J\\u{9b}\\u{2028}c.vz: No such file or directory\n")
    // In the words of the argument parser, too; a line end forges no line.
    let option = try vaezip("decompress", "--region", "\u{1b}[2J\nvaezip: fine", "good.vz")
    #expect(option.status == 2)
    #expect(!option.error.contains("\u{1b}"))
    #expect(!option.errorLines.contains("vaezip: fine"))
    #expect(option.error.contains("\\u{1b}[2J\\nvaezip: fine"))
    let joined = try vaezip("decompress", "--region=\u{202e}\nx", "good.vz")
    #expect(joined.error.contains("\\u{202e}\\nx") && !joined.error.contains("\u{202e}"))
  }

  @Test("a report's names, for people and for programs")
  func reports() throws {
    let vaezip = try Command.withFiles()
    defer { vaezip.remove() }
    let name = "a\u{202e}\n\u{7f}.vz"
    try vaezip.write(vaezip.read("good.vz"), to: name)
    let text = try vaezip("info", name)
    #expect(text.text.hasPrefix("a\\u{202e}\\n\\u{7f}.vz: vaezip image"))
    let json = try vaezip("info", "--json", name)
    #expect(!json.text.unicodeScalars.contains("\u{202e}"))
    #expect(!json.text.unicodeScalars.contains("\u{7f}"))
    let object = try JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any]
    #expect(object?["file"] as? String == name)
  }

  @Test("no cell of a table is a formula")
  func formulas() throws {
    let vaezip = try Command.withFiles()
    defer { vaezip.remove() }
    let names = ["=1+1.png", "+1.png", "@a.png", "\t=1.png"]
    for name in names { try vaezip.write(vaezip.read("good.png"), to: name) }
    let result = try vaezip.run(
      ["evaluate", "-q", "50", "--model", "model", "--csv", "out.csv"] + names)
    #expect(result.status == 0, "\(result.error)")
    let rows = String(decoding: try vaezip.read("out.csv"), as: UTF8.self).split(separator: "\n")
    #expect(rows.count == 2 + names.count)
    for row in rows {
      let first = row.drop { $0 == "\"" }.first
      #expect(first.map { !"=+-@\t".contains($0) } == true, "\(row)")
    }
    #expect(rows.contains { $0.hasPrefix("./=1+1.png,") })
  }
}
