import Foundation
import TestSupport
import Testing
import VAEZip

/// `vaezip compare`.
@Suite struct CompareTests {
  @Test func metricsOfTwoPictures() throws {
    let command = try Command()
    defer { command.remove() }
    let a = TestImage.make(40, 30)
    var b = a
    b.pixels[100] ^= 64
    try command.write(try PNG.write(a), to: "a.png")
    try command.write(try PNG.write(b), to: "b.png")
    let run = try command("compare", "a.png", "b.png", "-o", "d.png", "--gain", "3")
    #expect(run.status == 0, "\(run.error)")
    let psnr = String(format: "%.3f dB", try Metrics.psnr(a, b))
    #expect(run.text.contains("a.png: 40 × 30, RGB, 8 bits, "))
    #expect(run.text.contains("\n  PSNR                \(psnr)\n"), "\(run.text)")
    #expect(run.text.contains("\n  Butteraugli 3-norm  "))
    let difference = try PNG.read(try command.read("d.png")).image
    #expect(difference.pixels.enumerated().allSatisfy { $1 == ($0 == 100 ? 192 : 0) })

    let json = try command("compare", "a.png", "b.png", "--json")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any])
    let metrics = try #require(object["metrics"] as? [String: Any])
    #expect(abs(try #require(metrics["psnr"] as? Double) - Metrics.psnr(a, b)) < 1e-9)
    #expect(metrics.count == 8)
    let same = try command("compare", "a.png", "a.png")
    #expect(same.text.contains("PSNR                infinite"))
    // A second run does not replace the file unasked.
    #expect(try command("compare", "a.png", "b.png", "-o", "d.png").status == 1)
    #expect(try command("compare", "a.png", "b.png", "-f", "-o", "b.png").status == 1)
    #expect(try command.read("b.png") == PNG.write(b))
  }

  @Test func filesOfOtherKinds() throws {
    let command = try Command()
    defer { command.remove() }
    try command.write(try PNG.write(TestImage.make(40, 30, .gray, alpha: true)), to: "a.png")
    try command.write(try PNG.write(TestImage.make(40, 30, alpha: true, depth: .sixteen)), to: "b.png")
    try command.write(try RandomModel.bytes(), to: "model")
    #expect(try command("compress", "a.png", "--model", "model", "-q", "80").status == 0)
    let decoded = try command("compare", "a.png", "a.vz", "--model", "model")
    #expect(decoded.status == 0, "\(decoded.error)")
    #expect(decoded.text.contains("alpha               equal"))
    let mixed = try command("compare", "a.png", "b.png")
    #expect(mixed.status == 0, "\(mixed.error)")
    #expect(mixed.text.contains("alpha               differs"))
    #expect(try command("compare", "a.png", "a.vz").error.hasPrefix("vaezip: a.vz: "))
  }

  @Test func faults() throws {
    let command = try Command()
    defer { command.remove() }
    try command.write(try PNG.write(TestImage.make(40, 30)), to: "a.png")
    try command.write(try PNG.write(TestImage.make(30, 40)), to: "b.png")
    try command.write(Array("text".utf8), to: "c.png")
    try command.write([0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3], to: "d.jpg")
    for (file, reason) in [
      ("b.png", "a.png, b.png: images of different shapes cannot be compared: 40×30 rgb, 30×40 rgb"),
      ("c.png", "c.png: no PNG, JPEG, PPM, PGM, PAM or .vz file"),
      ("none", "none: No such file or directory"),
      ("d.jpg", "d.jpg: "),
    ] {
      let run = try command("compare", "a.png", file, "-o", "out.png")
      #expect(run.status == 1 && run.output.isEmpty)
      #expect(run.errorLines.count == 1 && run.error.hasPrefix("vaezip: " + reason), "\(run.error)")
    }
    #expect(!(try command.files().contains("out.png")))
    #expect(try command("compare", "a.png").status == 2)
    #expect(try command("compare", "a.png", "b.png", "--gain", "0").status == 2)
  }
}
