import Foundation
import TestSupport
import Testing
import VAEZip

@Suite("compress and decompress", .serialized)
struct CompressAndDecompressTests {
  let vaezip: Command

  init() throws {
    vaezip = try Command()
    try vaezip.write(RandomModel.bytes(), to: "model")
  }

  /// Runs `body`, then removes the directory.
  private func run(_ body: () throws -> Void) throws {
    defer { vaezip.remove() }
    try body()
  }

  @Test("photo.png becomes photo.vz becomes photo.png")
  func defaults() throws {
    try run {
      let image = TestImage.make(37, 21)
      try vaezip.write(PNG.write(image), to: "photo.png")
      let compressed = try vaezip("compress", "--model", "model", "photo.png")
      #expect(compressed.status == 0)
      #expect(compressed.output.isEmpty)
      #expect(compressed.errorLines.count == 1)
      #expect(compressed.error.contains("bits per pixel"))
      try FileManager.default.removeItem(at: vaezip.directory.appending(path: "photo.png"))

      let decompressed = try vaezip("decompress", "--model", "model", "photo.vz")
      #expect(decompressed.status == 0, "\(decompressed.error)")
      #expect(decompressed.output.isEmpty)
      let result = try PNG.read(vaezip.read("photo.png")).image
      #expect((result.width, result.height) == (37, 21))
      #expect(result.channels == .rgb)
      _ = try VZContents(parsing: vaezip.read("photo.vz"))
      #expect(try vaezip.files() == ["model", "photo.png", "photo.vz"])
    }
  }

  @Test("sizes from 1×1, gray and RGB", arguments: [Image.Channels.gray, .rgb])
  func sizes(channels: Image.Channels) throws {
    try run {
      for (width, height) in [(1, 1), (1, 40), (16, 16), (65, 17)] {
        try vaezip.write(PNG.write(TestImage.make(width, height, channels)), to: "in.png")
        let compressed = try vaezip("compress", "-f", "-q30", "--model", "model", "in.png")
        #expect(compressed.status == 0, "\(compressed.error)")
        let decompressed = try vaezip(
          "decompress", "-f", "--model", "model", "in.vz", "-o", "out.png")
        #expect(decompressed.status == 0, "\(decompressed.error)")
        let image = try PNG.read(vaezip.read("out.png")).image
        #expect((image.width, image.height) == (width, height))
        #expect(image.channels == channels)
      }
    }
  }

  @Test("alpha, 16 bits and metadata come back; --strip leaves metadata out")
  func everything() throws {
    try run {
      let color = TestImage.make(70, 40, .gray)
      let chunks = try [("gAMA", false), ("tEXt", false), ("eXIf", true)].map { type, behind in
        try #require(
          ImageMetadata.Chunk(type: type, data: Array("abc\0def".utf8), followsPixels: behind))
      }
      let image = Image(
        width: 70, height: 40, channels: .gray, pixels: color.pixels, depth: .sixteen,
        alpha: (0..<2 * 70 * 40).map { UInt8(truncatingIfNeeded: $0 / 100) },
        metadata: ImageMetadata(chunks))
      try vaezip.write(PNG.write(image), to: "in.png")
      for strip in [false, true] {
        let compressed = try vaezip.run(
          ["compress", "-f", "--model", "model", "in.png"] + (strip ? ["--strip"] : []))
        #expect(compressed.status == 0, "\(compressed.error)")
        #expect(compressed.errorLines.count == 2)
        #expect(compressed.error.hasPrefix("vaezip: in.png: 16 bits"))
        let decompressed = try vaezip(
          "decompress", "-f", "--model", "model", "in.vz", "-o", "out.png")
        #expect(decompressed.status == 0, "\(decompressed.error)")
        let result = try PNG.read(vaezip.read("out.png")).image
        #expect(result.format == image.format)
        #expect((result.alpha == image.alpha) == true)
        #expect(result.metadata == (strip ? ImageMetadata() : image.metadata))
        let info = try vaezip("info", "in.vz").text
        #expect(info.contains("70 × 40 pixels, gray + alpha, 16 bits"))
        #expect(info.contains("  alpha  "))
        #expect(info.contains("eXIf: 7 bytes") != strip)
        let json = try vaezip("info", "--json", "in.vz")
        let object = try JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any]
        #expect(object?["channels"] as? Int == 2)
        #expect(object?["bit_depth"] as? Int == 16)
        #expect((object?["streams"] as? [String: Int])?["alpha"] ?? 0 > 0)
      }
    }
  }

  @Test("the same bits with any number of threads and any instruction set")
  func determinism() throws {
    try run {
      try vaezip.write(PNG.write(TestImage.make(150, 90)), to: "in.png")
      _ = try vaezip("compress", "--model", "model", "in.png", "-o", "0.vz")
      let bytes = try vaezip.read("0.vz")
      _ = try vaezip("decompress", "--model", "model", "0.vz", "-o", "0.png")
      let pixels = try vaezip.read("0.png")
      for (threads, isa) in [("1", "scalar"), ("2", "scalar"), ("5", "")] {
        let compressed = try vaezip(
          "compress", "-fT", threads, "--model", "model", "in.png", "-o", "1.vz",
          environment: ["VAEZIP_ISA": isa])
        #expect(compressed.status == 0, "\(compressed.error)")
        #expect(try vaezip.read("1.vz") == bytes)
        let decompressed = try vaezip(
          "decompress", "-fT", threads, "--model", "model", "0.vz", "-o", "1.png",
          environment: ["VAEZIP_ISA": isa])
        #expect(decompressed.status == 0, "\(decompressed.error)")
        #expect(try vaezip.read("1.png") == pixels)
      }
    }
  }

  @Test("standard input and output")
  func streams() throws {
    try run {
      let png = try PNG.write(TestImage.make(20, 20))
      let compressed = try vaezip("compress", "--model", "model", "-", input: png)
      #expect(compressed.status == 0, "\(compressed.error)")
      let decompressed = try vaezip(
        "decompress", "--quiet", "--model", "model", "-o", "-", "-", input: compressed.output)
      #expect(decompressed.status == 0)
      #expect(decompressed.error.isEmpty)
      #expect(try PNG.read(decompressed.output).image.width == 20)
      try vaezip.write(png, to: "a.png")
      let file = try vaezip("compress", "--model", "model", "-o", "-", "a.png")
      #expect(file.output == compressed.output)
      #expect(try vaezip.files() == ["model", "a.png"])
    }
  }

  @Test("overwrites only with -f")
  func overwriting() throws {
    try run {
      try vaezip.write(PNG.write(TestImage.make(20, 20)), to: "a.png")
      try vaezip.write([1, 2, 3], to: "a.vz")
      let refused = try vaezip("compress", "--model", "model", "a.png")
      #expect(refused.status == 1)
      #expect(refused.error == "vaezip: a.vz: already exists; -f overwrites it\n")
      #expect(try vaezip.read("a.vz") == [1, 2, 3])
      #expect(try vaezip("compress", "-f", "--model", "model", "a.png").status == 0)
      #expect(try vaezip.read("a.vz").count > 3)
      let own = try vaezip("compress", "-f", "--model", "model", "a.png", "-o", "./a.png")
      #expect(own.status == 1)
      #expect(own.error.contains("is both input and output"))
      #expect(try vaezip.files() == ["model", "a.png", "a.vz"])
    }
  }

  @Test("takes over permissions and times, and writes through symbolic links")
  func attributes() throws {
    try run {
      try vaezip.write(PNG.write(TestImage.make(9, 9)), to: "a.png")
      let manager = FileManager.default
      let then = Date(timeIntervalSince1970: 1_000_000_000)
      try manager.setAttributes(
        [.posixPermissions: 0o640, .modificationDate: then],
        ofItemAtPath: vaezip.directory.appending(path: "a.png").path)
      try vaezip.write([], to: "target")
      try manager.createSymbolicLink(
        atPath: vaezip.directory.appending(path: "link").path, withDestinationPath: "target")
      #expect(try vaezip("compress", "-f", "--model", "model", "a.png", "-o", "link").status == 0)
      let target = try manager.attributesOfItem(
        atPath: vaezip.directory.appending(path: "target").path)
      #expect(target[.posixPermissions] as? Int == 0o640)
      #expect(target[.modificationDate] as? Date == then)
      #expect(target[.size] as? Int ?? 0 > 40)
      let link = try manager.attributesOfItem(atPath: vaezip.directory.appending(path: "link").path)
      #expect(link[.type] as? FileAttributeType == .typeSymbolicLink)
    }
  }

  @Test("several files, of which one is bad: the others are made")
  func several() throws {
    try run {
      try vaezip.write(PNG.write(TestImage.make(9, 9)), to: "a.png")
      try vaezip.write([0, 1], to: "b.png")
      try vaezip.write(PNG.write(TestImage.make(9, 10)), to: "c.PNG")
      let result = try vaezip(
        "compress", "--quiet", "--model", "model", "a.png", "b.png", "c.PNG")
      #expect(result.status == 1)
      #expect(result.errorLines.count == 1)
      #expect(result.error.hasPrefix("vaezip: b.png: "))
      #expect(try vaezip.files() == ["model", "a.png", "b.png", "c.PNG", "a.vz", "c.vz"])
    }
  }

  @Test("-v adds PSNR and time to the summary")
  func verbose() throws {
    try run {
      let image = TestImage.make(96, 64)
      try vaezip.write(PNG.write(image), to: "a.png")
      let plain = try vaezip("compress", "--model", "model", "a.png")
      let bytes = try vaezip.read("a.vz").count
      // Rounded to four digits: the ten-thousandth is the tolerance.
      let summary = try #require(
        plain.error.wholeMatch(
          of: /a\.png → a\.vz: 96 × 64, (\d+) bytes, (\d+\.\d{4}) bits per pixel\n/))
      #expect(Int(summary.1) == bytes)
      let bitsPerPixel = try #require(Double(summary.2))
      #expect(abs(bitsPerPixel - 8 * Double(bytes) / (96 * 64)) <= 0.0001)

      let verbose = try vaezip("compress", "-fv", "--model", "model", "a.png")
      let line = String(plain.error.dropLast())
      #expect(verbose.error.hasPrefix(line))
      let rest = try #require(
        verbose.error.dropFirst(line.count)
          .wholeMatch(of: /, PSNR (\d+\.\d\d) dB, (\d+\.\d{3}) s\n/))
      // The PSNR is that of the picture that the file decodes to.
      #expect(try vaezip("decompress", "--model", "model", "a.vz", "-o", "b.png").status == 0)
      let psnr = try Metrics.psnr(image, PNG.read(vaezip.read("b.png")).image)
      #expect(abs(try #require(Double(rest.1)) - psnr) <= 0.01)
      #expect(try #require(Double(rest.2)) > 0)
    }
  }

  @Test("info describes images and models, as text and as JSON")
  func info() throws {
    try run {
      try vaezip.write(PNG.write(TestImage.make(70, 40)), to: "a.png")
      _ = try vaezip("compress", "--model", "model", "a.png")
      let model = try vaezip("info", "--json", "model")
      #expect(model.status == 0)
      let modelObject = try JSONSerialization.jsonObject(with: Data(model.output)) as? [String: Any]
      #expect(modelObject?["kind"] as? String == "model")
      let image = try vaezip("info", "--json", "-v", "a.vz")
      #expect(image.status == 0)
      let object = try JSONSerialization.jsonObject(with: Data(image.output)) as? [String: Any]
      #expect(object?["kind"] as? String == "image")
      #expect(object?["width"] as? Int == 70)
      #expect(object?["height"] as? Int == 40)
      #expect(object?["bytes"] as? Int == (try vaezip.read("a.vz").count))
      #expect(object?["model_id"] as? String == modelObject?["model_id"] as? String)
      #expect((object?["tiles"] as? [Any])?.count == 1)
      #expect(try vaezip("info", "a.vz").text.contains("70 × 40"))
      let known = try vaezip("info", "--json", "-v", "--model", "model", "a.vz")
      let contents = try JSONSerialization.jsonObject(with: Data(known.output)) as? [String: Any]
      let tile = (contents?["tiles"] as? [[String: Any]])?.first?["contents"] as? [String: Any]
      // 5 × 3 positions of 32 channels, 8 of them in the first pass.
      #expect((tile?["pass1"] as? [String: Int])?["symbols"] == 8 * 32)
      #expect((tile?["pass2"] as? [String: Int])?["symbols"] == 7 * 32)
      let text = try vaezip("info", "-v", "--model", "model", "a.vz").text
      #expect(text.contains("bit string"))
      #expect(try vaezip("info", "-v", "model").text.contains("synthesis.out.weight"))
      let piped = try vaezip("info", "-", input: vaezip.read("a.vz"))
      #expect(piped.status == 0)
      #expect(try vaezip.files() == ["model", "a.png", "a.vz"])
    }
  }
}
