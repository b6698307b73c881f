import TestSupport
import Testing
import VAEZip

/// Metadata through the encoder and the decoder.
@Suite struct MetadataTests {
  private static let model = Result { try RandomModel.model(seed: 3) }

  private func chunk(
    _ type: String, _ data: [UInt8], after: Bool = false
  ) throws
    -> ImageMetadata.Chunk
  {
    try #require(ImageMetadata.Chunk(type: type, data: data, followsPixels: after))
  }

  @Test func comeBackInTheirPlaces() throws {
    let model = try Self.model.get()
    let encoder = try ImageEncoder(model: model, options: EncoderOptions(effort: 1))
    let decoder = ImageDecoder(models: ModelLibrary([model]))
    let all = try [
      chunk("gAMA", [0, 0, 0xB1, 0x8F]), chunk("iTXt", []), chunk("prIv", [7]),
      chunk("tEXt", [1, 0, 2], after: true),
      chunk("prIv", [UInt8](repeating: 3, count: 70_000), after: true),
    ]
    for chunks in [[], Array(all.prefix(1)), Array(all.suffix(2)), all] {
      var image = TestImage.make(5, 4)
      image.metadata = ImageMetadata(chunks)
      let encoded = try encoder.encodeTrial(image)
      #expect(encoded.statistics.fileBytes == encoded.bytes.count)
      let decoded = try decoder.decode(encoded.bytes)
      let isSame = decoded == encoded.reconstruction
      let isSameMetadata = decoded.metadata == image.metadata
      #expect(isSame && isSameMetadata)
    }
  }

  /// A file may have chunks that a PNG must not get.
  @Test func otherChunksOfAFileAreNotMetadata() throws {
    let model = try Self.model.get()
    let encoded = try ImageEncoder(model: model).encodeTrial(TestImage.make(20, 20))
    let contents = try VZContents(parsing: encoded.bytes)
    let types = ["tRNS", "gAMA", "fdAT", "pIXs", "bKGD", "eXIf"]
    let file = try VZContents(
      header: contents.header, chunks: types.map { try VZChunk(type: $0, data: [1]) },
      tiles: contents.tiles, trailer: contents.trailer)
    let image = try ImageDecoder(models: ModelLibrary([model])).decode(file.serialized())
    #expect(
      image.metadata
        == ImageMetadata([try chunk("gAMA", [1]), try chunk("eXIf", [1], after: true)]))
  }
}
