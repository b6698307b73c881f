import TestSupport
import Testing
import VAEZip

@Suite("The container of .vz files")
struct VZFileTests {
  /// A file of version 1, written by hand.
  static let versionOne: [UInt8] = [
    0xD6, 0x56, 0x5A, 0x0D, 0x0A, 0x1A, 0x0A, 0x01,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
    0xEF, 0xCD, 0xAB, 0x89, 0x67, 0x45, 0x23, 0x01, 0x80, 0x04, 0x73, 0x09,
    0x8E, 0x25, 0xD9, 0xC3,
    0x03, 0x01, 0x00, 0x16, 0x19, 0xCB, 0xEA, 0xF7, 0x48, 0x1A, 0x62,
    0xA0, 0xA1, 0xA2, 0xB0, 0x7B, 0xF5, 0x2C, 0x77,
  ]

  /// The example of Formats/VZ.md, copied from the page by hand.
  static let golden: [UInt8] = [
    0xD6, 0x56, 0x5A, 0x0D, 0x0A, 0x1A, 0x0A, 0x02,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x73, 0x49,
    0xE9, 0x57, 0x25, 0x90,
    0x00, 0x00, 0x00, 0x06, 0x3C, 0x4D, 0x4B, 0xF6,
    0x4A, 0xA6, 0x66, 0xCD,
    0x80, 0x00, 0x00, 0x0A, 0x14, 0x1E,
    0x4A, 0x20, 0x41, 0xB3,
  ]

  static func example(version: UInt8 = 1) throws -> VZContents {
    try VZContents(
      header: VZHeader(
        width: 1, height: 1, format: .rgb, modelID: 0x0123_4567_89AB_CDEF, qualityPosition: 1152,
        version: version),
      tiles: [TileStreams(symbols: PerStream(hyper: [0xA0, 0xA1, 0xA2], pass1: [0xB0], pass2: []))],
      trailer: version == 1
        ? .pixels(color: Checksum.hash32([10, 20, 30]), alpha: nil) : .content(0x0123_4567))
  }

  /// Six tiles, streams of many lengths, two chunks.
  static func large() throws -> VZContents {
    var tiles: [TileStreams] = []
    for tile in 0..<6 {
      func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ tile) }
      }
      tiles.append(
        TileStreams(
          symbols: PerStream(hyper: bytes(tile), pass1: bytes(127 + tile % 2), pass2: bytes(tile * 5000)),
          exact: bytes(tile % 3 * 70)))
    }
    return try VZContents(
      header: VZHeader(
        width: 150, height: 100, format: .gray, modelID: .max, qualityPosition: 0,
        tileSizeLog2: 6, exactDepth: .eight),
      chunks: [
        VZChunk(type: "vzTa", data: [1, 2, 3]), VZChunk(type: "teSt", data: []),
      ],
      tiles: tiles, trailer: .content(0xDEAD_BEEF))
  }

  @Test("writes the bytes of the specification's example")
  func golden() throws {
    let image = Image(width: 1, height: 1, channels: .rgb, pixels: [10, 20, 30])
    let encoder = try ImageEncoder(
      model: RandomModel.model(), options: EncoderOptions(isLossless: true))
    #expect(try encoder.encode(image).bytes == Self.golden)
    #expect(try VZContents(parsing: Self.golden).serialized() == Self.golden)
    #expect(try ImageDecoder(models: ModelLibrary([], includingBuiltIn: false)).decode(Self.golden) == image)
  }

  @Test("reads and writes version 1")
  func versionOne() throws {
    #expect(try Self.example().serialized() == Self.versionOne)
    #expect(try VZContents(parsing: Self.versionOne) == Self.example())
    #expect(try VZFile(parsing: Self.versionOne).header.version == 1)
  }

  @Test("reads what it wrote")
  func roundTrip() throws {
    let container = try Self.large()
    let bytes = container.serialized()
    #expect(try VZContents(parsing: bytes) == container)
    #expect(container.overhead + container.tiles.reduce(0) { $0 + $1.all.joined().count } == bytes.count)
  }

  @Test("costs at most 40 bytes, and 12 a tile")
  func overhead() throws {
    let stream = [UInt8](repeating: 7, count: 100_000)
    let header = try VZHeader(
      width: 1024, height: 513, format: .rgb, modelID: 1, qualityPosition: 0)
    let tile = TileStreams(
      symbols: PerStream(hyper: Array(stream.prefix(8192)), pass1: stream, pass2: stream))
    let container = try VZContents(
      header: header, tiles: Array(repeating: tile, count: 4), trailer: .content(0))
    #expect(container.overhead <= 40 + 12 * 4)
    #expect(try Self.example().overhead == 47)
  }

  @Test("says which pixels a tile has")
  func tiles() throws {
    let header = try Self.large().header
    #expect(header.tileColumns == 3)
    #expect(header.tileRows == 2)
    #expect(header.bounds(ofTile: 0) == (0..<64, 0..<64))
    #expect(header.bounds(ofTile: 5) == (128..<150, 64..<100))
  }

  @Test("refuses a file that is cut anywhere")
  func truncation() throws {
    for bytes in [Self.golden, Self.versionOne, try Self.large().serialized()] {
      // Every length before the tiles, and some within them.
      let sample = Array(stride(from: 400, to: bytes.count, by: 997))
      let lengths = Array(0..<min(bytes.count, 400)) + sample + [bytes.count - 1]
      for length in lengths where length < bytes.count {
        do {
          _ = try VZContents(parsing: Array(bytes.prefix(length)))
          Issue.record("\(length) bytes were accepted")
        } catch .truncated {
        } catch .notVZ where length == 0 {
        } catch {
          Issue.record("\(length) bytes: \(error)")
        }
      }
    }
  }

  @Test("refuses trailing bytes")
  func trailing() throws {
    for file in [Self.golden, Self.versionOne] {
      #expect(throws: VZError.trailingBytes(offset: file.count, count: 1)) {
        try VZContents(parsing: file + [0])
      }
    }
  }

  @Test("detects every flipped bit; those of the trailer, with what was decoded")
  func flips() throws {
    for file in [Self.golden, Self.versionOne] {
      let trailer = try VZContents(parsing: file).trailer
      for bit in 0..<8 * file.count {
        var bytes = file
        bytes[bit / 8] ^= 1 << (bit % 8)
        #expect(throws: VZError.self, "bit \(bit)") {
          _ = try VZFile(parsing: bytes).streams(ofTile: 0, in: bytes)
          try VZFile(parsing: bytes).verifyEnd(of: bytes, trailer: trailer)
        }
      }
    }
    let large = try Self.large()
    let bytes = large.serialized()
    for bit in 0..<8 * 130 {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << (bit % 8)
      #expect(throws: VZError.self, "bit \(bit)") { try VZContents(parsing: damaged) }
    }
  }

  @Test("confines damage to its tile")
  func damagedTile() throws {
    let container = try Self.large()
    var bytes = container.serialized()
    let layout = try VZFile(parsing: bytes)
    bytes[layout.tiles[3].offset + 10] ^= 0x10
    #expect(try VZFile(parsing: bytes) == layout)
    for tile in layout.tiles.indices {
      if tile == 3 {
        #expect(throws: VZError.self) { try layout.streams(ofTile: tile, in: bytes) }
      } else {
        #expect(try layout.streams(ofTile: tile, in: bytes) == container.tiles[tile])
      }
    }
    // Tiles before a cut can still be read.
    let cut = Array(bytes.prefix(layout.tiles[4].offset))
    #expect(try layout.streams(ofTile: 2, in: cut) == container.tiles[2])
    #expect(throws: VZError.self) { try layout.streams(ofTile: 4, in: cut) }
  }

  @Test("says what is wrong")
  func errors() {
    func error(_ change: (inout [UInt8]) -> Void, fix: Bool = true) -> VZError? {
      var bytes = Self.versionOne
      change(&bytes)
      if fix, bytes.count >= 32 {
        let sum = Checksum.hash32(bytes.prefix(28))
        for index in 0..<4 { bytes[28 + index] = UInt8(truncatingIfNeeded: sum >> (8 * index)) }
      }
      do { _ = try VZContents(parsing: bytes) } catch { return error }
      return nil
    }
    #expect(error { $0 = Array("PNG, not VZ".utf8) } == .notVZ(found: Array("PNG, no".utf8)))
    #expect(error { $0 = [] } == .notVZ(found: []))
    let text: [UInt8] = [0xD6, 0x56, 0x5A, 0x0A, 0x1A, 0x0A, 0x01]
    #expect(error({ $0.remove(at: 3) }, fix: false) == .textTransfer(found: text))
    #expect(error { $0[7] = 3 } == .unsupportedVersion(3))
    let invalid = [
      (8, 0), (12, 0), (11, 0x80), (26, 0x03), (26, 0x75), (26, 0xF0), (26, 0x83), (27, 0x29), (27, 5),
      (27, 15),
    ]
    for (offset, value) in invalid {
      guard case .invalidField = error({ $0[offset] = UInt8(value) }) else {
        Issue.record("\(value) at \(offset) was accepted")
        continue
      }
    }
    // 2³⁰ × 2¹⁰ pixels are valid, but above the reader's limit. It allocates nothing for them.
    #expect(
      error {
        $0.replaceSubrange(8..<16, with: [0, 0, 0, 0x40, 0, 4, 0, 0])
      } == .limitExceeded("pixels, in whole cells of 16 × 16", limit: 1 << 30, found: 1 << 40))
    // The file is too short for the index of so many tiles.
    #expect(
      error {
        $0.replaceSubrange(8..<16, with: [0, 0x80, 0, 0, 0, 0x80, 0, 0])
      } == .truncated(.index, offset: 32, expected: 7 * 4096, found: 19))
    // The last four bytes are the pixels' checksum: only the pixels can prove it wrong.
    for index in Self.versionOne.indices.dropLast(4) {
      let line = error({ $0[index] ^= 0xFF }, fix: false)?.description ?? ""
      #expect(!line.isEmpty && !line.contains("\n"))
    }
  }

  @Test("accepts numbers only in their shortest form")
  func varints() throws {
    func parse(_ number: [UInt8]) -> VZError? {
      do {
        _ = try VZFile(
          parsing: Array(Self.versionOne.prefix(32)) + number + [0, 0] + [UInt8](repeating: 0, count: 8))
      } catch { return error }
      return nil
    }
    for number: [UInt8] in [
      [0x80, 0x00], [0x83, 0x80, 0x00], [0xFF, 0xFF, 0xFF, 0xFF, 0x1F],
      [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
    ] {
      guard case .invalidField = parse(number) else {
        Issue.record("\(number) was accepted")
        continue
      }
    }
    guard case .checksumMismatch(.index, _, _, _) = parse([0xFF, 0xFF, 0xFF, 0xFF, 0x0F]) else {
      Issue.record("2³² − 1 was refused")
      return
    }
  }

  @Test("skips unknown ancillary chunks, refuses unknown critical ones")
  func chunks() throws {
    let header = try Self.example().header
    func file(_ chunks: [VZChunk]) throws -> [UInt8] {
      try VZContents(
        header: header, chunks: chunks, tiles: Self.example().tiles,
        trailer: .pixels(color: 0, alpha: nil)
      ).serialized()
    }
    let ancillary = try VZChunk(type: "prIV", data: [9])
    let critical = try VZChunk(type: "CRIT", data: [9])
    #expect(!ancillary.isCritical && !ancillary.isSafeToCopy && critical.isCritical)
    #expect(try VZContents(parsing: file([ancillary])).chunks == [ancillary])
    #expect(throws: VZError.unknownCriticalChunk("CRIT", offset: 45)) {
      try VZContents(parsing: file([ancillary, critical]))
    }
    #expect(throws: VZError.limitExceeded("bytes of chunks", limit: 12, found: 13)) {
      try VZContents(parsing: file([ancillary]), limits: VZFile.Limits(chunkBytes: 12))
    }
    for type in ["abc", "abcde", "ab1D", "abcd", "äbC"] {
      #expect(throws: VZError.self) { try VZChunk(type: type, data: []) }
    }
  }

  @Test("refuses parts that do not fit together")
  func construction() throws {
    let header = try Self.example().header
    #expect(throws: VZError.self) {
      try VZContents(header: header, tiles: [], trailer: .content(0))
    }
    #expect(throws: VZError.self) {
      try VZHeader(width: 0, height: 1, format: .rgb, modelID: 1, qualityPosition: 0)
    }
    #expect(throws: VZError.self) {
      try VZHeader(
        width: 1 << 30, height: 1 << 11, format: .rgb, modelID: 1, qualityPosition: 0)
    }
  }
}
