import TestSupport
import Testing
import VAEZip

/// Faults that the world's PNGs have. What Pillow, cjxl, avifenc and cwebp read is read, with a notice;
/// what concerns the pixels is refused for its true reason.
@Suite struct PNGFaultTests {
  private let gray = TestPNG(width: 6, height: 5, bitDepth: 8, colorType: 0) { x, y, _ in 9 * x + y }
  private let color = TestPNG(width: 6, height: 5, bitDepth: 8, colorType: 2) { x, y, c in
    9 * x + y + 60 * c
  }
  /// 4 colors, the second half transparent.
  private let palette = TestPNG(
    width: 6, height: 5, bitDepth: 2, colorType: 3, palette: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    transparency: [255, 128]
  ) { x, y, _ in (x + y) % 4 }

  private func expect(
    _ png: [UInt8], like right: TestPNG, noting fault: String,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    for keepsMetadata in [true, false] {
      let decoded = try PNG.read(png, keepsMetadata: keepsMetadata)
      #expect(
        try decoded.image == PNG.read(right.encoded()).image, sourceLocation: location)
      if keepsMetadata {
        #expect(
          decoded.notices == ["faults of the PNG that were ignored: \(fault)"],
          sourceLocation: location)
      }
    }
  }

  private func error(_ png: [UInt8], keepsMetadata: Bool = true) -> PNGError? {
    do throws(PNGError) {
      _ = try PNG.read(png, keepsMetadata: keepsMetadata)
      return nil
    } catch {
      return error
    }
  }

  /// The chunks of a file, each whole.
  private func chunks(_ file: [UInt8]) -> [[UInt8]] {
    var chunks: [[UInt8]] = []
    var offset = 8
    while offset < file.count {
      let end = offset + 12 + file[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
      chunks.append(Array(file[offset..<end]))
      offset = end
    }
    return chunks
  }

  private func file(_ chunks: [[UInt8]]) -> [UInt8] { TestPNG.signature + chunks.flatMap { $0 } }

  @Test func bytesAfterTheEnd() throws {
    for bytes in [[10], [0, 1, 2], [UInt8](repeating: 0, count: 9_000_000)] {
      try expect(gray.encoded() + bytes, like: gray, noting: "bytes after the end")
    }
  }

  @Test func palettesWhereNoneBelongs() throws {
    let extra = TestPNG.chunk("PLTE", [1, 2, 3])
    try expect(gray.encoded(extra: extra), like: gray, noting: "PLTE where none belongs")
    try expect(gray.encoded(after: extra), like: gray, noting: "PLTE where none belongs")
    try expect(palette.encoded(after: extra), like: palette, noting: "PLTE where none belongs")
    // A suggestion, which PNG allows.
    #expect(try PNG.read(color.encoded(extra: extra)) == PNG.read(color.encoded()))
  }

  @Test func transparencyWhereNoneBelongs() throws {
    let alpha = TestPNG(width: 6, height: 5, bitDepth: 8, colorType: 6) { x, y, c in x + y + 40 * c }
    try expect(
      alpha.encoded(extra: TestPNG.chunk("tRNS", [0, 1, 0, 2, 0, 3])), like: alpha,
      noting: "tRNS where none belongs")
    for png in [gray, color] {
      let tRNS = TestPNG.chunk("tRNS", png.colorType == 0 ? [0, 1] : [0, 1, 0, 2, 0, 3])
      try expect(png.encoded(after: tRNS), like: png, noting: "tRNS where none belongs")
      for size in [0, 1, 3, 7] {
        try expect(
          png.encoded(extra: TestPNG.chunk("tRNS", [UInt8](repeating: 0, count: size))), like: png,
          noting: "tRNS of \(size) bytes")
      }
    }
    try expect(
      palette.encoded(extra: TestPNG.chunk("tRNS", [0])), like: palette,
      noting: "tRNS where none belongs")
  }

  @Test func transparencyLongerThanThePalette() throws {
    var long = palette
    long.transparency = [255, 128, 255, 255, 9, 9, 9]
    try expect(long.encoded(), like: palette, noting: "tRNS longer than PLTE")
  }

  @Test func transparencyBeforeThePalette() throws {
    var parts = chunks(palette.encoded())
    parts.swapAt(1, 2)
    try expect(file(parts), like: palette, noting: "tRNS before PLTE")
  }

  @Test func dataAfterTheLastRow() throws {
    for (index, extra) in [[1, 2, 3], TestPNG.stored([5, 6, 7])].enumerated() {
      var parts = chunks(gray.encoded())
      let data = parts[1][8..<parts[1].count - 4]
      parts[1] = TestPNG.chunk("IDAT", Array(data) + extra)
      try expect(file(parts), like: gray, noting: "data after the last row")
      // In a chunk of its own, and after another one.
      parts = chunks(gray.encoded())
      parts.insert(TestPNG.chunk("IDAT", extra), at: 2)
      _ = try PNG.read(file(parts))
      parts.insert(TestPNG.chunk("tIME", [UInt8](repeating: 1, count: 7)), at: 2)
      #expect(
        try PNG.read(file(parts)).notices == ["faults of the PNG that were ignored: surplus IDAT"], "\(index)"
      )
    }
    // More rows than the picture has.
    var tall = gray
    tall.height = 9
    var parts = chunks(gray.encoded())
    parts[1] = chunks(tall.encoded())[1]
    try expect(file(parts), like: gray, noting: "data after the last row")
  }

  @Test func checksumsOfAncillaryChunks() throws {
    var text = TestPNG.chunk("tEXt", Array("Title\0hello".utf8))
    text[12] ^= 1
    let decoded = try PNG.read(gray.encoded(extra: text + text, after: text))
    #expect(decoded.notices == ["faults of the PNG that were ignored: tEXt with a wrong checksum"])
    #expect(decoded.image.metadata.isEmpty)
    #expect(try PNG.read(gray.encoded(extra: text), keepsMetadata: false).notices == [])
    var key = TestPNG.chunk("tRNS", [0, 1])
    key[9] ^= 1
    try expect(gray.encoded(extra: key), like: gray, noting: "tRNS with a wrong checksum")
    // Those of critical chunks stay errors.
    for index in 0..<chunks(palette.encoded()).count where index != 2 {
      var parts = chunks(palette.encoded())
      parts[index][parts[index].count - 1] ^= 1
      #expect(error(file(parts)) != nil, "\(index)")
    }
  }

  @Test func unknownCriticalChunks() {
    for keepsMetadata in [true, false] {
      for type in ["CRIT", "JDAT", "ABcD"] {
        let chunk = TestPNG.chunk(type, [1])
        for png in [gray.encoded(extra: chunk), gray.encoded(after: chunk)] {
          guard case .damaged("unknown critical chunk \(type)", _) = error(png, keepsMetadata: keepsMetadata)
          else {
            Issue.record("\(type) was accepted")
            continue
          }
        }
      }
    }
  }

  @Test func theTrueReason() {
    let zeros = TestPNG.chunk("tEXt", [0x41, 0, 0, 0, 0, 0, 0, 0])
    #expect(
      error(TestPNG.signature + zeros + gray.encoded().dropFirst(8))?.description
        == "damaged PNG: the first chunk is tEXt, not IHDR, found before offset 16")
    #expect(
      error(TestPNG.signature + TestPNG.chunk("CgBI", [0, 0, 0, 0]) + gray.encoded().dropFirst(8))?
        .description.contains("the first chunk is CgBI, not IHDR (made for iOS)") == true)
    var parts = chunks(gray.encoded())
    parts.insert(parts[0], at: 1)
    #expect(error(file(parts))?.description.contains("a second IHDR") == true)
    parts = chunks(palette.encoded())
    parts.remove(at: 1)
    #expect(error(file(parts))?.description.contains("Missing PLTE before IDAT") == true)
    parts = chunks(gray.encoded())
    parts.remove(at: 1)
    #expect(error(file(parts))?.description.contains("no IDAT before IEND") == true)
    let middle = TestPNG.chunk("IDAT", [0x78])
    parts = chunks(gray.encoded())
    parts.insert(contentsOf: [middle, TestPNG.chunk("tIME", [])], at: 1)
    #expect(error(file(parts)) != nil)
  }

  @Test func animation() throws {
    let extra = TestPNG.chunk("acTL", [0, 0, 0, 1, 0, 0, 0, 0])
    #expect(
      try PNG.read(gray.encoded(extra: extra)).notices
        == ["animated; only the first picture is read", "chunks not kept: acTL"])
  }

  /// As many types as fit into some megabytes: seconds if the work is linear, hours if it is not.
  @Test(.timeLimit(.minutes(1))) func typesOfChunks() throws {
    let letters = Array("abcdefghijklmnopqrstuvwxyz".utf8)
    let upper = letters.map { $0 - 32 }
    var extra: [UInt8] = []
    for a in letters {
      for b in letters {
        for c in upper {
          for d in upper {
            let crc = TestPNG.crc32([a, b, c, d])
            extra += [0, 0, 0, 0, a, b, c, d] + bigEndian(crc)
          }
        }
      }
    }
    let notices = try PNG.read(gray.encoded(extra: extra)).notices
    #expect(
      notices == ["chunks not kept: aaAA, aaAB, aaAC, aaAD, aaAE, aaAF, aaAG, aaAH and at least 992 more"])
  }

  @Test func memoryOfManyChunks() throws {
    // Each counts what it costs to keep, not only what it has in the file.
    let chunk = TestPNG.chunk("teXt", [])
    let extra = Array(repeatElement(chunk, count: 400_000).joined())
    #expect(error(gray.encoded(extra: extra)) == .tooMuchMetadata(limit: PNG.Limits.default.metadataBytes))
    let some = Array(repeatElement(chunk, count: 2000).joined())
    #expect(try PNG.read(gray.encoded(extra: some)).image.metadata.chunks.count == 2000)
  }
}
