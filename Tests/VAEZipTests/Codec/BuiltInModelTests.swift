import TestSupport
import Testing
import VAEZip

/// The built-in model on pictures of Samples.
@Suite struct BuiltInModelTests {
  @Test func isAWholeModelFile() throws {
    let model = try Model.builtIn()
    #expect(model.network.name == "photo")
    try model.prepare()
    // Only a model from a file has all its numbers checked.
    #expect(try Model(contentsOf: Model.builtInBytes()).id == model.id)
  }

  @Test(arguments: ["chelsea.png", "camera-gray.png", "chart.png", "tiny.png"])
  func rateAndQualityRiseTogether(name: String) throws {
    let image = try Repository.sample(name)
    let model = try Model.builtIn()
    var last = (bytes: 0, psnr: 0.0)
    for quality in stride(from: 0, through: 100, by: 25) {
      let encoded = try ImageEncoder(
        model: model, options: EncoderOptions(quality: quality, choosesExactPixels: false)
      ).encodeTrial(image)
      // A Bool, so that a failure does not print all pixels.
      let isExact = try ImageDecoder().decode(encoded.bytes) == encoded.reconstruction
      #expect(isExact)
      let psnr = try Metrics.psnr(image, encoded.reconstruction)
      #expect(encoded.bytes.count > last.bytes)
      #expect(psnr > last.psnr)
      last = (encoded.bytes.count, psnr)
    }
    #expect(last.psnr > 32)
  }

  /// The standard effort lowers bits + λ · squared error at every quality.
  @Test(arguments: [10, 50, 75, 100])
  func effortPays(quality: Int) throws {
    let image = try Repository.sample("chelsea.png")
    let model = try Model.builtIn()
    func objective(_ effort: Int) throws -> Double {
      let encoder = try ImageEncoder(
        model: model, options: EncoderOptions(quality: quality, effort: effort))
      let encoded = try encoder.encodeTrial(image)
      let error = try Metrics.meanSquaredError(image, encoded.reconstruction)
      return Double(encoded.bytes.count * 8) / Double(image.width * image.height)
        + model.lambda(at: encoder.qualityPosition) * error
    }
    let (plain, standard) = (try objective(1), try objective(EncoderOptions().effort))
    #expect(standard < 0.99 * plain)
  }
}
