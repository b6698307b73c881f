import Testing
import VAEZip

/// The product against the second implementation of the specification.
@Suite struct ReferenceTests {
  static let cases: [(width: Int, height: Int, gray: Bool, position: Int)] = [
    (1, 1, false, 0), (40, 23, false, 256), (90, 70, false, 300), (33, 81, true, 511),
  ]

  @Test(arguments: cases, [WeightTensor.DType.f16, .f32])
  func sameStreamsAndPixels(
    size: (width: Int, height: Int, gray: Bool, position: Int), dtype: WeightTensor.DType
  ) throws {
    let file = try RandomModel.file(seed: 11, dtype: dtype)
    let model = try Model(contentsOf: file.serialized())
    let image = RandomModel.image(size.width, size.height, size.gray ? .gray : .rgb)
    let encoder = try ImageEncoder(
      model: model, options: EncoderOptions(qualityPosition: size.position, tileSize: 64, effort: 1))
    let encoded = try encoder.encodeTrial(image)
    let expected = try ReferenceCodec(file: file).encode(
      image, position: size.position, tileSize: 64)
    #expect(encoded.reconstruction.pixels == expected.pixels)

    let tiles = try VZContents(parsing: encoded.bytes).tiles
    try #require(tiles.count == expected.tiles.count)
    let coder = try SymbolCoder(tables: ScaleTables.gaussian())
    for (tile, streams) in zip(tiles, expected.tiles) {
      for (bytes, stream) in zip(tile.symbols.all, streams) {
        #expect(try coder.decode(bytes, scaleIndexes: stream.levels) == stream.symbols)
      }
    }
    // The test would be idle if nothing was coded, or if all pixels were black.
    #expect(size.width == 1 || Set(expected.pixels).count > 20)
    #expect(expected.tiles.contains { $0[1].symbols.contains { $0 != 0 } })
  }
}
