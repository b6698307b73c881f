import Foundation
import TestSupport
import Testing
import VAEZip

/// Pictures of other kinds than PNG, in and out, small pictures, and the version.
@Suite struct InputFormatTests {
  private static let golden = Repository.golden.appending(path: "JPEG")

  private func run(_ body: (Command) throws -> Void) throws {
    let command = try Command()
    defer { command.remove() }
    try body(command)
  }

  /// The content decides, not the name.
  @Test func compressTakesThem() throws {
    try run { command in
      for (file, name) in [
        ("color.jpg", "a.jpg"), ("gray.jpg", "b.png"), ("color.ppm", "c.ppm"), ("gray.pgm", "d"),
      ] {
        try command.write(Repository.bytes(Self.golden.appending(path: file)), to: name)
        let result = try command("compress", "--lossless", name, "-o", "x.vz", "-f")
        #expect(result.status == 0, "\(result.error)")
        #expect(try command("decompress", "x.vz", "-f", "-o", "x.png").status == 0)
        let decoded = try PNG.read(command.read("x.png")).image
        #expect(try decoded == ImageFile.read(command.read(name)).image)
      }
      #expect(try command("compress", "a.jpg").status == 0)
      #expect(try command.files().contains("a.vz"))
    }
  }

  @Test func compressRefusesOthers() throws {
    try run { command in
      let jpeg = try Repository.bytes(Self.golden.appending(path: "color.jpg"))
      let files: [(name: String, bytes: [UInt8], words: String)] = [
        ("cmyk.jpg", try Repository.bytes(Self.golden.appending(path: "cmyk.jpg")), "CMYK"),
        ("short.jpg", Array(jpeg.prefix(jpeg.count - 100)), "truncated JPEG"),
        ("short.ppm", Array("P6\n9 9\n255\nabc".utf8), "cannot hold"),
        ("p4.pbm", Array("P4\n8 1\na".utf8), "PBM"),
        ("picture.gif", Array("GIF89a and so on".utf8), "GIF"),
      ]
      for file in files {
        try command.write(file.bytes, to: file.name)
        let result = try command("compress", file.name, "-o", "x.vz")
        #expect(result.status == 1 && result.errorLines.count == 1, "\(result.error)")
        #expect(result.error.contains(file.name) && result.error.contains(file.words), "\(result.error)")
      }
      #expect(try !command.files().contains("x.vz"))
    }
  }

  @Test func decompressWritesNetpbm() throws {
    try run { command in
      let photo = Repository.root.appending(path: "Samples/tiny.png").path
      #expect(try command("compress", "-e", "1", photo, "-o", "x.vz").status == 0)
      #expect(try command("decompress", "x.vz").status == 0)
      let png = try PNG.read(command.read("x.png")).image
      for arguments in [
        ["-o", "y.ppm"], ["--format", "ppm", "-o", "y.ppm"], ["--format", "pam", "-o", "-"],
      ] {
        let result = try command.run(["decompress", "-f", "x.vz"] + arguments)
        #expect(result.status == 0, "\(result.error)")
        let bytes = arguments.last == "-" ? result.output : try command.read("y.ppm")
        #expect(try ImageFile.read(bytes).image.pixels == png.pixels)
      }
      #expect(try command("decompress", "-f", "--format", "ppm", "x.vz").status == 0)
      #expect(try command.files().contains("x.ppm"))
      // Alpha has no place in a PPM.
      let alpha = Repository.golden.appending(path: "Files/alpha.vz").path
      let model = Repository.golden.appending(path: "Files/random.model").path
      let result = try command("decompress", "--model", model, alpha, "-o", "z.ppm")
      #expect(result.status == 1 && result.error.contains("alpha"))
      #expect(try !command.files().contains("z.ppm"))
      #expect(try command("decompress", "--format", "gif", "x.vz").status == 2)
      #expect(try command("decompress", "x.vz", "-o", "z.gif").status == 2)
    }
  }

  @Test func smallPictures() throws {
    try run { command in
      let photo = Repository.root.appending(path: "Samples/coffee.png").path
      let image = try PNG.read(contentsOf: URL(filePath: photo)).image
      #expect(try command("compress", "-e", "1", photo, "-o", "x.vz").status == 0)
      for scale in PreviewScale.allCases {
        let result = try command("decompress", "--scale", "\(scale.rawValue)", "x.vz", "-f", "-o", "s.png")
        #expect(result.status == 0, "\(result.error)")
        let small = try PNG.read(command.read("s.png")).image
        #expect((small.width, small.height) == scale.size(width: image.width, height: image.height))
      }
      let pictures = try ["scalar", ""].map { isa in
        let environment = isa.isEmpty ? [:] : ["VAEZIP_ISA": isa]
        return try command("decompress", "--scale", "8", "x.vz", "-o", "-", environment: environment).output
      }
      #expect(pictures[0] == pictures[1] && !pictures[0].isEmpty)
      #expect(try command("decompress", "--scale", "4", "x.vz", "-o", "q.png").status == 2)
      #expect(try command("decompress", "--rm", "--scale", "8", "x.vz", "-o", "q.png").status == 2)
    }
  }

  @Test func thumbnails() throws {
    try run { command in
      let photo = Repository.root.appending(path: "Samples/coffee.png").path
      #expect(try command("compress", "-e", "1", photo, "-o", "x.vz").status == 0)
      for size in [1, 30, 128, 600] {
        #expect(try command("thumbnail", "-s", "\(size)", "-f", "x.vz", "t.png").status == 0)
        let small = try PNG.read(command.read("t.png")).image
        #expect(max(small.width, small.height) == size)
      }
      // Never larger than the picture, and nothing is overwritten without -f.
      #expect(try command("thumbnail", "-s", "4096", "-f", "x.vz", "t.png").status == 0)
      let (whole, image) = (
        try PNG.read(command.read("t.png")).image, try PNG.read(contentsOf: URL(filePath: photo)).image
      )
      #expect((whole.width, whole.height) == (image.width, image.height))
      #expect(try command("thumbnail", "x.vz", "t.png").status == 1)
      #expect(try command("thumbnail", "-f", "x.vz", "x.vz").status == 1)
      #expect(try command("thumbnail", "-s", "0", "x.vz", "u.png").status == 2)
      try command.write([1, 2, 3], to: "bad.vz")
      let result = try command("thumbnail", "bad.vz", "u.png")
      #expect(result.status == 1 && result.errorLines.count == 1 && result.error.contains("bad.vz"))
      #expect(try !command.files().contains("u.png"))
    }
  }

  @Test(arguments: ["--version", "-V"]) func version(option: String) throws {
    try run { command in
      let result = try command(option)
      #expect(result.status == 0 && result.error.isEmpty)
      let lines = result.text.split(separator: "\n")
      #expect(lines.first?.hasPrefix("vaezip 0.") == true)
      for words in [
        "files: version 2", "models: version 3", "instruction set: ", "libpng", "libjpeg", "libzstd",
      ] {
        #expect(result.text.contains(words))
      }
      #expect(result.text.contains(ModelFile.name(ofID: try Model.builtIn().id)))
      #expect(try command("compress", option).text == result.text)
      #expect(
        try command(option, environment: ["VAEZIP_ISA": "scalar"]).text.contains("instruction set: scalar"))
    }
  }
}
