import TestSupport
import Testing
import VAEZip

/// What the built-in model makes of some pictures of Samples. Files do not depend on the machine, so any
/// difference comes from the encoder: a change that makes a file larger by more than 0.5 %, or its picture worse
/// by more than 0.02 dB, has to say why, and to put its figures here.
@Suite struct SampleSizeTests {
  struct Sample: CustomTestStringConvertible {
    let name: String
    let quality, effort, bytes: Int
    let psnr: Double

    init(_ name: String, _ quality: Int, _ effort: Int, _ bytes: Int, _ psnr: Double) {
      (self.name, self.quality, self.effort, self.bytes, self.psnr) =
        (name, quality, effort, bytes, psnr)
    }

    var testDescription: String { "\(name) -q \(quality) -e \(effort)" }
  }

  static let samples = [
    // Name, quality, effort; bytes, PSNR in dB.
    Sample("tiny", 0, 3, 78, 25.16),
    Sample("tiny", 75, 3, 226, 39.23),
    Sample("tiny", 100, 3, 493, 43.15),
    Sample("camera-gray", 25, 3, 3179, 29.03),
    Sample("camera-gray", 75, 3, 34500, 40.26),
    // Exact. Their bytes depend on the version of libzstd; these are 1 % more than with 1.5.4.
    Sample("text", 50, 3, 15774, 99),
    Sample("chart", 75, 3, 19524, 99),
    Sample("screen", 60, 3, 13408, 99),
    Sample("coffee", 10, 3, 2414, 26.49),
    Sample("coffee", 50, 1, 13788, 32.05),
    Sample("coffee", 50, 3, 12872, 32.01),
    Sample("coffee", 50, 5, 13692, 32.40),
    Sample("coffee", 90, 3, 70604, 39.89),
  ]

  @Test func figuresAreOfTheBuiltInModel() throws {
    #expect(try Model.builtIn().id == 0x469d_beb0_c8d5_f15f)
  }

  @Test(arguments: samples)
  func isNotLargerOrWorse(_ sample: Sample) throws {
    let image = try Repository.sample(sample.name + ".png")
    let options = EncoderOptions(quality: sample.quality, effort: sample.effort)
    let encoded = try ImageEncoder(model: try Model.builtIn(), options: options).encodeTrial(image)
    let psnr = try Metrics.psnr(image, encoded.reconstruction)
    #expect(1000 * encoded.bytes.count <= 1005 * sample.bytes, "\(encoded.bytes.count) bytes")
    #expect(psnr > sample.psnr - 0.02)
  }
}
