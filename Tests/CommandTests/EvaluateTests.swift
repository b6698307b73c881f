import Foundation
import TestSupport
import Testing
import VAEZip
import VAEZipEvaluation

@Suite struct EvaluateTests {
  @Test(arguments: [
    [], ["-"], ["x.png", "--quality", "101"], ["x.png", "--quality", "10,,20"],
    ["x.png", "--quality", "fine"], ["x.png", "-T", "-1"], ["x.png", "--csv", "a", "--json", "a"],
    ["x.png", "--nonsense"], ["x.png", "--tile-size", "100"], ["x.png", "--json", "a", "--report", "a"],
    ["x.png", "-q", "0..101"], ["x.png", "-q", "50..10"], ["x.png", "-q", "0..50:0"],
    ["x.png", "-q", "5:2"], ["x.png", "-q", "nan"], ["x.png", "-q", "1..2:0.001"], ["x.png", "-q", "100.1"],
    ["x.png", "--jobs", "-1"], ["x.png", "--report-pictures", "-1"],
  ])
  func wrongOptions(arguments: [String]) throws {
    let command = try Command()
    defer { command.remove() }
    let run = try command.run(["evaluate"] + arguments)
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.error.contains("Usage: vaezip evaluate"))
  }

  @Test func badFilesTakeOneLineEachAndNothingIsWritten() throws {
    let command = try Command()
    defer { command.remove() }
    try FileManager.default.createDirectory(
      at: command.directory.appending(path: "empty"), withIntermediateDirectories: false)
    try command.write(Array("no picture".utf8), to: "text.png")
    let png = try PNG.write(TestImage.make(20, 20))
    try command.write(png, to: "good.png")
    try command.write(Array(png.prefix(300)), to: "cut.png")

    let run = try command(
      "evaluate", "empty", "text.png", "cut.png", "good.png", "none.png", "--csv", "report.csv")
    #expect(run.status == 1)
    #expect(run.output.isEmpty)
    #expect(
      run.errorLines == [
        "vaezip: empty: holds no PNG, JPEG or PPM file",
        "vaezip: text.png: not a PNG, JPEG, PPM, PGM or PAM file: it begins with 6e 6f 20 70 69 63 74 75",
        "vaezip: cut.png: truncated PNG: expected more, found its end at offset 300",
        "vaezip: none.png: No such file or directory",
      ])
    #expect(try command.files() == ["empty", "text.png", "cut.png", "good.png"])
  }

  @Test func badModelsAndUnwritableReports() throws {
    let command = try Command()
    defer { command.remove() }
    try command.write(try PNG.write(TestImage.make(20, 20)), to: "good.png")
    try command.write(try RandomModel.bytes(), to: "model")
    for (arguments, line) in [
      (["--model", "good.png"], "vaezip: good.png: "),
      (["--model", "none"], "vaezip: none: "),
      (["--model", "model", "--json", "none/report.json"], "vaezip: none/report.json: "),
      (["--model", "model", "--csv", "."], "vaezip: .: "),
    ] {
      let run = try command.run(["evaluate", "good.png"] + arguments)
      #expect(run.status == 1)
      #expect(run.output.isEmpty)
      #expect(run.errorLines.count == 1)
      #expect(run.error.hasPrefix(line))
    }
    #expect(try command.files() == ["good.png", "model"])
  }

  @Test func reports() throws {
    let command = try Command()
    defer { command.remove() }
    try FileManager.default.createDirectory(
      at: command.directory.appending(path: "set"), withIntermediateDirectories: false)
    try command.write(try PNG.write(TestImage.make(45, 31)), to: "set/b.png")
    try command.write(try PNG.write(TestImage.make(32, 70, .gray)), to: "set/a.PNG")
    try command.write(Array("not looked at".utf8), to: "set/c.txt")
    try command.write(try RandomModel.bytes(), to: "model")

    let run = try command(
      "evaluate", "set", "--model", "model", "--quality", "80,20", "--csv", "r.csv", "--json",
      "r.json")
    #expect(run.status == 0)
    #expect(run.error.isEmpty)
    let rows = run.text.split(separator: "\n").map { $0.split(separator: " ").prefix(2) }
    #expect(
      rows == [
        ["file", "q"], ["a.PNG", "80"], ["a.PNG", "20"], ["b.png", "80"], ["b.png", "20"],
        ["mean", "80"], ["mean", "20"],
      ])

    let table = String(decoding: try command.read("r.csv"), as: UTF8.self)
      .split(separator: "\n").map { $0.split(separator: ",") }
    #expect(table.first?.map(String.init) == EvaluationPoint.columns)
    #expect(
      table.map { $0[0] } == [
        "file", "set/a.PNG", "set/a.PNG", "set/b.png", "set/b.png", "mean", "mean",
      ])
    let object = try JSONSerialization.jsonObject(with: Data(try command.read("r.json")))
    let report = try #require(object as? [String: [[String: Any]]])
    let (results, means) = (try #require(report["results"]), try #require(report["means"]))
    #expect(results.count == 4)
    #expect(report["bd_rates"]?.isEmpty == true && report["failures"]?.isEmpty == true)
    #expect(means.compactMap { $0["quality"] as? Int } == [80, 20])

    // `compress` makes a file of the reported size.
    let compress = try command("compress", "set/b.png", "--model", "model", "-q", "80")
    #expect(compress.status == 0)
    let bytes = Double(try command.read("set/b.vz").count)
    // Foundation's JSON reader rounds the last digit wrongly.
    let reported = try #require(results[2]["bpp"] as? Double)
    #expect(abs(reported - bytes * 8 / (45 * 31)) < 1e-12)
  }

  @Test func tilesHaveTheSizeThatCompressGivesThem() throws {
    let command = try Command()
    defer { command.remove() }
    try command.write(try PNG.write(TestImage.make(150, 130)), to: "a.png")
    try command.write(try RandomModel.bytes(), to: "model")
    func bytes(_ options: [String]) throws -> Int {
      let options = ["--model", "model"] + options
      let run = try command.run(
        ["evaluate", "a.png", "-q", "50", "--csv", "r.csv"] + options)
      #expect(run.status == 0)
      let rows = String(decoding: try command.read("r.csv"), as: UTF8.self).split(separator: "\n")
      let fields = rows[1].split(separator: ",", omittingEmptySubsequences: false)
      let place = try #require(EvaluationPoint.columns.firstIndex(of: "bpp"))
      let bitsPerPixel = try #require(Double(fields[place]))
      let compress = try command.run(["compress", "-f", "a.png", "-q", "50"] + options)
      #expect(compress.status == 0, "\(compress.error)")
      let count = try command.read("a.vz").count
      #expect(abs(bitsPerPixel - Double(count) * 8 / (150 * 130)) < 1e-4)
      return count
    }
    #expect(try bytes(["--tile-size", "64"]) != bytes([]))
  }

  @Test("lossless is a codec of its own, of which compress makes the same file")
  func lossless() throws {
    let command = try Command()
    defer { command.remove() }
    try command.write(try PNG.write(TestImage.make(70, 30)), to: "a.png")
    let run = try command("evaluate", "a.png", "-q", "30,lossless", "--csv", "r.csv", "--report", "r.html")
    #expect(run.status == 0 && run.errorLines.isEmpty)
    let rows = String(decoding: try command.read("r.csv"), as: UTF8.self).split(separator: "\n")
      .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    #expect(rows.map { $0[2] } == ["codec", "vaezip", "vaezip-lossless", "vaezip", "vaezip-lossless"])
    func cell(_ name: String) throws -> String {
      rows[2][try #require(EvaluationPoint.columns.firstIndex(of: name))]
    }
    let (psnr, quality, bytes) = (try cell("psnr"), try cell("quality"), try cell("bytes"))
    #expect(psnr.isEmpty && quality.isEmpty)
    #expect(try command("compress", "--lossless", "a.png").status == 0)
    let count = try command.read("a.vz").count
    #expect(Double(bytes) == Double(count))
  }

  @Test("Qualities with fractions, and pictures that are no PNG, are measured as compress codes them")
  func fractionsAndOtherKinds() throws {
    let command = try Command()
    defer { command.remove() }
    try FileManager.default.createDirectory(
      at: command.directory.appending(path: "set"), withIntermediateDirectories: false)
    for name in ["color.jpg", "gray.pgm"] {
      try FileManager.default.copyItem(
        at: Repository.root.appending(path: "Tests/Golden/JPEG/\(name)"),
        to: command.directory.appending(path: "set/\(name)"))
    }
    // By content: a PPM without an extension counts, a text does not.
    try command.write(Array("P6\n30 20\n255\n".utf8) + TestImage.make(30, 20).pixels, to: "set/ppm")
    try command.write(Array("no picture".utf8), to: "set/text")
    try command.write(try RandomModel.bytes(), to: "model")
    let run = try command(
      "evaluate", "set", "--model", "model", "-q", "40..41:0.5", "--csv", "r.csv", "--save", "out")
    #expect(run.status == 0 && run.errorLines.isEmpty, "\(run.error)")
    let rows = String(decoding: try command.read("r.csv"), as: UTF8.self).split(separator: "\n")
      .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    #expect(rows.count == 13)
    let (files, qualities) = (rows.map { $0[0] }, rows.map { $0[5] })
    #expect(qualities[1...3] == ["40", "40.5", "41"])
    let count = files.count { $0 == "set/ppm" }
    #expect(count == 3)
    #expect(FileManager.default.fileExists(atPath: command.directory.path + "/out/gray-vaezip-q40.5.png"))
    let place = try #require(EvaluationPoint.columns.firstIndex(of: "bytes"))
    for (row, name) in [(2, "color.jpg"), (5, "gray.pgm")] {
      let options = ["--model", "model", "-q", "40.5", "--strip", "-f", "-o", "a.vz"]
      #expect(try command.run(["compress", "set/\(name)"] + options).status == 0)
      #expect(rows[row][place] == "\(try command.read("a.vz").count)", "\(name)")
    }
  }

  @Test func reportOnStandardOutput() throws {
    let command = try Command()
    defer { command.remove() }
    try command.write(try PNG.write(TestImage.make(20, 20)), to: "good.png")
    try command.write(try RandomModel.bytes(), to: "model")
    let run = try command(
      "evaluate", "good.png", "--model", "model", "--quality", "50", "--csv", "-")
    #expect(run.status == 0)
    #expect(run.text.split(separator: "\n").count == 3)
    #expect(run.text.hasPrefix("file,kind,codec,version,setting,quality,"))
    #expect(run.errorLines.count == 3)
  }

  @Test("Directories in directories, ranges of qualities, and one file named twice")
  func recursion() throws {
    let command = try Command()
    defer { command.remove() }
    try FileManager.default.createDirectory(
      at: command.directory.appending(path: "set/inner/.hidden"), withIntermediateDirectories: true)
    for name in ["set/b.png", "set/inner/a.png", "set/inner/.hidden/c.png"] {
      try command.write(try PNG.write(TestImage.make(20, 20)), to: name)
    }
    try command.write(try RandomModel.bytes(), to: "model")
    let run = try command(
      "evaluate", "-r", "set", "set/b.png", "--model", "model", "-q", "90,0..60:30", "--csv", "-")
    #expect(run.status == 0, "\(run.error)")
    let rows = run.text.split(separator: "\n").dropFirst().map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(rows.map { $0[5] } == ["90", "0", "30", "60", "90", "0", "30", "60", "90", "0", "30", "60"])
    #expect(rows.map { $0[0] }[3...4] == ["set/b.png", "set/inner/a.png"])
  }

  @Test("The page has the points, published curves and pictures")
  func page() throws {
    let command = try Command()
    defer { command.remove() }
    for name in ["a.png", "b.png"] {
      try command.write(try PNG.write(TestImage.make(50, 40)), to: name)
    }
    try command.write(try RandomModel.bytes(), to: "model")
    try command.write(Array("codec,bpp,psnr\nVTM,0.5,32\nVTM,1,35\n".utf8), to: "curves.csv")
    let run = try command(
      "evaluate", "a.png", "b.png", "--model", "model", "-q", "20,80", "--report", "page.html",
      "--report-pictures", "1", "--curves", "curves.csv")
    #expect(run.status == 0, "\(run.error)")
    let page = String(decoding: try command.read("page.html"), as: UTF8.self)
    #expect(page.components(separatedBy: "class=\"picture\"").count == 2)
    #expect(page.contains("\"codec\":\"VTM\""))
    let seconds = try #require(page.firstMatch(of: /"encode_seconds":([0-9.e-]+)/))
    #expect(try #require(Double(seconds.1)) > 0)

    try command.write(Array("codec,bpp\nVTM,0.5\n".utf8), to: "curves.csv")
    let bad = try command("evaluate", "a.png", "--model", "model", "--curves", "curves.csv")
    #expect(bad.status == 1)
    #expect(
      bad.errorLines == [
        "vaezip: curves.csv: expected the columns codec, bpp and a metric's in line 1, found codec,bpp"
      ])
  }
}
