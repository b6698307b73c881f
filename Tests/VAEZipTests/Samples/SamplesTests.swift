import Foundation
import TestSupport
import Testing
import VAEZip

/// The pictures of Samples and the page that says where they come from.
@Suite struct SamplesTests {
  static var names: [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: Repository.samples.path)
    return (names ?? []).filter { $0.hasSuffix(".png") }.sorted()
  }

  private func sources() throws -> String {
    String(
      decoding: try Repository.bytes(Repository.samples.appending(path: "SOURCES.md")),
      as: UTF8.self)
  }

  @Test func everySampleHasItsSource() throws {
    let sources = try sources()
    #expect((8...12).contains(Self.names.count))
    for name in Self.names { #expect(sources.contains("| `\(name)` |"), "\(name)") }
  }

  @Test(arguments: names) func sampleIsAsItsSourceSays(name: String) throws {
    let bytes = try Repository.bytes(Repository.samples.appending(path: name))
    #expect(bytes.count < 1_500_000)
    let decoded = try PNG.read(bytes)
    #expect(decoded.notices.isEmpty)
    #expect((decoded.image.channels == .gray) == name.hasSuffix("-gray.png"))
    let size = "\(decoded.image.width) × \(decoded.image.height)"
    #expect(try sources().contains("| `\(name)` | \(size)"))
  }
}
