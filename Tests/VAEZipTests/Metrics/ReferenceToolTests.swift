import Foundation
import TestSupport
import Testing
import VAEZip

private func path(of name: String, or variable: String) -> String? {
  let environment = ProcessInfo.processInfo.environment
  let folders = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
  return ([environment[variable]].compactMap(\.self) + folders)
    .first { FileManager.default.isExecutableFile(atPath: $0) }
}
private let ssimulacra2 = path(of: "ssimulacra2", or: "SSIMULACRA2")
private let butteraugli = path(of: "butteraugli_main", or: "BUTTERAUGLI")

/// Compares with libjxl's tools on a real picture, where they are in the PATH or named by SSIMULACRA2 and BUTTERAUGLI.
@Suite struct ReferenceToolTests {
  /// A sample and a copy of which every value is rounded to a multiple of `step`.
  private func pair(_ step: Int) throws -> (Image, Image) {
    let image = try Repository.sample("coffee.png")
    var copy = image
    copy.pixels = image.pixels.map { UInt8(clamping: Int($0) / step * step + step / 2) }
    return (image, copy)
  }

  /// The numbers that a tool prints about two pictures.
  private func numbers(_ tool: String, _ a: Image, _ b: Image) throws -> [Double] {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "vaezip-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["a.png", "b.png", "out"].map { folder.appending(path: $0) }
    try a.writePNG(to: files[0])
    try b.writePNG(to: files[1])
    try Data().write(to: files[2])
    let process = Process()
    process.executableURL = URL(filePath: tool)
    process.arguments = [files[0].path, files[1].path]
    process.standardOutput = try FileHandle(forWritingTo: files[2])
    try process.run()
    process.waitUntilExit()
    return String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
      .split { $0.isWhitespace || $0 == ":" }.compactMap { Double($0) }
  }

  @Test(
    .enabled(if: ssimulacra2 != nil, "libjxl's ssimulacra2 is not installed"), arguments: [3, 16, 60])
  func scores(step: Int) throws {
    let (a, b) = try pair(step)
    let tool = try #require(ssimulacra2)
    let expected = try #require(try numbers(tool, a, b).first)
    let score = try Metrics.ssimulacra2(a, b)
    // The tool's floats add noise to pictures that are nearly equal.
    #expect(abs(score - expected) < (expected > 90 ? 1 : 0.1), "\(score), \(expected)")
  }

  @Test(
    .enabled(if: butteraugli != nil, "libjxl's butteraugli_main is not installed"),
    arguments: [3, 16, 60])
  func distances(step: Int) throws {
    let (a, b) = try pair(step)
    let tool = try #require(butteraugli)
    let expected = try numbers(tool, a, b)
    let distance = try Metrics.butteraugli(a, b)
    #expect(expected.count >= 2)
    #expect(abs(distance.maximum / expected[0] - 1) < 5e-4, "\(distance), \(expected)")
    #expect(abs(distance.norm3 / (expected.last ?? 0) - 1) < 5e-4, "\(distance), \(expected)")
  }
}
