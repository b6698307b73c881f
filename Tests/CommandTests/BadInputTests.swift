import Foundation
import TestSupport
import Testing
import VAEZip

@Suite("bad input", .serialized)
struct BadInputTests {
  let vaezip: Command

  init() throws {
    vaezip = try Command()
    try vaezip.write(RandomModel.bytes(), to: "model")
    try vaezip.write(PNG.write(TestImage.make(24, 24)), to: "good.png")
    _ = try vaezip("compress", "--model", "model", "good.png", "-o", "good.vz")
  }

  private func run(_ body: () throws -> Void) throws {
    defer { vaezip.remove() }
    try body()
  }

  /// One clear line that names the file, status 1, nothing on standard output, no file made.
  private func expectFailure(
    _ arguments: String..., input: [UInt8] = [], environment: [String: String] = [:],
    naming name: String, saying words: String = "", _ location: SourceLocation = #_sourceLocation
  ) throws {
    let before = try vaezip.files()
    let result = try vaezip.run(arguments, input: input, environment: environment)
    #expect(result.status == 1, "\(arguments)", sourceLocation: location)
    #expect(result.output.isEmpty, "\(arguments)", sourceLocation: location)
    #expect(result.errorLines.count == 1, "\(result.error)", sourceLocation: location)
    #expect(
      result.error.hasPrefix("vaezip: \(name)"), "\(result.error)", sourceLocation: location)
    #expect(result.error.hasSuffix("\n"), sourceLocation: location)
    #expect(
      words.isEmpty || result.error.contains(words), "\(result.error)", sourceLocation: location)
    #expect(try vaezip.files() == before, "\(arguments)", sourceLocation: location)
  }

  @Test("what is no PNG")
  func notPNG() throws {
    try run {
      let good = try vaezip.read("good.png")
      var noPixels = good
      for index in 16..<24 { noPixels[index] = 0 }
      var huge = good
      for index in 16..<24 { huge[index] = index % 4 == 0 ? 0x7F : 0xFF }
      var flipped = good
      flipped[good.count / 2] ^= 0x10
      let cases: [(String, [UInt8])] = [
        ("empty", []), ("text", Array("not a picture\n".utf8)), ("zeros", [0, 0, 0, 0]),
        ("cut-8", Array(good.prefix(8))), ("cut-30", Array(good.prefix(30))),
        ("cut-half", Array(good.prefix(good.count / 2))), ("cut-1", Array(good.dropLast())),
        ("0x0", noPixels), ("huge", huge), ("flipped", flipped),
        ("a.vz", try vaezip.read("good.vz")),
      ]
      for (name, bytes) in cases {
        try vaezip.write(bytes, to: name)
        try expectFailure("compress", "--model", "model", name, "-o", "out", naming: name)
      }
      try expectFailure(
        "compress", "--model", "model", "-", input: [1, 2, 3], naming: "standard input")
    }
  }

  @Test("what is no .vz file, or a damaged one")
  func notVZ() throws {
    try run {
      let good = try vaezip.read("good.vz")
      for (name, bytes) in [
        ("empty", []), ("text", Array("not a picture\n".utf8)),
        ("picture.png", try vaezip.read("good.png")),
        ("longer", good + [0]),
      ] as [(String, [UInt8])] {
        try vaezip.write(bytes, to: name)
        try expectFailure("decompress", "--model", "model", name, "-o", "out", naming: name)
        try expectFailure("info", name, naming: name)
      }
      for length in stride(from: 1, to: good.count, by: max(1, good.count / 12)) {
        try vaezip.write(Array(good.prefix(length)), to: "cut")
        try expectFailure(
          "decompress", "--model", "model", "cut", "-o", "out", naming: "cut",
          saying: "truncated .vz file")
      }
      for byte in stride(from: 0, to: good.count, by: max(1, good.count / 24)) {
        var damaged = good
        damaged[byte] ^= 1 << (byte % 8)
        try vaezip.write(damaged, to: "damaged")
        try expectFailure(
          "decompress", "--model", "model", "damaged", "-o", "out", naming: "damaged")
      }
      // The pixels' checksum, at the very end.
      try vaezip.write(good.dropLast() + [good[good.count - 1] ^ 1], to: "damaged")
      try expectFailure(
        "decompress", "--model", "model", "damaged", "-o", "out", naming: "damaged",
        saying: "pixels")
      var future = good
      future[7] = 9
      try vaezip.write(future, to: "future")
      try expectFailure(
        "decompress", "--model", "model", "future", naming: "future", saying: "unknown .vz version")
    }
  }

  @Test("images larger than allowed")
  func limits() throws {
    try run {
      try expectFailure(
        "compress", "--max-pixels", "575", "--model", "model", "good.png", "-o", "out",
        naming: "good.png")
      try expectFailure(
        "decompress", "--max-pixels", "1023", "--model", "model", "good.vz", "-o", "out",
        naming: "good.vz", saying: "the limit is 1023, found 1024")
      // 24 × 24 pixels lie in 2 × 2 cells of 16 × 16.
      let allowed = try vaezip(
        "decompress", "--max-pixels", "1024", "--model", "model", "good.vz", "-o", "out.png")
      #expect(allowed.status == 0)
    }
  }

  @Test("models that are none, or not the right one")
  func models() throws {
    try run {
      try vaezip.write(RandomModel.bytes(seed: 2), to: "other")
      try expectFailure(
        "decompress", "--model", "other", "good.vz", "-o", "out", naming: "good.vz",
        saying: "unknown model")
      let both = try vaezip(
        "decompress", "--model", "other", "--model", "model", "good.vz", "-o", "both.png")
      #expect(both.status == 0, "\(both.error)")
      let model = try vaezip.read("model")
      for (name, bytes) in [
        ("none", []), ("cut", Array(model.prefix(model.count / 2))),
        ("png", try vaezip.read("good.png")),
      ] as [(String, [UInt8])] {
        try vaezip.write(bytes, to: name)
        try expectFailure("compress", "--model", name, "good.png", "-o", "out", naming: name)
        try expectFailure("decompress", "--model", name, "good.vz", "-o", "out", naming: name)
      }
      try expectFailure("compress", "--model", "missing", "good.png", naming: "missing")
      try expectFailure("compress", "--model", ".", "good.png", naming: ".", saying: "directory")
    }
  }

  @Test("paths that cannot be read or written")
  func paths() throws {
    try run {
      try FileManager.default.createDirectory(
        at: vaezip.directory.appending(path: "dir"), withIntermediateDirectories: false)
      try expectFailure("compress", "--model", "model", "missing.png", naming: "missing.png")
      try expectFailure("compress", "--model", "model", "dir", naming: "dir", saying: "directory")
      try expectFailure("decompress", "--model", "model", "dir", naming: "dir", saying: "directory")
      try expectFailure("info", "dir", naming: "dir", saying: "directory")
      try expectFailure("info", "missing", naming: "missing")
      for output in ["missing/out.vz", "good.png/out.vz", "/proc/out.vz"] {
        try expectFailure(
          "compress", "-f", "--model", "model", "good.png", "-o", output, naming: output)
        try expectFailure(
          "decompress", "-f", "--model", "model", "good.vz", "-o", output, naming: output)
      }
      #if os(Linux)
      // Reading fails for every user, and so does writing.
      try expectFailure(
        "compress", "--model", "model", "/proc/self/mem", "-o", "out", naming: "/proc/self/mem")
      try expectFailure(
        "compress", "--model", "model", "/dev/zero", "-o", "out", naming: "/dev/zero",
        saying: "not a PNG")
      try expectFailure(
        "decompress", "--model", "model", "/dev/zero", "-o", "out", naming: "/dev/zero",
        saying: "not a .vz")
      try expectFailure(
        "compress", "--model", "model", "good.png", "-o", "/dev/full", naming: "/dev/full",
        saying: "No space left")
      #endif
      // A name cannot forge a line.
      try expectFailure("compress", "--model", "model", "a\nb.png", naming: "a\\nb.png")
    }
  }

  @Test("an instruction set that is none")
  func instructionSet() throws {
    try run {
      let variables = ["VAEZIP_ISA": "abacus"]
      try expectFailure(
        "compress", "--model", "model", "good.png", "-o", "out", environment: variables,
        naming: "VAEZIP_ISA")
      try expectFailure(
        "decompress", "--model", "model", "good.vz", "-o", "out", environment: variables,
        naming: "VAEZIP_ISA")
    }
  }

  @Test("wrong options: status 2, usage on standard error")
  func usage() throws {
    try run {
      let before = try vaezip.files()
      for arguments in [
        ["nonsense"], ["--nonsense"], ["compress"], ["decompress"], ["info"],
        ["compress", "-q", "101", "good.png"], ["compress", "-q", "-1", "good.png"],
        ["compress", "-q", "nan", "good.png"], ["compress", "-q", "50", "--target-bpp", "1", "good.png"],
        ["compress", "--target-size", "0", "good.png"], ["compress", "--target-bpp", "-1", "good.png"],
        ["compress", "--target-psnr", "inf", "good.png"],
        ["compress", "--target-ssimulacra2", "101", "good.png"],
        ["compress", "-q", "high", "good.png"], ["compress", "--nonsense", "good.png"],
        ["compress", "-T", "x", "good.png"], ["compress", "-T", "5000", "good.png"],
        ["compress", "-o", "out", "good.png", "good.png"], ["compress", "-o"],
        ["compress", "--tile-size", "100", "good.png"],
        ["compress", "-v", "--quiet", "good.png"], ["compress", ""],
        ["decompress", "-q", "3", "good.vz"], ["decompress", "-o", "", "good.vz"],
        ["info", "good.vz", "good.vz"],
      ] {
        let result = try vaezip.run(arguments)
        #expect(result.status == 2, "\(arguments)")
        #expect(result.output.isEmpty, "\(arguments)")
        #expect(result.error.contains("Usage:"), "\(arguments): \(result.error)")
      }
      #expect(try vaezip.files() == before)
    }
  }

  @Test("help and version: status 0, on standard output")
  func help() throws {
    try run {
      for arguments in [
        ["--help"], ["-h"], ["compress", "--help"], ["decompress", "--help"], ["info", "--help"],
        ["help", "compress"], ["--version"],
      ] {
        let result = try vaezip.run(arguments)
        #expect(result.status == 0, "\(arguments)")
        #expect(result.error.isEmpty, "\(arguments)")
        #expect(!result.output.isEmpty, "\(arguments)")
      }
      let manual = try vaezip("compress", "--help").text
      for part in ["OVERVIEW", "EXAMPLES", "--quality", "--threads", "--model", "--force"] {
        #expect(manual.contains(part))
      }
    }
  }
}
