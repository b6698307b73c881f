import Foundation
import TestSupport
import Testing
import VAEZip

@Suite("regions, damage, verification", .serialized)
struct RegionAndDamageTests {
  let vaezip: Command
  private let whole: Image
  private let layout: VZFile

  init() throws {
    vaezip = try Command()
    try vaezip.write(RandomModel.bytes(), to: "model")
    try vaezip.write(PNG.write(TestImage.make(600, 530)), to: "in.png")
    _ = try vaezip(
      "compress", "-e1", "--tile-size", "512", "--model", "model", "in.png", "-o", "good.vz")
    _ = try vaezip("decompress", "--model", "model", "good.vz", "-o", "good.png")
    whole = try PNG.read(vaezip.read("good.png")).image
    layout = try VZFile(parsing: vaezip.read("good.vz"))
    // Two by two tiles; one bit of the second is flipped.
    var bytes = try vaezip.read("good.vz")
    bytes[layout.tiles[1].offset] ^= 2
    try vaezip.write(bytes, to: "bad.vz")
  }

  private func run(_ body: () throws -> Void) throws {
    defer { vaezip.remove() }
    try body()
  }

  @Test("--region is the crop of the whole")
  func region() throws {
    try run {
      let result = try vaezip(
        "decompress", "--model", "model", "--region", "500,3,100,20", "good.vz", "-o", "part.png")
      #expect(result.status == 0, "\(result.error)")
      let part = try PNG.read(vaezip.read("part.png")).image
      #expect((part.width, part.height) == (100, 20))
      let crop = (3..<23).flatMap { y -> ArraySlice<UInt8> in
        let start: Int = (y * 600 + 500) * 3
        return whole.pixels[start..<start + 300]
      }
      #expect((part.pixels == crop) == true)
      // The damage is not in its tiles.
      #expect(
        try vaezip(
          "decompress", "--model", "model", "--region", "0,0,100,100", "bad.vz", "-o", "b.png"
        ).status == 0)
      let outside = try vaezip(
        "decompress", "--model", "model", "--region", "599,0,2,1", "good.vz", "-o", "c.png")
      #expect(outside.status == 1)
      #expect(
        outside.error
          == "vaezip: good.vz: region: expected one inside of 600 × 530 pixels, found 599,0,2,1\n")
      for wrong in ["1,2,3", "1,2,3,4,5", "a,0,1,1", "0,0,0,1", "-1,0,1,1", "0,0,1,", ""] {
        #expect(try vaezip("decompress", "--region", wrong, "good.vz").status == 2, "\(wrong)")
      }
    }
  }

  @Test("--keep-going replaces tiles, lists them, and exits with 3")
  func keepGoing() throws {
    try run {
      let refused = try vaezip("decompress", "--model", "model", "bad.vz", "-o", "out.png")
      #expect(refused.status == 1)
      #expect(refused.error.hasPrefix("vaezip: bad.vz: damaged .vz file: tile 1: expected"))
      #expect(!(try vaezip.files().contains("out.png")))
      let result = try vaezip(
        "decompress", "--quiet", "--keep-going", "--model", "model", "bad.vz", "-o", "out.png")
      #expect(result.status == 3)
      #expect(result.errorLines.count == 1)
      #expect(
        result.error.hasPrefix("vaezip: bad.vz: replaced tile 1 at 512,0,88,512: damaged .vz file"))
      let image = try PNG.read(vaezip.read("out.png")).image
      #expect((image.width, image.height) == (600, 530))
      // The left tiles are right, except at their edge.
      let isEqual = (0..<500).allSatisfy { y -> Bool in
        let row = y * 1800..<y * 1800 + 1500
        return image.pixels[row] == whole.pixels[row]
      }
      #expect(isEqual)
      #expect(
        try vaezip("decompress", "--keep-going", "--model", "model", "good.vz", "-o", "same.png")
          .status == 0)
      // A file that cannot be decoded makes the status 1; the others are decoded all the same.
      try vaezip.write(Array(vaezip.read("good.vz").prefix(40)), to: "cut.vz")
      let several = try vaezip(
        "decompress", "-f", "--keep-going", "--model", "model", "cut.vz", "bad.vz", "good.vz")
      #expect(several.status == 1)
      #expect(several.errorLines.count == 5)
      #expect(
        several.error.contains("3 files: 2 decompressed, 1 of them damaged, 1 failed; "), "\(several.error)")
      #expect(!(try vaezip.files().contains("cut.png")))
      #expect(try vaezip.read("bad.png") == vaezip.read("out.png"))
      #expect(try PNG.read(vaezip.read("good.png")).image == whole)
    }
  }

  @Test("verify says which files are right, and writes none")
  func verify() throws {
    try run {
      let good = try vaezip.read("good.vz")
      try vaezip.write(good.dropLast() + [good[good.count - 1] ^ 1], to: "pixels.vz")
      try vaezip.write(Array(good.prefix(good.count - 10)), to: "cut.vz")
      let before = try vaezip.files()
      let right = try vaezip("verify", "--model", "model", "good.vz")
      #expect(right.status == 0)
      #expect(right.output.isEmpty)
      #expect(right.error == "good.vz: right: 600 × 530, 4 tiles, \(good.count) bytes\n")
      let result = try vaezip(
        "verify", "--model", "model", "bad.vz", "pixels.vz", "none.vz", "good.vz", "cut.vz",
        "good.png")
      #expect(result.status == 1)
      let lines = result.errorLines
      #expect(lines.count == 7)
      #expect(lines[0].hasPrefix("vaezip: bad.vz: damaged .vz file: tile 1"))
      #expect(lines[1].hasPrefix("vaezip: pixels.vz: wrong content"))
      #expect(lines[2].hasPrefix("vaezip: none.vz: "))
      #expect(lines[3].hasPrefix("good.vz: right"))
      #expect(lines[4].hasPrefix("vaezip: cut.vz: truncated .vz file: tile 3"))
      #expect(lines[5].hasPrefix("vaezip: good.png: not a .vz file"))
      #expect(lines[6].hasPrefix("6 files: 1 right, 5 failed; "))
      let quiet = try vaezip("verify", "--quiet", "--model", "model", "good.vz", "-", input: good)
      #expect(quiet.status == 0)
      #expect(quiet.error.isEmpty)
      // Without the model, nothing can be verified.
      #expect(try vaezip("verify", "good.vz").status == 1)
      #expect(try vaezip.files() == before)
    }
  }

  @Test("limits, with suffixes")
  func limits() throws {
    try run {
      for arguments in [
        ["decompress", "--max-memory", "1M", "good.vz", "-o", "out.png"],
        ["verify", "--max-memory", "1MiB", "good.vz"],
        ["compress", "--max-memory", "1000k", "in.png", "-o", "out.vz"],
      ] {
        let result = try vaezip.run(arguments + ["--model", "model"])
        #expect(result.status == 1)
        #expect(result.error.contains("too large: bytes of memory: the limit is 10"))
      }
      // Whole cells of 16 × 16 count: 608 × 544 pixels for 600 × 530.
      #expect(
        try vaezip("verify", "--model", "model", "--max-pixels", "323K", "good.vz").status == 0)
      #expect(
        try vaezip("verify", "--model", "model", "--max-pixels", "322K", "good.vz").status == 1)
      for wrong in ["0", "-1", "1.5M", "M", "1T", "9999999999G", "1 M"] {
        #expect(try vaezip("verify", "--max-memory", wrong, "good.vz").status == 2, "\(wrong)")
      }
    }
  }
}
