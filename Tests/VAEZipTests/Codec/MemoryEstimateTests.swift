import TestSupport
import Testing
import VAEZip

@Suite struct MemoryEstimateTests {
  private let model: Model

  init() throws { model = try RandomModel.model(seed: 11) }

  private func header(
    _ width: Int, _ height: Int, tileSizeLog2: Int = 9, format: Image.Format = .rgb
  ) throws -> VZHeader {
    try VZHeader(
      width: width, height: height, format: format, modelID: model.id, qualityPosition: 0,
      tileSizeLog2: tileSizeLog2)
  }

  @Test func growsWithTheWidthAndHardlyWithTheHeight() throws {
    let decoder = ImageDecoder(models: ModelLibrary([model]), threads: 2)
    let tall = try decoder.memoryEstimate(header(4096, 1 << 20))
    // The index grows with the tiles: less than 200 bytes for each.
    let short = try decoder.memoryEstimate(header(4096, 1 << 14))
    #expect(short <= tall && tall - short < 200 * 8 * ((1 << 20) / 512))
    #expect(try decoder.memoryEstimate(header(8192, 1 << 14)) > tall)
    let deep = Image.Format(channels: .rgb, hasAlpha: true, depth: .sixteen)
    let withAlpha = try decoder.memoryEstimate(header(4096, 1 << 14, format: deep))
    // At least a row of tiles of alpha.
    #expect(withAlpha > tall + 2 * 512 * 4096)
    for effort in [1, 4] {
      let encoder = try ImageEncoder(model: model, options: EncoderOptions(threads: 2, effort: effort))
      let tall = try encoder.memoryEstimate(width: 4096, height: 1 << 20, format: .rgb)
      // A byte for each block of 64 × 64 pixels.
      let short = try encoder.memoryEstimate(width: 4096, height: 1 << 14, format: .rgb)
      #expect(short <= tall && tall - short <= 1 << 20)
      #expect(try encoder.memoryEstimate(width: 8192, height: 1 << 14, format: .rgb) > tall)
    }
  }

  @Test func coversHeadersThatAskForTooMuch() throws {
    let decoder = ImageDecoder(models: ModelLibrary([model]), threads: 2)
    #expect(try decoder.memoryEstimate(header(1 << 30, 1)) > 1 << 36)
    #expect(try decoder.memoryEstimate(header(1 << 14, 1 << 14, tileSizeLog2: 14)) > 1 << 28)
  }

  /// A picture of 3 MB fits the default limit, however flat it is.
  @Test func takesFlatPictures() throws {
    let limit = VZFile.Limits.default.memory
    let model = try Model.builtIn()
    for effort in 1...EncoderOptions.standardEffort {
      let encoder = try ImageEncoder(model: model, options: EncoderOptions(threads: 2, effort: effort))
      #expect(try encoder.memoryEstimate(width: 1_000_000, height: 1, format: .rgb) < limit)
    }
    let header = try VZHeader(
      width: 1_000_000, height: 1, format: .rgb, modelID: model.id, qualityPosition: 0, tileSizeLog2: 9)
    #expect(try ImageDecoder(threads: 2).memoryEstimate(header) < limit / 2)
  }
}
