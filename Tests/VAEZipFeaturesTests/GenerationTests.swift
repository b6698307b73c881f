import Foundation
import TestSupport
import Testing
import VAEZip
import VAEZipEntropy
import VAEZipFeatures
import VAEZipGeneration

/// Pictures that a model invents.
@Suite struct GenerationTests {
  private static func decode(_ file: GeneratedFile, _ model: Model) throws -> Image {
    try ImageDecoder(models: ModelLibrary([model])).decode(file.bytes)
  }

  @Test(arguments: [PassMask.checkerboard, .dualCheckerboard])
  func samplesAreFilesThatDecode(masks: PassMask) throws {
    let model = try RandomModel.model(seed: 3, masks: masks)
    let sampler = try PictureSampler(model: model, threads: 2)
    for (width, height) in [(1, 1), (65, 130), (1100, 1000)] {
      let file = try sampler.sample(width: width, height: height, quality: 50, seed: 9, index: 2)
      let image = try Self.decode(file, model)
      #expect((image.width, image.height) == (width, height))
      // The checksum of the latents is compared, too.
      try ImageDecoder(models: ModelLibrary([model])).verify(file.bytes)
      let statistics = try ImageDecoder(models: ModelLibrary([model])).rateStatistics(file.bytes)
      #expect(abs(file.modelBits / statistics.modelBits - 1) < 1e-3)
    }
  }

  /// The bytes are those of the first version: a change here changes everybody's samples.
  @Test func aSeedGivesTheSameFileForEver() throws {
    let model = try RandomModel.model(seed: 3)
    let sampler = try PictureSampler(model: model)
    let file = try sampler.sample(width: 96, height: 64, quality: 50, seed: 1, index: 0)
    #expect(Checksum.hash64(file.bytes) == Self.golden)
    for threads in 1...3 {
      let other = try PictureSampler(model: model, threads: threads)
      #expect(try other.sample(width: 96, height: 64, quality: 50, seed: 1, index: 0).bytes == file.bytes)
    }
    #expect(try sampler.sample(width: 96, height: 64, quality: 50, seed: 2, index: 0).bytes != file.bytes)
    #expect(try sampler.sample(width: 96, height: 64, quality: 50, seed: 1, index: 1).bytes != file.bytes)
  }
  private static let golden: UInt64 = 6_629_823_762_607_381_261

  /// Symbols have the distribution that codes them, so a sample costs what the model expected.
  @Test func samplesCostWhatTheModelExpects() throws {
    let model = try Model.builtIn()
    let sampler = try PictureSampler(model: model)
    let file = try sampler.sample(width: 512, height: 512, quality: 50, seed: 4, index: 0)
    let latents = try LatentReader().latents(of: file.bytes)
    let bits = latents.bits.values.reduce(0, +)
    let expected = latents.expectedBits.values.reduce(0, +)
    #expect(abs(bits / expected - 1) < 0.02, "\(bits) bits, \(expected) expected")
  }

  @Test func temperatureWidensTheDistribution() throws {
    let model = try Model.builtIn()
    func spread(_ temperature: Double) throws -> Double {
      let sampler = try PictureSampler(model: model, temperature: temperature)
      let file = try sampler.sample(width: 128, height: 128, quality: 50, seed: 4, index: 0)
      let values = try LatentReader().latents(of: file.bytes).latents(.steps).values
      let mean = values.reduce(0, +) / Float(values.count)
      return Double(values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(values.count)).squareRoot()
    }
    let spreads = try [0, 0.5, 1, 1.5].map(spread)
    #expect(spreads == spreads.sorted() && Set(spreads).count == 4, "\(spreads)")
    // Without randomness, no symbol costs more than its most probable value.
    let means = try PictureSampler(model: model, temperature: 0)
    #expect(
      try means.sample(width: 64, height: 64, quality: 50, seed: 1, index: 0).bytes
        == means.sample(width: 64, height: 64, quality: 50, seed: 2, index: 5).bytes)
    for temperature in [-0.1, 4.1, .nan] {
      #expect(throws: FeatureError.self) { try PictureSampler(model: model, temperature: temperature) }
    }
  }

  @Test func hyperLatentsHaveATemperatureOfTheirOwn() throws {
    let model = try Model.builtIn()
    func sample(_ temperature: Double, hyper: Double?, seed: UInt64) throws -> PictureLatents {
      let sampler = try PictureSampler(model: model, temperature: temperature, hyperTemperature: hyper)
      let file = try sampler.sample(width: 128, height: 64, quality: 50, seed: seed, index: 0)
      return try LatentReader().latents(of: file.bytes)
    }
    // Hyper-latents alone are random, or latents alone.
    let hyper = try (1...2).map { try sample(0, hyper: 1, seed: $0) }
    #expect(hyper[0].hyper != hyper[1].hyper && hyper[0].quantized != hyper[1].quantized)
    let latents = try (1...2).map { try sample(1, hyper: 0, seed: $0) }
    #expect(latents[0].hyper == latents[1].hyper && latents[0].quantized != latents[1].quantized)
    // Without one, they have the latents'.
    let (one, other) = (try sample(0.5, hyper: nil, seed: 1), try sample(0.5, hyper: 0.5, seed: 1))
    #expect(one.hyper == other.hyper && one.quantized == other.quantized)
    #expect(throws: FeatureError.self) { try PictureSampler(model: model, hyperTemperature: 5) }
  }

  @Test func keepsTheHyperLatentsOfAFile() throws {
    let model = try RandomModel.model(seed: 3)
    let encoder = try ImageEncoder(
      model: model,
      options: EncoderOptions(quality: 60, tileSize: 64, effort: 1, choosesExactBlocks: false))
    let bytes = try encoder.encode(TestImage.make(150, 100, alpha: true)).bytes
    let reader = LatentReader(models: ModelLibrary([model]))
    let sample = try PictureSampler(model: model).sample(from: bytes, seed: 1, index: 0)
    let (before, after) = (try reader.latents(of: bytes), try reader.latents(of: sample.bytes))
    #expect(before.hyper == after.hyper)
    #expect(before.quantized != after.quantized)
    #expect(try Self.decode(sample, model).width == 150)
  }

  @Test func badSamplesAreErrors() throws {
    let model = try RandomModel.model(seed: 3)
    let sampler = try PictureSampler(model: model, limits: VZFile.Limits(pixels: 10_000))
    for (width, height, quality) in [(0, 1, 50), (1 << 31, 1, 50), (64, 64, 101), (200, 200, 50)] {
      #expect(throws: FeatureError.self) {
        try sampler.sample(width: width, height: height, quality: quality, seed: 1, index: 0)
      }
    }
    #expect(throws: FeatureError.self) { try sampler.sample(from: [1, 2, 3], seed: 1, index: 0) }
    let other = try RandomModel.model(seed: 4)
    let foreign = try PictureSampler(model: other).sample(
      width: 64, height: 64, quality: 5, seed: 1, index: 0)
    #expect(throws: FeatureError.self) { try sampler.sample(from: foreign.bytes, seed: 1, index: 0) }
  }

  // MARK: Interpolation

  @Test(arguments: PictureInterpolation.Path.allCases)
  func endsAreThePictures(path: PictureInterpolation.Path) throws {
    let model = try RandomModel.model(seed: 5)
    let reader = LatentReader(models: ModelLibrary([model]))
    let files = try [7, 8].map { seed in
      try ImageEncoder(
        model: model, options: EncoderOptions(quality: 70, effort: 1, choosesExactBlocks: false)
      ).encodeTrial(TestImage.make(130, 70, seed: seed))
    }
    let latents = try files.map { try reader.latents(of: $0.bytes) }
    let interpolation = try PictureInterpolation(
      from: latents[0], to: latents[1], model: model, path: path)
    let frames = try (0..<5).map { try Self.decode(interpolation.frame($0, of: 5), model) }
    #expect(frames[0] == files[0].reconstruction)
    #expect(frames[4] == files[1].reconstruction)
    // Frames go away from the first picture and come closer to the last one.
    let errors = try frames.map { try Metrics.psnr($0, frames[4]) }
    #expect(errors[1] < errors[3])
    #expect(frames[2] != frames[0] && frames[2] != frames[4])
    #expect(throws: FeatureError.self) { try interpolation.frame(5, of: 5) }
    #expect(throws: FeatureError.self) { try interpolation.frame(0, of: 1) }
  }

  @Test func picturesMustFitTogether() throws {
    let model = try RandomModel.model(seed: 5)
    let reader = LatentReader(models: ModelLibrary([model]))
    let first = try reader.latents(of: TestImage.make(64, 64), model: model, quality: 50)
    let others = [
      try reader.latents(of: TestImage.make(64, 80), model: model, quality: 50),
      try reader.latents(of: TestImage.make(64, 64), model: model, quality: 60),
      try reader.latents(of: TestImage.make(64, 64), model: RandomModel.model(seed: 6), quality: 50),
    ]
    for other in others {
      #expect(throws: FeatureError.self) { try PictureInterpolation(from: first, to: other, model: model) }
    }
  }

  @Test func sphericalWeightsFollowTheSines() {
    // Vectors at right angles, and at 60 degrees.
    let cases: [(a: [Int16], b: [Int16], angle: Double)] = [
      ([1000, 0], [0, 700], Double.pi / 2), ([1000, 0, 0], [500, 500, 707], Double.pi / 3),
    ]
    for (a, b, angle) in cases {
      for count in [2, 3, 9, 50] {
        for step in 0..<count {
          let weights = MixtureWeights(spherical: step, of: count, a, b)
          let t = Double(step) / Double(count - 1)
          #expect(abs(Double(weights.first) / 65536 - sin((1 - t) * angle) / sin(angle)) < 1e-4)
          #expect(abs(Double(weights.last) / 65536 - sin(t * angle) / sin(angle)) < 1e-4)
        }
      }
    }
    let same = MixtureWeights(spherical: 1, of: 3, [5, 5], [5, 5])
    #expect(same == MixtureWeights(linear: 1, of: 3))
    #expect(MixtureWeights(spherical: 1, of: 3, [0, 0], [5, 5]) == MixtureWeights(linear: 1, of: 3))
  }

  @Test func sheetsHoldAllPictures() throws {
    let images = [TestImage.make(10, 20), TestImage.make(15, 5, .gray), TestImage.make(3, 3)]
    let sheet = try #require(ContactSheet.image(images, columns: 2))
    #expect((sheet.width, sheet.height) == (2 * 15 + 4, 2 * 20 + 4))
    #expect(Array(sheet.pixels[0..<30]) == Array(images[0].pixels[0..<30]))
    #expect(sheet.pixels[19 * 3] == images[1].pixels[0])
    #expect(ContactSheet.image([], columns: 2) == nil)
  }
}
