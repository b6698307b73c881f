import TestSupport
import Testing
import VAEZip
import VAEZipContainer
import VAEZipImage

@Suite("Color profiles in .vz files")
struct ProfileChunkTests {
  /// sRGB IEC61966-2.1, the second of the known profiles.
  static let sRGB = Array(ProfileChunk.dictionary[672...])

  static func metadata(_ profile: [UInt8], count: Int = 1) throws -> ImageMetadata {
    let color = try #require(PNGColorProfile(name: Array("ICC Profile".utf8), profile: profile))
    let data = try #require(color.chunkData)
    let chunk = try #require(ImageMetadata.Chunk(type: "iCCP", data: data))
    return ImageMetadata([ImageMetadata.Chunk](repeating: chunk, count: count))
  }

  static func file(_ chunks: [VZChunk]) throws -> [UInt8] {
    let example = try VZFileTests.example(version: 2)
    return try VZContents(
      header: example.header, chunks: chunks, tiles: example.tiles, trailer: example.trailer
    ).serialized()
  }

  @Test(
    "sRGB takes less than 60 bytes and comes back, with another date, too", arguments: [nil, 7] as [UInt8?])
  func known(date: UInt8?) throws {
    var profile = Self.sRGB
    if let date { profile.replaceSubrange(24..<36, with: [UInt8](repeating: date, count: 12)) }
    let metadata = try Self.metadata(profile)
    let chunks = try metadata.containerChunks()
    #expect(chunks.map(\.type) == ["zICC"])
    #expect(chunks[0].data.count < 60)
    #expect(ImageMetadata(chunks) == metadata)
  }

  @Test("profiles of noise, of a megabyte of zeros, and empty ones come back")
  func others() throws {
    var random = SplitMix64(5)
    let noise = (0..<2000).map { _ in UInt8.random(in: 0...255, using: &random) }
    for profile in [noise, [UInt8](repeating: 0, count: 1 << 20), []] {
      let metadata = try Self.metadata(profile)
      #expect(ImageMetadata(try metadata.containerChunks()) == metadata)
    }
  }

  @Test("a damaged iCCP, and a second one, stay as they are")
  func unusual() throws {
    let two = try Self.metadata(Self.sRGB, count: 2)
    #expect(try two.containerChunks().map(\.type) == ["zICC", "iCCP"])
    let method: [UInt8] = [65, 0, 1] + two.chunks[0].data.dropFirst(13)
    let damaged: [[UInt8]] = [[], [0], [65, 0], [65, 0, 0, 1, 2, 3], method]
    for data in damaged {
      let chunk = try #require(ImageMetadata.Chunk(type: "iCCP", data: data))
      let metadata = ImageMetadata([chunk])
      #expect(try metadata.containerChunks().map(\.data) == [data])
    }
  }

  @Test("refuses a second zICC, damaged frames, and sizes beyond the limits")
  func refused() throws {
    let chunk = try Self.metadata(Self.sRGB).containerChunks()[0]
    #expect(try VZContents(parsing: Self.file([chunk])).chunks == [chunk])
    #expect(throws: VZError.self) { try VZContents(parsing: Self.file([chunk, chunk])) }
    var random = SplitMix64(6)
    var refused = 0
    for _ in 0..<500 {
      var data = chunk.data
      data[Int.random(in: data.indices, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      let damaged = try Self.file([VZChunk(type: "zICC", data: data)])
      do {
        let metadata = ImageMetadata(try VZContents(parsing: damaged).chunks)
        #expect(metadata.chunks.map(\.type) == ["iCCP"])
      } catch {
        refused += 1
      }
    }
    #expect(refused > 100)
    #expect(throws: VZError.self) {
      try VZContents(parsing: Self.file([chunk]), limits: VZFile.Limits(memory: 5000))
    }
  }
}
