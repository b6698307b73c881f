import Foundation
import TestSupport
import Testing
import VAEZip
import VAEZipEntropy
import VAEZipFeatures

/// Latents and rates of pictures and files.
@Suite struct LatentReaderTests {
  private static func file(
    _ image: Image, _ model: Model, quality: Int = 60, tileSize: Int? = nil, exact: Bool = false,
    effort: Int = 1
  ) throws -> EncodingTrial {
    try ImageEncoder(
      model: model,
      options: EncoderOptions(
        quality: quality, tileSize: tileSize, effort: effort, choosesExactPixels: exact)
    ).encodeTrial(image)
  }

  @Test(arguments: [PassMask.checkerboard, .dualCheckerboard])
  func pictureHasTheLatentsOfItsFile(masks: PassMask) throws {
    let model = try RandomModel.model(seed: 3, masks: masks)
    let reader = LatentReader(models: ModelLibrary([model]), threads: 2)
    for (width, height, channels, alpha) in [
      (1, 1, Image.Channels.rgb, false), (17, 90, .gray, false), (200, 131, .rgb, true),
      (1100, 1000, .rgb, false),
    ] {
      let image = TestImage.make(width, height, channels, alpha: alpha)
      let trial = try Self.file(image, model)
      let fromFile = try reader.latents(of: trial.bytes)
      let fromImage = try reader.latents(of: image, model: model, quality: 60)
      #expect(fromFile.quantized == fromImage.quantized)
      #expect(fromFile.hyper == fromImage.hyper)
      #expect(fromFile.bits == fromImage.bits)
      #expect(fromFile.expectedBits == fromImage.expectedBits)
      #expect(fromFile.hyperBits == fromImage.hyperBits)
      #expect(!fromFile.isCoded.values.contains(false))
      #expect(fromFile.unquantized == nil)
      #expect(fromFile.quantized.width == (width + 15) / 16)
      #expect(fromFile.quantized.height == (height + 15) / 16)
      #expect(fromFile.quantized.channels == model.network.latentWidth)
      #expect(fromFile.hyper.width == (width + 63) / 64)
      #expect(fromFile.hyper.height == (height + 63) / 64)
      // Rounded to half a quantization step, unless a symbol saturates.
      let means = try #require(fromImage.means(.steps))
      let distance = zip(means.values, fromImage.latents(.steps).values).map { abs($0 - $1) }.max()
      #expect(try #require(distance) <= 0.51)
    }
  }

  /// The statistics sum up the same symbols on another way, in floating point.
  @Test func ratesAddUpToThoseOfTheStreams() throws {
    let model = try RandomModel.model(seed: 5)
    let image = TestImage.make(300, 200)
    let trial = try Self.file(image, model, tileSize: 128)
    let reader = LatentReader(models: ModelLibrary([model]))
    let latents = try reader.latents(of: trial.bytes)
    let statistics = try ImageDecoder(models: ModelLibrary([model])).rateStatistics(trial.bytes)
    #expect(abs(latents.totalBits / statistics.modelBits - 1) < 1e-3)
    let local = latents.localHyperBits.values.reduce(0, +)
    let hyper = latents.hyperBits.values.reduce(0, +)
    #expect(abs(local / hyper - 1) < 1e-4)
  }

  /// By summing over symbols, where the implementation has a closed form.
  @Test func expectedBitsAreTheMeanOfTheCosts() throws {
    let tables = try Model.builtIn().tables
    let entropy = SymbolEntropy(tables)
    for scaleIndex in 0..<ScaleTables.scaleCount {
      let bypassBits = Int(tables.bypassBits[scaleIndex])
      var (sum, mass) = (0.0, 0.0)
      for magnitude in 0..<(4000 << bypassBits) {
        let cost = SymbolCost(magnitude: magnitude, scaleIndex: scaleIndex, tables: tables)
        // The sign is one of two, so both symbols together have the probability of the cost without it.
        let probability = exp2(-(cost.bits - Double(cost.signBits)))
        sum += probability * cost.bits
        mass += probability
      }
      #expect(abs(mass - 1) < 1e-3)
      #expect(abs(sum - entropy.bits[scaleIndex]) < 0.01, "scale index \(scaleIndex)")
    }
  }

  /// In floating point, where the implementation has integers.
  @Test func networkScaleUndoesTheGain() throws {
    let model = try RandomModel.model(seed: 4)
    let latents = try LatentReader().latents(
      of: TestImage.make(96, 64), model: model, qualityPosition: 300)
    let factors = model.quality.inverseLogarithms(at: 300).map { exp2(Double($0) / 65536) }
    let (steps, network) = (latents.latents(.steps), latents.latents(.network))
    for index in steps.values.indices {
      let expected = Double(steps.values[index]) * factors[index % steps.channels]
      // 9 fraction bits or more, and 15 bits of the factor.
      #expect(abs(Double(network.values[index]) - expected) < 0.002 + abs(expected) * 1e-4)
    }
    #expect(Set(steps.values).count > 10)
  }

  @Test func exactPixelsAreMasked() throws {
    let model = try Model.builtIn()
    // A photograph with a drawing in its left half.
    var image = try Repository.sample("coffee.png")
    let chart = try Repository.sample("chart.png")
    let (width, height) = (min(image.width, chart.width), min(image.height, chart.height))
    for y in 0..<height {
      for x in 0..<min(width, 192) * 3 {
        image.pixels[y * image.width * 3 + x] =
          chart.pixels[
            (y * chart.width + x / 3) * Int(chart.channels.rawValue) + (chart.channels == .rgb ? x % 3 : 0)]
      }
    }
    let trial = try Self.file(image, model, quality: 75, exact: true)
    let latents = try LatentReader().latents(of: trial.bytes)
    #expect(latents.isCoded.values.contains(false))
    #expect(latents.isCoded.values.contains(true))
    let masked = latents.isCoded.values.count { !$0 } * 256
    let exact = try ImageDecoder().rateStatistics(trial.bytes).exactPixels
    // A position is coded if any of its pixels is not exact.
    #expect(masked <= exact && 2 * masked > exact)
    let lossless = try ImageEncoder(model: model, options: EncoderOptions(isLossless: true)).encode(chart)
    #expect(throws: FeatureError.noLatents) { try LatentReader().latents(of: lossless.bytes) }
  }

  @Test func limitsAndDamageAreErrors() throws {
    let model = try RandomModel.model(seed: 3)
    let image = TestImage.make(300, 300)
    var bytes = try Self.file(image, model).bytes
    let small = LatentReader(
      models: ModelLibrary([model]), limits: VZFile.Limits(memory: 1 << 20))
    #expect(throws: FeatureError.self) { try small.latents(of: bytes) }
    #expect(throws: FeatureError.self) { try small.latents(of: image, model: model, quality: 60) }
    let flat = LatentReader(models: ModelLibrary([model]), limits: VZFile.Limits(pixels: 1000))
    #expect(throws: FeatureError.self) { try flat.latents(of: image, model: model, quality: 60) }
    let reader = LatentReader(models: ModelLibrary([model]))
    for quality in [-1, 101] {
      #expect(throws: FeatureError.self) { try reader.latents(of: image, model: model, quality: quality) }
    }
    #expect(throws: FeatureError.self) { try LatentReader().latents(of: bytes) }
    bytes[bytes.count / 2] ^= 1
    #expect(throws: FeatureError.self) { try reader.latents(of: bytes) }
    #expect(throws: FeatureError.self) { try reader.latents(of: Array(bytes.prefix(100))) }
    #expect(throws: FeatureError.self) { try reader.latents(of: []) }
  }

  @Test func pooledVectorsAreMeansAndDeviations() throws {
    let model = try RandomModel.model(seed: 3)
    let latents = try LatentReader().latents(of: TestImage.make(64, 48), model: model, quality: 60)
    let means = try #require(latents.means())
    let channels = means.channels
    #expect(latents.pooled.count == 2 * channels)
    let values = (0..<means.count).map { Double(means.values[$0 * channels + 5]) }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    #expect(abs(Double(latents.pooled[5]) - mean) < 1e-4)
    #expect(abs(Double(latents.pooled[channels + 5]) - variance.squareRoot()) < 1e-4)
  }
}
