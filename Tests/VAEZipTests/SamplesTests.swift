import Foundation
import Testing
import VAEZip

@Suite struct SamplesTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Samples")

  static var names: [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    return (names ?? []).filter { $0.hasSuffix(".png") }.sorted()
  }

  @Test func everySampleHasItsSource() throws {
    let sources = try String(
      contentsOf: Self.folder.appending(path: "SOURCES.md"), encoding: .utf8)
    #expect((8...12).contains(Self.names.count))
    for name in Self.names { #expect(sources.contains("| `\(name)` |"), "\(name)") }
  }

  @Test(arguments: names) func sampleIsAsItsSourceSays(name: String) throws {
    let bytes = [UInt8](try Data(contentsOf: Self.folder.appending(path: name)))
    #expect(bytes.count < 1_500_000)
    let decoded = try PNG.read(bytes)
    #expect(decoded.notices.isEmpty)
    #expect((decoded.image.channels == .gray) == name.hasSuffix("-gray.png"))
    let sources = try String(
      contentsOf: Self.folder.appending(path: "SOURCES.md"), encoding: .utf8)
    let size = "\(decoded.image.width) × \(decoded.image.height)"
    #expect(sources.contains("| `\(name)` | \(size)"))
  }
}
