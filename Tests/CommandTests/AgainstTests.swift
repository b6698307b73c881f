import Foundation
import TestSupport
import Testing
import VAEZip

/// `vaezip evaluate --against`, with stand-ins for the other codecs' programs.
@Suite struct AgainstTests {
  private func run(
    _ command: Command, programs: [String: String], _ arguments: [String] = [],
    against: String = "jpeg", images: [String: Image] = ["a.png": TestImage.make(40, 32)]
  ) throws -> Command.Result {
    let folder = command.directory.appending(path: "programs")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    for (name, script) in programs {
      let file = folder.appending(path: name)
      try Data("#!/bin/sh\n\(script)\n".utf8).write(to: file)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: file.path)
    }
    for (name, image) in images { try command.write(try PNG.write(image), to: name) }
    try command.write(try RandomModel.bytes(), to: "model")
    return try command.run(
      ["evaluate"] + images.keys.sorted() + [
        "--model", "model", "--quality", "0,100", "--against", against, "--json", "report.json",
      ] + arguments, environment: ["PATH": folder.path + ":/usr/bin/none"])
  }

  private func report(_ command: Command) throws -> [String: [[String: Any]]] {
    let object = try JSONSerialization.jsonObject(
      with: Data(contentsOf: command.directory.appending(path: "report.json")))
    return try #require(object as? [String: [[String: Any]]])
  }

  @Test func aMissingProgramIsNamedWithItsPackageAndTheOthersGoOn() throws {
    let command = try Command()
    defer { command.remove() }
    let result = try run(
      command, programs: Self.standIns.merging(["cwebp": "exit 0"]) { $1 }, against: "webp,jpeg")
    #expect(result.status == 1)
    #expect(
      result.error.contains(
        "vaezip: --against webp: dwebp is not installed (Debian: webp)\n"))
    let report = try report(command)
    #expect(report["failures"]?.map { $0["codec"] as? String } == ["webp"])
    #expect(report["results"]?.contains { $0["codec"] as? String == "jpeg" } == true)
  }

  @Test func aProgramThatFailsIsNamedAndTheOthersGoOn() throws {
    let command = try Command()
    defer { command.remove() }
    let result = try run(
      command, programs: Self.standIns.merging(["cwebp": "echo bad luck; exit 3", "dwebp": "exit 0"]) { $1 },
      against: "webp,jpeg")
    #expect(result.status == 1)
    #expect(result.error.contains("vaezip: --against webp: a.png: cwebp -quiet -m 6 -q 0 "))
    #expect(result.error.contains("ended with status 3: bad luck"))
    let report = try report(command)
    let rows = try #require(report["results"]).filter { $0["codec"] as? String == "webp" }
    #expect(rows.count == 1)
    #expect(rows[0]["bytes"] is NSNull)
    #expect((rows[0]["note"] as? String)?.contains("ended with status 3") == true)
    #expect(report["results"]?.filter { $0["codec"] as? String == "jpeg" }.count == 13)
  }

  @Test(
    "Nonsense is no result",
    arguments: [
      ("exit 0", "exit 0", "left no file coded.jpg"),
      ("echo x > \"$7\"", "exit 0", "left no file out.ppm"),
      ("echo x > \"$7\"", "echo P6 nonsense > \"$2\"", "is no picture"),
      (
        "echo x > \"$7\"", "printf 'P5 2 1 255 ab' > \"$2\"",
        "expected a decoded picture of 40×32, found 2×1"
      ),
    ])
  func nonsense(encoder: String, decoder: String, reason: String) throws {
    let command = try Command()
    defer { command.remove() }
    let result = try run(command, programs: ["cjpeg": encoder, "djpeg": decoder])
    #expect(result.status == 1)
    #expect(result.error.contains(reason), "\(result.error)")
    #expect(try report(command)["failures"]?.count == 1)
  }

  @Test func wrongNamesAreUsageErrors() throws {
    let command = try Command()
    defer { command.remove() }
    #expect(try command("evaluate", "a.png", "--against", "bmp").status == 2)
  }

  // cjpeg -optimize -sample 2x2 -quality Q -outfile OUT IN; djpeg -outfile OUT IN. The stand-in keeps as much of
  // the picture as its quality says.
  private static let standIns = [
    "cjpeg": """
    if [ $# -lt 8 ]; then echo 'libjpeg-turbo version 2.1.5 (build 20230203)' >&2; exit 0; fi
    folder=${8%/*}
    size=$(/usr/bin/wc -c < "$8")
    /usr/bin/head -c $((size * ($5 + 3) / 100)) "$8" > "$7"
    """,
    "djpeg": """
    size=$(/usr/bin/wc -c < "$3")
    folder=${3%/*}
    whole=$(/usr/bin/wc -c < "$folder/in.ppm")
    /usr/bin/cat "$3" > "$2"
    /usr/bin/head -c $((whole - size)) /dev/zero >> "$2"
    """,
  ]

  @Test func everyPointIsKept() throws {
    let command = try Command()
    defer { command.remove() }
    let result = try run(
      command, programs: Self.standIns, ["--csv", "points.csv", "--save", "out/decoded"],
      images: ["a.png": TestImage.make(40, 32), "b.png": TestImage.make(33, 20, .gray)])
    #expect(result.status == 0, "\(result.error)")
    #expect(result.error.contains("BD-rate"))
    let report = try report(command)
    let results = try #require(report["results"])
    #expect(results.count == 2 * (2 + 13))
    let codecs = try #require(report["codecs"])
    #expect(codecs.map { $0["name"] as? String } == ["vaezip", "jpeg"])
    #expect(codecs[1]["title"] as? String == "cjpeg -optimize -sample 2x2")
    #expect(codecs[1]["version"] as? String == "2.1.5")
    for row in results {
      for key in [
        "bytes", "bpp", "psnr", "msssim", "ssimulacra2", "butteraugli_3norm", "encode_seconds",
        "decode_seconds",
      ] {
        #expect((row[key] as? Double ?? -1e9) > -1e6, "\(key)")
      }
      let isOwn = row["codec"] as? String == "vaezip"
      #expect((row["effort"] is NSNull) != isOwn && (row["objective"] is NSNull) != isOwn)
      #expect((row["model"] as? String)?.count == (isOwn ? 16 : nil))
    }
    let rate = try #require(report["bd_rates"]?.first)
    #expect(rate["peer"] as? String == "jpeg" && rate["all_pictures"] as? Int == 2)
    let saved = try FileManager.default.contentsOfDirectory(
      atPath: command.directory.appending(path: "out/decoded").path)
    #expect(saved.count == 30)
    #expect(saved.contains("a-vaezip-q100.png") && saved.contains("b-jpeg-q96.png"))
    let decoded = try PNG.read(try command.read("out/decoded/b-jpeg-q96.png")).image
    #expect(decoded.width == 33 && decoded.channels == .gray)

    let lines = String(decoding: try command.read("points.csv"), as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 1 + 30 + 15)
  }

  @Test("Without loss there is a point and no BD-rate")
  func lossless() throws {
    let command = try Command()
    defer { command.remove() }
    let result = try run(
      command, programs: ["optipng": "/usr/bin/cp \"$4\" \"$6\""], against: "png")
    #expect(result.status == 0, "\(result.error)")
    let report = try report(command)
    let rows = try #require(report["results"]).filter { $0["codec"] as? String == "png" }
    #expect(rows.count == 1)
    #expect(rows[0]["quality"] is NSNull && rows[0]["psnr"] is NSNull && rows[0]["mse"] as? Double == 0)
    #expect(rows[0]["decode_seconds"] is NSNull)
    #expect(report["bd_rates"]?.isEmpty == true)
    #expect(report["codecs"]?[1]["lossless"] as? Bool == true)
  }
}
