import TestSupport
import Testing
import VAEZip

@Suite struct PNGMetadataTests {
  let png = TestPNG(width: 5, height: 4, bitDepth: 8, colorType: 2) { x, y, c in 9 * x + y + c }

  private func chunk(
    _ type: String, _ data: [UInt8], after: Bool = false
  ) throws
    -> ImageMetadata.Chunk
  {
    try #require(ImageMetadata.Chunk(type: type, data: data, followsPixels: after))
  }

  private func encoded(_ chunks: [ImageMetadata.Chunk]) -> [UInt8] {
    func bytes(_ after: Bool) -> [UInt8] {
      chunks.filter { $0.followsPixels == after }.flatMap { TestPNG.chunk($0.type, $0.data) }
    }
    return png.encoded(extra: bytes(false), after: bytes(true))
  }

  /// A chunk of each kind. Their contents are nonsense: nothing interprets them.
  private func all() throws -> [ImageMetadata.Chunk] {
    try ["cHRM", "cICP", "cLLI", "gAMA", "iCCP", "mDCV", "sRGB", "eXIf", "pHYs", "prIv"]
      .enumerated().map { try chunk($1, [UInt8](repeating: UInt8($0), count: 7 * $0)) }
      + [
        chunk("tEXt", Array("Title\0one".utf8)), chunk("tEXt", Array("Title\0two".utf8)),
        chunk("zTXt", Array("Title\0\0nonsense".utf8)), chunk("iTXt", []),
        chunk("tIME", [7, 7], after: true), chunk("tEXt", [1, 0, 2], after: true),
        chunk("prIv", Array(repeating: 3, count: 70_000), after: true),
      ]
  }

  @Test func chunksComeBackInTheirPlaces() throws {
    let metadata = ImageMetadata(try all())
    let decoded = try PNG.read(encoded(metadata.chunks))
    #expect((decoded.image.metadata == metadata) == true)
    #expect(decoded.notices == [])
    // What is written has the chunks in their places.
    let again = try PNG.write(decoded.image)
    #expect((try PNG.read(again).image == decoded.image) == true)
    let types = Self.types(again)
    let pixels = try #require(types.firstIndex(of: "IDAT"))
    #expect(Array(types[1..<pixels]) == metadata.chunks.filter { !$0.followsPixels }.map(\.type))
    #expect(Array(types[(pixels + 1)...]) == ["tIME", "tEXt", "prIv", "IEND"])
    // If metadata are not kept.
    let stripped = try PNG.read(encoded(metadata.chunks), keepsMetadata: false)
    #expect(stripped.image.metadata.isEmpty)
    #expect(stripped.notices == [])
    #expect(stripped.image.pixels == decoded.image.pixels)
  }

  @Test func chunksThatDependOnSamplesAreLeftOut() throws {
    let extra = ["bKGD", "sBIT", "hIST", "sPLT", "unSK", "bKGD", "acTL"].flatMap {
      TestPNG.chunk($0, [0, 1, 0, 1, 0, 1])
    }
    let decoded = try PNG.read(png.encoded(extra: extra))
    #expect(decoded.image.metadata.isEmpty)
    #expect(
      decoded.notices == [
        "animated; only the first picture is read",
        "chunks not kept: bKGD, sBIT, hIST, sPLT, unSK, acTL",
      ])
    for type in ["IDAT", "tRNS", "fdAT", "pIXs", "abcd", "tEX", "tEXté", "tE\0t"] {
      #expect(ImageMetadata.Chunk(type: type, data: []) == nil)
    }
  }

  @Test func sizeOfAChunk() throws {
    let large = try chunk("eXIf", [UInt8](repeating: 1, count: 9_000_000))
    let file = encoded([large])
    #expect((try PNG.read(file).image.metadata == ImageMetadata([large])) == true)
    #expect(try PNG.read(file, keepsMetadata: false).image.metadata.isEmpty)
    var limits = PNG.Limits.default
    limits.metadataBytes = 8_999_999
    #expect(throws: PNGError.tooMuchMetadata(limit: 8_999_999)) {
      try PNG.read(file, limits: limits)
    }
    // A length beyond the end of the file.
    var forged = encoded([try chunk("eXIf", [1])])
    let place = 33
    #expect(forged[place + 4] == UInt8(ascii: "e"))
    forged[place] = 0x7F
    #expect(throws: PNGError.tooMuchMetadata(limit: 1 << 26)) { try PNG.read(forged) }
    #expect(throws: PNGError.truncated(offset: forged.count)) { try PNG.read(forged, keepsMetadata: false) }
  }

  @Test func limits() throws {
    let file = encoded([try chunk("tEXt", [1, 2, 3]), try chunk("eXIf", [4, 5, 6], after: true)])
    var limits = PNG.Limits.default
    limits.metadataBytes = 30
    #expect(try PNG.read(file, limits: limits).image.metadata.chunks.count == 2)
    for bytes in [0, 2, 14, 29] {
      limits.metadataBytes = bytes
      #expect(throws: PNGError.tooMuchMetadata(limit: bytes)) {
        try PNG.read(file, limits: limits)
      }
      // Skipped chunks have no limit, not even libpng's of 8 MB.
      #expect(try PNG.read(file, limits: limits, keepsMetadata: false).image.metadata.isEmpty)
    }
  }

  /// The types of a PNG's chunks.
  private static func types(_ file: [UInt8]) -> [String] {
    var types: [String] = []
    var offset = 8
    while offset + 12 <= file.count {
      let length = file[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
      types.append(String(decoding: file[offset + 4..<offset + 8], as: UTF8.self))
      offset += length + 12
    }
    return types
  }
}
