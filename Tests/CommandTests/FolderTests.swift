import Foundation
import TestSupport
import Testing
import VAEZip

/// Trees of folders go through compress, verify and decompress, and a killed run goes on where it was.
/// `Tests/Folders/run` does the same with a thousand pictures and the built-in model.
@Suite("folders", .serialized)
struct FolderTests {
  let vaezip: Command
  /// The pictures' paths below `in`, in the order of their names.
  private let pictures: [String]

  init() throws {
    vaezip = try Command()
    try vaezip.write(RandomModel.bytes(), to: "model")
    var pictures: [String] = []
    let manager = FileManager.default
    for (index, folder) in ["", "2023/", "2023/may/", "2024/", "2024/a b/c/"].enumerated() {
      try manager.createDirectory(
        at: vaezip.directory.appending(path: "in/" + folder), withIntermediateDirectories: true)
      for number in 0..<12 {
        let name = "\(folder)p\(number).png"
        let image = TestImage.make(20 + 3 * number, 30 + index, number % 2 == 0 ? .rgb : .gray)
        try vaezip.write(PNG.write(image), to: "in/" + name)
        pictures.append(name)
      }
    }
    try vaezip.write(Array("notes\n".utf8), to: "in/2023/notes.txt")
    self.pictures = pictures.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private func run(_ body: () throws -> Void) throws {
    defer { vaezip.remove() }
    try body()
  }

  private func files(in folder: String, _ ending: String) throws -> [String] {
    let root = vaezip.directory.appending(path: folder)
    return try FileManager.default.subpathsOfDirectory(atPath: root.path)
      .filter { $0.hasSuffix(ending) }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func vz(_ name: String) -> String { name.dropLast(3) + "vz" }

  /// The objects that `--json` printed, one a line.
  private func objects(_ result: Command.Result) throws -> [[String: Any]] {
    try result.text.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  @Test("a tree to a tree and back, each file as if it were alone, in the order of names")
  func tree() throws {
    try run {
      let compressed = try vaezip(
        "compress", "--json", "--model", "model", "-r", "in", "--output-dir", "out/vz")
      #expect(compressed.status == 0, "\(compressed.error)")
      #expect(try files(in: "out/vz", "").filter { $0.hasSuffix(".vz") } == pictures.map(Self.vz))
      let reports = try objects(compressed)
      #expect(reports.map { $0["input"] as? String } == pictures.map { "in/" + $0 })
      #expect(reports.allSatisfy { $0["status"] as? String == "ok" })
      for report in reports {
        let output = try #require(report["output"] as? String)
        #expect(report["output_bytes"] as? Int == (try vaezip.read(output).count))
      }
      #expect(compressed.errorLines.count == 1)
      #expect(
        compressed.error.hasPrefix("60 files: 60 compressed, 1 of other kinds passed over; "),
        "\(compressed.error)")
      for name in [pictures[0], pictures[31], pictures[59]] {
        #expect(
          try vaezip("compress", "-f", "-T1", "--model", "model", "in/\(name)", "-o", "one.vz").status == 0)
        #expect(try vaezip.read("one.vz") == vaezip.read("out/vz/" + Self.vz(name)))
      }

      let verified = try vaezip("verify", "--model", "model", "-r", "out")
      #expect(verified.status == 0)
      #expect(
        verified.errorLines.dropLast().map { $0.prefix { $0 != ":" } }
          == pictures.map { "out/vz/\(Self.vz($0))"[...] })
      #expect(verified.errorLines.last?.hasPrefix("60 files: 60 right; ") == true)

      let decompressed = try vaezip(
        "decompress", "--quiet", "--model", "model", "-r", "out/vz", "-o", "back/")
      #expect(decompressed.status == 0)
      #expect(decompressed.error.isEmpty)
      #expect(try files(in: "back", ".png") == pictures)
      for name in pictures {
        let (a, b) = try (PNG.read(vaezip.read("in/" + name)), PNG.read(vaezip.read("back/" + name)))
        #expect((a.image.width, a.image.height) == (b.image.width, b.image.height))
      }
      #expect(
        try vaezip("decompress", "-f", "--model", "model", "out/vz/p3.vz", "-o", "p3.png").status == 0)
      #expect(try vaezip.read("p3.png") == vaezip.read("back/p3.png"))
    }
  }

  @Test("beside the inputs; a damaged file is reported in its place and does not stop the others")
  func beside() throws {
    try run {
      try vaezip.write([1, 2, 3], to: "in/2023/p5.png")
      let compressed = try vaezip("compress", "--json", "--model", "model", "-r", "in/2023")
      #expect(compressed.status == 1)
      let reports = try objects(compressed)
      #expect(reports.count == 24)
      let failed = reports.filter { $0["status"] as? String == "failed" }
      #expect(failed.map { $0["input"] as? String } == ["in/2023/p5.png"])
      #expect((failed.first?["error"] as? String)?.contains("not a PNG, JPEG") == true)
      #expect(compressed.errorLines.first?.hasPrefix("vaezip: in/2023/p5.png: not a PNG, JPEG") == true)
      #expect(compressed.error.contains("24 files: 23 compressed, 1 failed, 1 of other kinds"))
      #expect(try files(in: "in", ".vz").count == 23)

      var bytes = try vaezip.read("in/2023/p4.vz")
      bytes[bytes.count - 1] ^= 1
      try vaezip.write(bytes, to: "in/2023/p4.vz")
      // Its signature is gone, but not its name.
      try vaezip.write([0] + vaezip.read("in/2023/p6.vz").dropFirst(), to: "in/2023/p6.vz")
      let verified = try vaezip("verify", "--quiet", "--model", "model", "-r", "in/2023")
      #expect(verified.status == 1)
      #expect(
        verified.errorLines.map { String($0.prefix(24)) }
          == ["vaezip: in/2023/p4.vz: w", "vaezip: in/2023/p6.vz: n"])
    }
  }

  /// Runs a command again and again, and kills it each time after some more outputs, until it ends by itself.
  ///
  /// The first run is killed at once. Later ones are killed by what they have done and not by time, so that
  /// machines of any speed see kills in the middle of the work.
  ///
  /// - Returns: how often it was killed.
  private func runThroughKills(_ arguments: [String], outputs folder: String, _ ending: String) throws -> Int
  {
    let count = { (try? files(in: folder, ending).count) ?? 0 }
    var random = SplitMix64(7)
    var kills = 0
    while true {
      let process = vaezip.makeProcess(arguments, environment: ["VAEZIP_ISA": "scalar"])
      process.standardError = FileHandle.nullDevice
      let due = kills == 0 ? 0 : count() + Int.random(in: 1..<8, using: &random)
      try process.run()
      while process.isRunning, count() < due { usleep(200) }
      if kills > 0 { usleep(UInt32.random(in: 0..<4000, using: &random)) }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      if process.terminationReason == .exit {
        #expect(process.terminationStatus == 0)
        return kills
      }
      kills += 1
      try #require(kills < 200)
    }
  }

  @Test("killed and run again with --skip-existing: the same end, nothing done twice")
  func resume() throws {
    try run {
      let whole = ["compress", "--quiet", "--model", "model", "-r", "in", "--output-dir"]
      #expect(try vaezip.run(whole + ["right"]).status == 0)
      let kills = try runThroughKills(whole + ["out", "--skip-existing"], outputs: "out", ".vz")
      #expect(kills > 0)
      #expect(try files(in: "out", "") == files(in: "right", ""))
      for name in pictures.map(Self.vz) {
        #expect(try vaezip.read("out/" + name) == vaezip.read("right/" + name), "\(name)")
      }
      let again = try vaezip.run(whole + ["out", "--skip-existing", "--json"])
      #expect(again.status == 0)
      #expect(try objects(again).allSatisfy { $0["status"] as? String == "skipped" })
    }
  }

  @Test("killed and run again with --rm: no picture is lost, and in the end no input is left")
  func removal() throws {
    try run { () throws in
      let options = ["--quiet", "--model", "model", "-r", "--skip-existing", "--rm"]
      #expect(
        try vaezip("compress", "--quiet", "--model", "model", "-r", "in", "--output-dir", "right").status == 0
      )
      #expect(try runThroughKills(["compress"] + options + ["in", "-o", "out/"], outputs: "out", ".vz") > 0)
      #expect(try files(in: "in", ".png").isEmpty)
      #expect(try files(in: "in", ".txt") == ["2023/notes.txt"])
      for name in pictures.map(Self.vz) {
        #expect(try vaezip.read("out/" + name) == vaezip.read("right/" + name), "\(name)")
      }
      #expect(
        try runThroughKills(["decompress"] + options + ["out", "-o", "back/"], outputs: "back", ".png") > 0)
      #expect(try files(in: "out", ".vz").isEmpty)
      #expect(try files(in: "back", ".png") == pictures)
    }
  }

  @Test("--rm keeps what it is not sure of")
  func kept() throws {
    try run {
      // An output that is there and was made of another input.
      try vaezip.write([1], to: "in/p0.vz")
      let other = try vaezip("compress", "--rm", "--skip-existing", "--model", "model", "in/p0.png")
      #expect(other.status == 0)
      #expect(other.error.contains("in/p0.vz exists and has another time, so --rm keeps the input"))
      #expect(try files(in: "in", "p0.png").contains("p0.png"))
      // One that has the input's time and does not decode.
      let time = try FileManager.default.attributesOfItem(
        atPath: vaezip.directory.appending(path: "in/p0.png").path)[.modificationDate]
      try vaezip.write(Array("no picture".utf8), to: "in/p0.vz")
      _ = try vaezip.shell("touch -r in/p0.png in/p0.vz")
      #expect(time != nil)
      let damaged = try vaezip("compress", "--rm", "--skip-existing", "--model", "model", "in/p0.png")
      #expect(damaged.status == 1)
      #expect(damaged.error.hasPrefix("vaezip: in/p0.vz: not a .vz file"), "\(damaged.error)")
      // Tiles that were replaced.
      #expect(try vaezip("compress", "--model", "model", "in/p1.png", "-o", "cut.vz").status == 0)
      try vaezip.write(Array(vaezip.read("cut.vz").dropLast(20)), to: "cut.vz")
      #expect(try vaezip("decompress", "--keep-going", "--rm", "--model", "model", "cut.vz").status == 3)
      #expect(try vaezip.files().isSuperset(of: ["cut.vz", "cut.png"]))
      // A pipe.
      let pipe = try vaezip.shell("$V compress --rm --model model in/p1.png -o /dev/fd/1 | cat")
      #expect(pipe.error.contains("--rm needs an output that stays"), "\(pipe.error)")
      #expect(try files(in: "in", "p1.png").contains("p1.png"))
      for arguments in [["in/p1.png", "-o", "-"], ["-"]] {
        #expect(try vaezip.run(["compress", "--rm"] + arguments).status == 2)
      }
      let removed = try vaezip("compress", "--rm", "--model", "model", "in/p1.png", "in/p2.png")
      #expect(removed.status == 0)
      #expect(removed.error.contains("2 files: 2 compressed, 2 inputs removed; "), "\(removed.error)")
      #expect(try files(in: "in", ".vz").filter { ["p1.vz", "p2.vz"].contains($0) }.count == 2)
    }
  }

  @Test("lists of files: lines or NUL, from files or pipes, names of any bytes")
  func lists() throws {
    try run {
      let bytes = try vaezip.shell(
        #"""
        mkdir $'in/d\xe9'; cp in/p1.png $'in/d\xe9/a\nb\xff.png'
        (cd in; find . -name '*.png' -print0) >list
        cd in; $V compress --quiet --model ../model --filelist ../list --output-dir ../out
        test -f $'../out/d\xe9/a\nb\xff.vz' && cmp $'../out/d\xe9/a\nb\xff.vz' ../out/p1.vz
        """#)
      #expect(bytes.status == 0, "\(bytes.error)")
      #expect(try files(in: "out", ".vz").count == 61)
      let lines = try vaezip.shell(
        "printf 'in/p1.png\\n\\nin/2024/a b/c/p2.png\\nin/p1.png\\n' | $V compress --model model --filelist -"
      )
      #expect(lines.status == 0, "\(lines.error)")
      #expect(lines.error.contains("2 files: 2 compressed"))
      #expect(try files(in: "in", ".vz") == ["2024/a b/c/p2.vz", "p1.vz"])
      let inner = try vaezip.shell(
        "printf 'in/2023\\nin/none.png\\n' | $V compress -r --model model --filelist - --output-dir out2")
      #expect(inner.status == 1)
      #expect(inner.error.contains("vaezip: in/none.png: No such file"))
      #expect(inner.error.contains("25 files: 24 compressed, 1 failed"), "\(inner.error)")
      let empty = try vaezip.shell("$V compress --model model --filelist - </dev/null")
      #expect(empty.status == 0)
      let above = try vaezip.shell("echo ../x.png | $V compress --model model --filelist - --output-dir out3")
      #expect(above.status == 1)
      #expect(above.error.contains("has .. in its path"))
    }
  }

  @Test("a terminal shows the progress in its last line", .enabled(if: Command.can("script --version")))
  func terminal() throws {
    try run {
      let result = try vaezip.shell(
        "script -qec '$V compress -T1 --model model -r in -o out/' /dev/null </dev/null")
      #expect(result.status == 0)
      // Count, bytes, rate; removed before each line of a file, and at the end.
      let line = /\r\u{1b}\[2K\d+\/60, [0-9.]+ (bytes|kB|MB)[^\r\n]*\/s[^\r\n]*/
      #expect(result.text.contains(line), "\(result.text.prefix(2000))")
      let last = try #require(result.text.split(separator: "\r\n").last)
      #expect(
        last.hasPrefix("60 files: 60 compressed") || last.hasPrefix("\r\u{1b}[2K60 files: 60 compressed"))
      // In order, whatever is between.
      let names = result.text.matches(of: /in\/\S* ?\S*\.png →/).map { String($0.output.dropLast(2)) }
      #expect(names == pictures.map { "in/" + $0 })
      let quiet = try vaezip.shell(
        "script -qec '$V compress --quiet --model model -r in -o out2/' /dev/null </dev/null")
      #expect(quiet.text.isEmpty)
    }
  }

  @Test(
    "memory of all files at work stays below the limit for one",
    .enabled(if: Command.can("test -d /proc/self")))
  func memory() throws {
    #if os(Linux)
    try run {
      for number in 0..<4 {
        try vaezip.write(PNG.write(TestImage.make(4096, 96 + number)), to: "in/w\(number).png")
      }
      let file = try vaezip.read("in/w3.png")
      let encoder = try ImageEncoder(
        model: Model(contentsOf: RandomModel.bytes()), options: EncoderOptions(threads: 1))
      let one =
        try PNG.Reader(pulling: file, step: .max).memoryEstimate
        + encoder.memoryEstimate(width: 4096, height: 99, format: .rgb)
      // So little that two do not fit.
      let limit = one + one / 16
      let many = try vaezip.peak(
        ["compress", "-f", "-T4", "--max-memory", "\(limit)", "--model", "model"]
          + (0..<4).map { "in/w\($0).png" })
      #expect(many.status == 0)
      #expect(many.bytes < limit, "\(many.bytes >> 20) of \(limit >> 20) MiB")
    }
    #endif
  }
}
