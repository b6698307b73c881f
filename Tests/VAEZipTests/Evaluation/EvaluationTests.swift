import Foundation
import TestSupport
import Testing
import VAEZip
import VAEZipEvaluation

@Suite struct EvaluationTests {
  @Test(arguments: [Image.Channels.rgb, .gray])
  func figuresFitTheFileAndThePixels(channels: Image.Channels) throws {
    let image = TestImage.make(70, 51, channels, alpha: channels == .gray)
    let model = try RandomModel.model()
    for quality in [0, 40, 100] {
      let encoder = try ImageEncoder(
        model: model,
        options: EncoderOptions(quality: quality, threads: 1, keepsInvisibleColor: true))
      let result = try Evaluation(
        of: image, file: "noise", encoder: encoder,
        decoder: ImageDecoder(models: ModelLibrary([model]), threads: 1))

      let encoded = try encoder.encodeTrial(image)
      let pixels = 70.0 * 51
      #expect(result.file == "noise" && result.quality == quality)
      #expect(result.bpp == Double(encoded.bytes.count) * 8 / pixels)
      #expect(result.psnr == (try Metrics.psnr(image, encoded.reconstruction)))
      #expect(result.msssim == (try Metrics.msssim(image, encoded.reconstruction)))
      #expect(abs(result.modelBPP - encoded.statistics.modelBits / pixels) < 1e-9)
      #expect(abs(result.overheadPercent - (result.bpp / result.modelBPP - 1) * 100) < 1e-9)
      // λ of quality 0 and 100 is that of the first and the last level; of 40, log-linear between, where the
      // standard parabola puts it.
      let lambda = 0.001 * pow(10, 2 * Double(quality * (150 + quality)) / 25_000)
      let mse = try Metrics.meanSquaredError(image, encoded.reconstruction)
      let objective = mse + result.modelBPP / lambda
      #expect(abs(result.objective / objective - 1) < 0.01)
      let parts =
        result.framesPercent + result.rawPercent + result.alphaPercent + result.containerPercent
      #expect((result.alphaPercent > 0) == (image.alpha != nil))
      #expect(abs(parts - result.overheadPercent) < 1e-6)
      #expect(result.encodeSeconds > 0 && result.decodeSeconds > 0)
    }
  }

  @Test func aModelThatTheDecoderLacks() throws {
    let image = TestImage.make(8, 8, .gray)
    let model = try RandomModel.model()
    let decoder = ImageDecoder(models: ModelLibrary([], includingBuiltIn: false), threads: 1)
    #expect(throws: EvaluationError.codec(.model(.unknownModel(id: model.id)))) {
      _ = try Evaluation(
        of: image, file: "x", encoder: try ImageEncoder(model: model), decoder: decoder)
    }
  }
}
