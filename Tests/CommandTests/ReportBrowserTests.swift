import Foundation
import TestSupport
import Testing
import VAEZip
import VAEZipEvaluation

private let browser: String? = {
  let folders = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"
  let names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
  return names.flatMap { name in folders.split(separator: ":").map { "\($0)/\(name)" } }
    .first { FileManager.default.isExecutableFile(atPath: $0) }
}()

/// The page of `evaluate --report` in headless Chromium, at the widths of a phone and of a desk.
@Suite(
  .enabled(
    if: browser != nil,
    "Chromium is not installed (Debian: chromium-headless-shell or chromium)"))
struct ReportBrowserTests {
  /// Two pictures, vaezip and a peer whose files are twice as large, a failure and a published curve.
  private func page() throws -> String {
    var report = EvaluationReport(codecs: [
      .init(name: "vaezip", title: "vaezip -e 3", version: "1.0"),
      .init(name: "jpeg", title: "cjpeg", version: "2.1"),
    ])
    var pictures: [ReportPicture] = []
    for (file, kind) in [("a.png", PictureKind.photograph), ("b.png", .graphic)] {
      let image = TestImage.make(400, 260)
      var picture = ReportPicture(of: image, file: file, kind: kind)
      for (codec, factor) in [("vaezip", 1.0), ("jpeg", 2.0)] {
        for quality in [20, 50, 80] {
          let setting = "\(codec) -q \(quality)"
          let size = factor * Double(quality * quality)
          report.results.append(
            EvaluationPoint(
              file: file, kind: kind, codec: codec, version: "1", setting: setting,
              quality: Double(quality), width: 400, height: 260,
              figures: [
                .bytes: size * 13, .bpp: size / 1000, .psnr: 20 + Double(quality) / 4,
                .ssimulacra2: Double(quality), .butteraugliNorm: 3 - Double(quality) / 40,
                .msssim: 1 - 1 / Double(quality), .encodeSeconds: 0.1 * factor,
                .decodeSeconds: 0.05, .encodePeakBytes: 2e7,
              ]))
          var decoded = image
          for place in stride(from: 0, to: decoded.pixels.count, by: 97) {
            decoded.pixels[place] ^= UInt8(100 - quality)
          }
          picture.add(decoded, codec: codec, setting: setting)
        }
      }
      pictures.append(picture)
    }
    report.failures = [.init(codec: "webp", reason: "dwebp is not installed")]
    report.published = [1.0, 2].map {
      EvaluationPoint(
        file: "published", codec: "VTM", setting: "published",
        figures: [.bpp: $0, .psnr: 30 + $0], note: "Kodak")
    }
    let html = try ReportPage(report, pictures: pictures, facts: [("model", "0123")]).html()
    return String(decoding: html, as: UTF8.self)
  }

  /// What the checks in the page say: by name, "ok" or what is wrong.
  private func outcome(width: Int, height: Int) throws -> [String: String] {
    let command = try Command()
    defer { command.remove() }
    let script = try String(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "report-checks.js"), encoding: .utf8)
    let page = try page()
      .replacingOccurrences(of: "<head>", with: "<head><script>\(Self.listener)</script>")
      .replacingOccurrences(of: "</body>", with: "<script>\(script)</script></body>")
    try command.write(Array(page.utf8), to: "page.html")
    let output = command.directory.appending(path: "dom.html")
    try command.write([], to: "dom.html")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(browser))
    process.arguments = [
      "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--virtual-time-budget=20000",
      "--window-size=\(width),\(height)", "--user-data-dir=\(command.directory.path)/profile",
      "file://\(command.directory.path)/page.html",
    ]
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let dom = String(decoding: try command.read("dom.html"), as: UTF8.self)
    let begin = try #require(dom.range(of: "<pre id=\"outcome\">"), "the checks did not end")
    let rest = dom[begin.upperBound...]
    let end = try #require(rest.range(of: "</pre>"))
    let text = rest[..<end.lowerBound].replacingOccurrences(of: "&gt;", with: ">")
      .replacingOccurrences(of: "&lt;", with: "<").replacingOccurrences(of: "&amp;", with: "&")
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
    return try #require(object as? [String: String])
  }

  /// Collects errors, before any other script runs.
  private static let listener = """
    window.faults = [];
    addEventListener("error", (event) => faults.push(event.message));
    addEventListener("unhandledrejection", (event) => faults.push(String(event.reason)));
    addEventListener("securitypolicyviolation", (event) => faults.push(event.blockedURI + event.violatedDirective));
    console.error = (...words) => faults.push(words.join(" "));
    """

  @Test("Points, slider and keys", arguments: [(390, 844), (1280, 900)])
  func checks(width: Int, height: Int) throws {
    let outcome = try outcome(width: width, height: height)
    #expect(outcome.count >= 14)
    for (name, result) in outcome { #expect(result == "ok", "\(name): \(result)") }
  }
}
