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
    Sample("tiny", 0, 3, 80, 24.97),
    Sample("tiny", 75, 3, 190, 36.92),
    Sample("tiny", 100, 3, 493, 42.68),
    Sample("camera-gray", 25, 3, 3429, 29.12),
    Sample("camera-gray", 75, 3, 23938, 36.99),
    // Exact. Their bytes depend on the version of libzstd; these are 1 % more than with 1.5.4.
    Sample("text", 50, 3, 15774, 99),
    Sample("chart", 75, 3, 19524, 99),
    Sample("screen", 60, 3, 13408, 99),
    Sample("coffee", 10, 3, 2664, 26.75),
    Sample("coffee", 50, 1, 10025, 30.84),
    Sample("coffee", 50, 3, 9266, 30.77),
    Sample("coffee", 50, 5, 10058, 31.18),
    Sample("coffee", 90, 3, 81222, 40.44),
  ]

  @Test func figuresAreOfTheBuiltInModel() throws {
    #expect(try Model.builtIn().id == 0x1d49_5404_b69c_b42d)
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
