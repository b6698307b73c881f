import TestSupport
import Testing
import VAEZip
import VAEZipReference

/// The library's encoder at effort 1 against the one that follows MODEL.md alone.
@Suite struct ReferenceEncoderTests {
  struct Case: CustomTestStringConvertible {
    let width, height: Int
    let channels: Image.Channels
    let qualityPosition: Int
    var testDescription: String { "\(width) × \(height) \(channels) at \(qualityPosition)" }
  }

  static let cases = [
    Case(width: 1, height: 1, channels: .rgb, qualityPosition: 0),
    Case(width: 40, height: 23, channels: .rgb, qualityPosition: 256),
    Case(width: 90, height: 70, channels: .rgb, qualityPosition: 300),
    Case(width: 33, height: 81, channels: .gray, qualityPosition: 511),
  ]

  @Test(arguments: cases, [WeightTensor.DType.f16, .f32])
  func sameSymbolsAndPixels(_ test: Case, dtype: WeightTensor.DType) throws {
    try sameSymbolsAndPixels(test, RandomModel.bytes(seed: 11, dtype: dtype))
  }

  @Test(arguments: cases) func dualCheckerboard(_ test: Case) throws {
    try sameSymbolsAndPixels(test, RandomModel.bytes(seed: 12, masks: .dualCheckerboard))
  }

  private func sameSymbolsAndPixels(_ test: Case, _ file: [UInt8]) throws {
    let model = try Model(contentsOf: file)
    let image = TestImage.make(test.width, test.height, test.channels)
    let encoder = try ImageEncoder(
      model: model,
      options: EncoderOptions(
        qualityPosition: test.qualityPosition, tileSize: 64, effort: 1,
        choosesExactPixels: false))
    let encoded = try encoder.encodeTrial(image)
    let expected = try ReferenceEncoder(model: file).encode(
      image.pixels, width: test.width, height: test.height,
      colors: Int(test.channels.rawValue), qualityPosition: test.qualityPosition, tileSize: 64)
    #expect(encoded.reconstruction.pixels == expected.pixels)

    let tiles = try VZContents(parsing: encoded.bytes).tiles
    try #require(tiles.count == expected.tiles.count)
    let coder = try SymbolCoder(tables: model.tables)
    for (tile, streams) in zip(tiles, expected.tiles) {
      for (bytes, stream) in zip(tile.symbols.all, streams) {
        let symbols = try coder.decode(bytes, scaleIndexes: stream.scaleIndexes.map { UInt8($0) })
        #expect(symbols.map { Int($0) } == stream.symbols)
      }
    }
    // Without symbols, or with one color only, the test would prove nothing.
    #expect(test.width == 1 || Set(expected.pixels).count > 20)
    #expect(expected.tiles.contains { $0[1].symbols.contains { $0 != 0 } })
  }
}
