import Foundation
import TestSupport
import Testing
import VAEZip
import VAEZipSupport

/// `--max-memory` and `--max-pixels` bound what an unknown file can ask for. Each runs with little more
/// address space than it may use: whoever takes more is aborted.
@Suite(
  "limits", .serialized, .disabled(if: Command.isSanitized),
  .enabled(if: Command.can("prlimit --as=4000000000 true")))
struct LimitTests {
  let vaezip: Command

  init() throws { vaezip = try Command.withFiles() }

  private func run(_ body: () throws -> Void) throws {
    defer { vaezip.remove() }
    try body()
  }

  /// One line, status 1, within `seconds`.
  private func expectRefusal(
    _ command: String, megabytes: Int, seconds: Int = 20, saying words: String,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    let result = try vaezip.shell(
      "prlimit --as=\(megabytes)000000 $V \(command)", seconds: seconds)
    #expect(result.status == 1, "\(command): \(result.status)", sourceLocation: location)
    #expect(result.errorLines.count == 1, "\(result.error)", sourceLocation: location)
    #expect(result.error.contains(words), "\(result.error)", sourceLocation: location)
  }

  /// A file whose streams are all empty.
  private func empty(
    _ width: Int, _ height: Int, tileSizeLog2: Int, chunks: [UInt8] = []
  ) throws -> [UInt8] {
    let header = try VZHeader(
      width: width, height: height, format: .rgb,
      modelID: ModelFile.id(of: vaezip.read("model")), qualityPosition: 0,
      tileSizeLog2: tileSizeLog2)
    let entry: [UInt8] = [0, 0, 0] + little(Checksum.hash32([UInt8]()))
    var index: [UInt8] = []
    index.reserveCapacity(entry.count * header.tileCount)
    for _ in 0..<header.tileCount { index += entry }
    return header.serialized(chunksFollow: !chunks.isEmpty) + chunks + (chunks.isEmpty ? [] : [0])
      + index + little(Checksum.hash32(index)) + [0, 0, 0, 0]
  }

  private func little(_ value: UInt32) -> [UInt8] {
    [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  @Test("entries of the index")
  func index() throws {
    try run {
      // 59 MB with 8.4 million tiles.
      try vaezip.write(empty(1 << 17, 1 << 18, tileSizeLog2: 6), to: "tiles.vz")
      for command in [
        "verify --model model", "info", "info -v --model model",
        "decompress --model model --region 0,0,9,9 -o x.png",
      ] {
        try expectRefusal(
          "\(command) --max-memory 150M --max-pixels 100G tiles.vz", megabytes: 500,
          saying: "bytes of memory")
      }
    }
  }

  @Test("chunks")
  func chunks() throws {
    try run {
      let type: [UInt8] = Array("teXt".utf8) + [0, 0, 0, 0]
      let chunk = type + little(Checksum.hash32(type))
      var chunks: [UInt8] = []
      for _ in 0..<3_000_000 { chunks += chunk }
      try vaezip.write(empty(16, 16, tileSizeLog2: 9, chunks: chunks), to: "chunks.vz")
      for command in ["verify --model model", "info", "info --json"] {
        try expectRefusal(
          "\(command) --max-memory 150M chunks.vz", megabytes: 450, saying: "bytes of memory")
      }
      // As a PNG.
      var png = Array(try vaezip.read("good.png").prefix(33))
      for _ in 0..<3_000_000 { png += [0, 0, 0, 0, 0x74, 0x65, 0x58, 0x74, 0x81, 0x0F, 0xC6, 0x5E] }
      png += try vaezip.read("good.png").dropFirst(33)
      try vaezip.write(png, to: "chunks.png")
      try expectRefusal(
        "compress --max-memory 150M --model model chunks.png -o x.vz", megabytes: 450,
        saying: "the limit of")
    }
  }

  @Test("models, through links by what they lead to")
  func models() throws {
    try run {
      _ = try vaezip.shell(
        "mkdir m; truncate -s 2G big; ln -s ../big m/a.model; mkfifo m/b.model; ln -s /dev/zero m/c.model; mkdir m/d.model"
      )
      for command in ["verify good.vz", "info -v good.vz"] {
        let result = try vaezip.shell(
          "VAEZIP_MODELS=m prlimit --as=500000000 $V \(command) --max-memory 100M", seconds: 20)
        #expect(result.status == (command.hasPrefix("info") ? 0 : 1), "\(result.error)")
        #expect(command.hasPrefix("info") || result.error.contains("unknown model"), "\(result.error)")
      }
      // A model that is one is found behind them.
      let found = try vaezip.shell("cp model m/z.model; VAEZIP_MODELS=m $V verify good.vz", seconds: 20)
      #expect(found.status == 0, "\(found.error)")
      _ = try vaezip.shell("truncate -s 60M large.model")
      for command in ["verify good.vz", "info -v good.vz", "compress good.png -o x.vz"] {
        try expectRefusal(
          "\(command) --model large.model --max-memory 100M", megabytes: 500, saying: "large.model")
      }
      try expectRefusal("info large.model --max-memory 50M", megabytes: 500, saying: "large.model")
    }
  }

  @Test("pictures of few bytes and many pixels")
  func pixels() throws {
    try run {
      try vaezip.write(empty(1 << 15, 1 << 15, tileSizeLog2: 14), to: "giga.vz")
      try expectRefusal(
        "info -v --max-memory 200M --model model giga.vz", megabytes: 700, saying: "bytes of memory")
      // A column of single pixels costs sixteen columns.
      try vaezip.write(empty(1, 1 << 27, tileSizeLog2: 9), to: "thin.vz")
      for command in ["verify", "info", "info -v", "decompress -o x.png"] {
        try expectRefusal(
          "\(command) thin.vz" + (command == "info" ? "" : " --model model"), megabytes: 700,
          seconds: 5, saying: "pixels, in whole cells of 16 × 16: the limit is 1073741824, found 2147483648")
      }
      let column = Image(
        width: 1, height: 70_000, channels: .gray, pixels: [UInt8](repeating: 7, count: 70_000))
      try vaezip.write(PNG.write(column), to: "thin.png")
      try expectRefusal(
        "compress --max-pixels 1M --model model thin.png -o x.vz", megabytes: 700, seconds: 5,
        saying: "pixels, in whole cells of 16 × 16: the limit is 1048576, found 1120000")
    }
  }

  @Test("what is no file of ours is not read")
  func devices() throws {
    try run {
      for command in ["info /dev/zero", "verify /dev/zero", "evaluate -q 50 /dev/zero"] {
        try expectRefusal(command, megabytes: 700, seconds: 10, saying: "/dev/zero: ")
      }
    }
  }
}
