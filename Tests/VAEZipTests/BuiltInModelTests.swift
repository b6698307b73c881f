import Foundation
import Testing
import VAEZip

/// The model that the program is built with, on the pictures of Samples.
@Suite struct BuiltInModelTests {
  private static let tests = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
  private static let samples = tests.deletingLastPathComponent().appending(path: "Samples")

  private func sample(_ name: String) throws -> Image {
    try PNG.read([UInt8](Data(contentsOf: Self.samples.appending(path: name)))).image
  }

  @Test func isAWholeModelFile() throws {
    let model = try Model.builtIn()
    #expect(model.network.name == "photo")
    try model.prepare()
    // Of a file, unlike the built-in one, every number is looked at.
    #expect(try Model(contentsOf: Model.builtInBytes()).id == model.id)
  }

  @Test(arguments: ["chelsea.png", "camera-gray.png", "chart.png", "tiny.png"])
  func rateAndQualityRiseTogether(name: String) throws {
    let image = try sample(name)
    let model = try Model.builtIn()
    var last = (bytes: 0, psnr: 0.0)
    for quality in stride(from: 0, through: 100, by: 25) {
      let encoded = try ImageEncoder(
        model: model, options: EncoderOptions(quality: quality)
      ).encodeTrial(image)
      // A Bool alone: a failure need not print all pixels.
      let isExact = try ImageDecoder().decode(encoded.bytes) == encoded.reconstruction
      #expect(isExact)
      let psnr = try Metrics.psnr(image, encoded.reconstruction)
      #expect(encoded.bytes.count > last.bytes)
      #expect(psnr > last.psnr)
      last = (encoded.bytes.count, psnr)
    }
    #expect(last.psnr > 32)
  }

  /// What the standard effort moves latents for: fewer bits + λ · squared error, at any quality.
  @Test(arguments: [10, 50, 75, 100])
  func effortPays(quality: Int) throws {
    let image = try sample("chelsea.png")
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

  /// A file that this version wrote once. Whatever changes later, it means these pixels for ever, and
  /// these metadata. (`Tests/Golden/make` makes files for another model.)
  @Test(arguments: ["tiny-q75", "rgba16-q75"])
  func goldenFileDecodesToItsPixels(name: String) throws {
    let golden = Self.tests.appending(path: "Golden")
    let bytes = [UInt8](try Data(contentsOf: golden.appending(path: "\(name).vz")))
    let expected = try PNG.read(
      [UInt8](try Data(contentsOf: golden.appending(path: "\(name).png")))
    ).image
    let isExact = try ImageDecoder().decode(bytes) == expected
    #expect(isExact)
  }
}
