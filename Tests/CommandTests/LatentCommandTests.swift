import Foundation
import TestSupport
import Testing
import VAEZip

/// The commands that look at latents: features, sample, interpolate, anomaly.
@Suite struct LatentCommandTests {
  private let command: Command

  init() throws {
    command = try Command()
    for (name, seed) in [("a", 7), ("b", 8), ("c", 9)] {
      try command.write(try PNG.write(TestImage.make(96, 80, seed: UInt64(seed))), to: "\(name).png")
    }
    try command.write(try PNG.write(TestImage.make(64, 64)), to: "small.png")
    try command.write(RandomModel.bytes(seed: 3), to: "random.model")
    _ = try command("compress", "-q", "60", "a.png", "-o", "a.vz")
    _ = try command("compress", "--lossless", "a.png", "-o", "exact.vz")
  }

  /// One line on standard error that names the file, exit status 1, and nothing new in the folder.
  private func expectFailure(_ arguments: String..., names text: String) throws {
    let before = try command.files()
    let result = try command.run(arguments)
    #expect(result.status == 1, "\(arguments)")
    #expect(result.errorLines.count == 1, "\(arguments): \(result.error)")
    #expect(result.error.contains(text), "\(arguments): \(result.error)")
    #expect(result.output.isEmpty)
    #expect(try command.files().subtracting(before).allSatisfy { $0 == "out" })
  }

  // MARK: features

  @Test("JPEG and Netpbm are read by content, in folders too")
  func otherKinds() throws {
    defer { command.remove() }
    try FileManager.default.createDirectory(
      at: command.directory.appending(path: "set"), withIntermediateDirectories: false)
    let golden = Repository.golden.appending(path: "JPEG")
    for (name, target) in [("color.jpg", "photo"), ("color.ppm", "same.png"), ("gray.pgm", "gray.pgm")] {
      try command.write(try Repository.bytes(golden.appending(path: name)), to: "set/" + target)
    }
    let run = try command("features", "set", "--kind", "bits", "-q", "40.5", "--format", "jsonl", "-o", "-")
    #expect(run.status == 0, "\(run.error)")
    #expect(run.text.split(separator: "\n").count == 3)
    #expect(try command("similar", "set").text == "set/photo\nset/same.png\n")
    #expect(try command("anomaly", "fit", "a.png", "set/photo", "-o", "normal.json").status == 0)
    #expect(try command("compare", "set/photo", "set/same.png").text.contains("infinite"))
    #expect(try command("interpolate", "set/photo", "set/same.png", "-o", "frames").status == 0)
    #expect(try command("sample", "--from", "set/photo", "--count", "1", "-o", "samples").status == 0)
    #expect(try PNG.read(command.read("samples/sample-0.png")).image.width == 41)
  }

  @Test func featuresAreWrittenInThreeFormats() throws {
    defer { command.remove() }
    #expect(try command("features", "a.png", "b.png", "a.vz", "-o", "pooled.npy").status == 0)
    let array = try command.read("pooled.npy")
    #expect(array.starts(with: [0x93] + Array("NUMPY".utf8)))
    let length = Int(array[8]) | Int(array[9]) << 8
    let header = String(decoding: array[10..<10 + length], as: UTF8.self)
    #expect(header.contains("'<f4'") && header.contains("(3, 640,)") && (10 + length) % 64 == 0)
    #expect(array.count == 10 + length + 4 * 3 * 640)

    #expect(try command("features", "a.vz", "--kind", "bits", "-o", "bits.npy").status == 0)
    #expect(String(decoding: try command.read("bits.npy"), as: UTF8.self).contains("(5, 6,)"))

    #expect(try command("features", "a.png", "a.vz", "-o", "all.safetensors").status == 0)
    let file = try SafetensorsFile(parsing: command.read("all.safetensors"))
    #expect(file.tensors["a.png/latents"]?.shape == [5, 6, 320])
    #expect(file.tensors["a.vz/hyper"]?.shape == [2, 2, 128])
    #expect(file.tensors["a.vz/expected"]?.shape == [5, 6])
    #expect(file.metadata["unit bits"] == "bits" && file.metadata["model a.vz"] == "1d495404b69cb42d")

    let lines = try command("features", "a.png", "b.png", "-o", "-", "--format", "jsonl", "--kind", "means")
    #expect(lines.status == 0)
    let objects = try lines.text.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(objects.count == 2 && objects[1]["file"] as? String == "b.png")
    let means = try #require((objects[0]["features"] as? [String: Any])?["means"] as? [String: Any])
    #expect(means["shape"] as? [Int] == [5, 6, 320])
    #expect((means["values"] as? [Any])?.count == 5 * 6 * 320)
  }

  @Test func badInputOfFeaturesIsOneLine() throws {
    defer { command.remove() }
    try command.write(Array("no picture".utf8), to: "text.png")
    try command.write(Array(try command.read("a.vz").prefix(200)), to: "cut.vz")
    try expectFailure("features", "missing.png", "-o", "o.npy", names: "missing.png")
    try expectFailure("features", "text.png", "-o", "o.npy", names: "text.png")
    try expectFailure("features", "a.png", "cut.vz", "-o", "o.npy", names: "cut.vz")
    try expectFailure("features", "exact.vz", "-o", "o.npy", names: "exact.vz: has no latents")
    try expectFailure("features", "a.vz", "--kind", "means", "-o", "o.npy", names: "has no means")
    try expectFailure("features", "a.png", "b.png", "--kind", "bits", "-o", "o.npy", names: "one array")
    try expectFailure("features", "a.png", "--max-memory", "1M", "-o", "o.npy", names: "memory")
    try expectFailure("features", "a.png", "--max-pixels", "100", "-o", "o.npy", names: "a.png")
    try expectFailure("features", ".", "-o", "a.png", "--format", "npy", names: "a.png")
    _ = try command("features", "a.png", "-o", "o.npy")
    try expectFailure("features", "a.png", "-o", "o.npy", names: "already exists")
    #expect(try command("features", "a.png", "-o", "o.txt").status == 2)
    #expect(try command("features", "a.png", "-o", "o.npy", "-q", "101").status == 2)
  }

  // MARK: sample, interpolate

  @Test func samplesAreTheSameEveryTime() throws {
    defer { command.remove() }
    let options = ["sample", "--model", "random.model", "--size", "80x48", "-q", "50", "--seed", "5"]
    #expect(try command.run(options + ["--count", "3", "--vz", "-o", "out"]).status == 0)
    #expect(try command.run(options + ["--count", "2", "-T", "1", "-o", "again"]).status == 0)
    for name in ["sample-0.png", "sample-1.png"] {
      #expect(try command.read("out/\(name)") == command.read("again/\(name)"))
    }
    #expect(try command.read("out/sample-0.png") != command.read("out/sample-1.png"))
    let sheet = try PNG.read(command.read("out/sheet.png")).image
    #expect((sheet.width, sheet.height) == (2 * 80 + 4, 2 * 48 + 4))
    let decoded = try command("decompress", "--model", "random.model", "out/sample-2.vz", "-o", "-")
    #expect(try PNG.read(decoded.output).image == PNG.read(command.read("out/sample-2.png")).image)
    // Nothing is replaced without -f.
    try expectFailure(
      "sample", "--model", "random.model", "--count", "1", "--size", "80x48", "-o", "out",
      names: "already exists")
  }

  @Test func variationsKeepTheSizeOfTheirFile() throws {
    defer { command.remove() }
    #expect(try command("sample", "--from", "a.vz", "--count", "2", "-o", "out").status == 0)
    #expect(try PNG.read(command.read("out/sample-1.png")).image.width == 96)
    try expectFailure("sample", "--from", "exact.vz", "-o", "out2", names: "exact.vz: has no latents")
    try expectFailure("sample", "--from", "random.model", "-o", "out2", names: "random.model")
    try expectFailure("sample", "--size", "40000x40000", "-o", "out2", names: "pixels")
    try expectFailure("sample", "--size", "64x64", "--count", "1", "-o", "a.vz", names: "not a directory")
    for arguments in [
      ["--size", "0x5"], ["--count", "0"], ["--temperature", "5"], ["-q", "200"],
      ["--hyper-temperature", "4.5"], ["--hyper-temperature", "-1"],
      ["--from", "a.vz", "--hyper-temperature", "1"],
    ] {
      #expect(try command.run(["sample", "-o", "out3"] + arguments).status == 2)
    }
  }

  @Test func framesLeadFromOnePictureToTheOther() throws {
    defer { command.remove() }
    #expect(try command("interpolate", "a.png", "b.png", "--steps", "3", "-o", "out").status == 0)
    let strip = try PNG.read(command.read("out/strip.png")).image
    #expect(strip.width == 3 * 96 + 2 * 4)
    _ = try command("compress", "-e", "1", "a.png", "-o", "first.vz")
    let decoded = try command("decompress", "first.vz", "-o", "-")
    #expect(try PNG.read(decoded.output).image == PNG.read(command.read("out/frame-0.png")).image)
    try expectFailure("interpolate", "a.png", "small.png", "-o", "out2", names: "64 × 64")
    // a.vz has quality 60.
    try expectFailure("interpolate", "a.vz", "b.png", "-o", "out2", names: "quality position")
    try expectFailure("interpolate", "a.vz", "exact.vz", "-o", "out2", names: "exact.vz")
    #expect(try command("interpolate", "a.png", "b.png", "--steps", "1", "-o", "out2").status == 2)
  }

  // MARK: anomaly

  /// Pictures are looked at with the model of the normal ones, which may be an earlier built-in one.
  @Test func anomaliesAreScoredWithTheFittedModel() throws {
    defer { command.remove() }
    for builtIn in BuiltInModel.all {
      let name = ModelFile.name(ofID: builtIn.id)
      try command.write(builtIn.file.withUnsafeBytes { [UInt8]($0) }, to: "fitted.model")
      let fit = try command(
        "anomaly", "fit", "--model", "fitted.model", "a.png", "b.png", "-o", "\(name).json")
      #expect(fit.status == 0)
      #expect(try command("anomaly", "score", "--normal", "\(name).json", "c.png").status == 0)
    }
  }

  @Test func anomaliesAreScoredAndDrawn() throws {
    defer { command.remove() }
    #expect(try command("anomaly", "fit", "a.png", "b.png", "-o", "normal.json").status == 0)
    let result = try command(
      "anomaly", "score", "--normal", "normal.json", "c.png", "small.png", "--heat", "out", "--csv", "s.csv",
      "--json",
      "s.json")
    #expect(result.status == 0)
    #expect(result.text.split(separator: "\n").count == 2)
    let rows = String(decoding: try command.read("s.csv"), as: UTF8.self).split(separator: "\n")
    #expect(rows.count == 3 && rows[1].hasPrefix("c.png,96,80,"))
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(command.read("s.json"))) as? [String: Any])
    #expect((json["pictures"] as? [[String: Any]])?.count == 2)
    #expect(try PNG.read(command.read("out/c.heat.png")).image.height == 80)

    var mask = [UInt8](repeating: 0, count: 96 * 80)
    for x in 0..<40 { mask[x] = 255 }
    try FileManager.default.createDirectory(
      at: command.directory.appending(path: "masks"), withIntermediateDirectories: true)
    try command.write(
      try PNG.write(Image(width: 96, height: 80, channels: .gray, pixels: mask)), to: "masks/c.png")
    let measured = try command(
      "anomaly", "score", "--normal", "normal.json", "a.png", "c.png", "--masks", "masks")
    #expect(measured.status == 0 && measured.text.contains("pixel AUROC") && measured.text.contains("AUPRO"))
    try command.write(Array("file,label\na.png,0\nc.png,1\n".utf8), to: "labels.csv")
    let labeled = try command(
      "anomaly", "score", "--normal", "normal.json", "a.png", "c.png", "--labels", "labels.csv")
    #expect(labeled.status == 0 && labeled.text.contains("image AUROC"))
  }

  @Test func badInputOfAnomalyIsOneLine() throws {
    defer { command.remove() }
    _ = try command("anomaly", "fit", "a.png", "b.png", "-o", "normal.json")
    try expectFailure("anomaly", "fit", "exact.vz", "-o", "n.json", names: "exact.vz: has no latents")
    try expectFailure(
      "anomaly", "fit", "a.png", "a.vz", "-o", "n.json", names: "a.vz: model and quality position")
    try command.write(try PNG.write(TestImage.make(20, 20)), to: "tiny.png")
    try expectFailure("anomaly", "fit", "tiny.png", "-o", "n.json", names: "positions of normal pictures")
    try expectFailure("anomaly", "score", "--normal", "normal.json", "a.vz", names: "a.vz: quality position")
    try expectFailure(
      "anomaly", "score", "--normal", "normal.json", "--model", "random.model", "a.png", names: "a.png: model"
    )
    try expectFailure("anomaly", "score", "--normal", "a.png", "b.png", names: "a.png: normal pictures")
    try command.write(Array("a.png,2\n".utf8), to: "labels.csv")
    try expectFailure(
      "anomaly", "score", "--normal", "normal.json", "c.png", "--labels", "labels.csv", names: "label")
    #expect(try command("anomaly", "score", "--normal", "normal.json", "a.png", "--fpr", "2").status == 2)
  }
}

extension LatentCommandTests {
  // MARK: similar

  @Test func nearDuplicatesAreGrouped() throws {
    let command = try Command()
    defer { command.remove() }
    let coffee = try Repository.sample("coffee.png")
    try command.write(try PNG.write(coffee), to: "1.png")
    try command.write(try PNG.write(Repository.sample("astronaut.png")), to: "2.png")
    try command.write(try ImageEncoder(options: EncoderOptions(quality: 10)).encode(coffee).bytes, to: "3.vz")
    let first = try command("similar", ".", "--index", "i.index", "--json", "r.json")
    #expect(first.status == 0 && first.text == "./1.png\n./3.vz\n", "\(first.error)")
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(command.read("r.json"))) as? [String: Any])
    #expect(json["groups"] as? [[String]] == [["./1.png", "./3.vz"]])
    // The index has what the files no longer have: they are not read again while size and time are the same.
    let index = try command.read("i.index")
    #expect(try command("similar", ".", "--index", "i.index").text == first.text)
    #expect(try command.read("i.index") == index)
    #expect(try command("similar", "2.png", "--index", "i.index").text.isEmpty)
    #expect(try command.read("i.index").count > index.count)
    let nearest = try command("similar", "--query", "3.vz", "--nearest", "1", "1.png", "2.png")
    #expect(nearest.text.hasSuffix("1.png\n") && nearest.text.split(separator: "\n").count == 1)
  }

  @Test func badInputOfSimilarIsOneLine() throws {
    let command = try Command()
    defer { command.remove() }
    try command.write(try PNG.write(TestImage.make(20, 20)), to: "a.png")
    try command.write(Array("x".utf8), to: "no.index")
    for (arguments, text) in [
      (["a.png", "--index", "no.index"], "no.index: index: not an index"), (["missing.png"], "missing.png"),
      (["a.png", "--index", "a.png"], "a.png"), (["no.index"], "no PNG, JPEG, PPM, PGM, PAM or .vz file"),
      (["--query", "no.index", "a.png"], "no.index"),
    ] {
      let result = try command.run(["similar"] + arguments)
      #expect(
        result.status == 1 && result.errorLines.count == 1 && result.error.contains(text), "\(result.error)")
      #expect(try command.read("no.index") == Array("x".utf8))
    }
    try FileManager.default.createDirectory(
      at: command.directory.appending(path: "empty"), withIntermediateDirectories: true)
    #expect(try command("similar", "empty").status == 1)
    #expect(try command("similar", "a.png", "--threshold", "3").status == 2)
  }
}
