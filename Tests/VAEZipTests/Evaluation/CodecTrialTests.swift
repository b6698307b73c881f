import Foundation
import TestSupport
import Testing
import VAEZip
import VAEZipEvaluation

@Suite struct CodecTrialTests {
  @Test(arguments: [Image.Channels.rgb, .gray])
  func figuresFitTheFileAndThePixels(channels: Image.Channels) throws {
    let image = TestImage.make(70, 51, channels, alpha: channels == .gray)
    let model = try RandomModel.model()
    for quality in [0, 40, 100] {
      let encoder = try ImageEncoder(
        model: model,
        options: EncoderOptions(quality: quality, threads: 1, keepsInvisibleColor: true))
      let trial = try CodecTrial(
        of: image, encoder: encoder,
        decoder: ImageDecoder(models: ModelLibrary([model]), threads: 1))
      let encoded = try encoder.encodeTrial(image)
      #expect(trial.bytes == encoded.bytes)
      #expect(trial.decoded == encoded.reconstruction)

      func figure(_ figure: Figure) throws -> Double { try #require(trial.figures[figure]) }
      let pixels = 70.0 * 51
      #expect(try figure(.bytes) == Double(encoded.bytes.count))
      #expect(try figure(.bpp) == Double(encoded.bytes.count) * 8 / pixels)
      let rates = encoded.statistics.rates
      #expect(abs(try figure(.hyperBits) - rates.hyper.modelBits) < 1e-6)
      let latents = rates.pass1.modelBits + rates.pass2.modelBits
      #expect(abs(try figure(.latentBits) - latents) < 1e-6)
      let rate = encoded.statistics.modelBits / pixels
      #expect(abs(try figure(.modelBPP) - rate) < 1e-9)
      #expect(abs(try figure(.overheadPercent) - (try figure(.bpp) / rate - 1) * 100) < 1e-9)
      // λ of quality 0 and 100 is that of the first and the last level; of 40, log-linear between, where the
      // standard parabola puts it.
      let lambda = 0.001 * pow(10, 2 * Double(quality * (150 + quality)) / 25_000)
      let mse = try Metrics.meanSquaredError(image, encoded.reconstruction)
      #expect(try figure(.distortion) == mse)
      #expect(abs(try figure(.beta) * lambda - 1) < 0.01)
      #expect(abs(try figure(.objective) / (mse + rate / lambda) - 1) < 0.01)
      let parts = try [Figure.framesPercent, .rawPercent, .alphaPercent, .containerPercent].map {
        try figure($0)
      }
      #expect((parts[2] > 0) == (image.alpha != nil))
      #expect(abs(parts.reduce(0, +) - (try figure(.overheadPercent))) < 1e-6)
      #expect(try figure(.codecEncodeSeconds) > 0)
      #expect(try figure(.codecDecodeSeconds) > 0)
    }
  }

  @Test("A file that was made elsewhere has the figures of one that is made here")
  func figuresOfAFile() throws {
    let image = TestImage.make(70, 51, .rgb)
    let model = try RandomModel.model()
    let encoder = try ImageEncoder(model: model, options: EncoderOptions(quality: 40, threads: 1))
    let decoder = ImageDecoder(models: ModelLibrary([model]), threads: 1)
    let made = try CodecTrial(of: image, encoder: encoder, decoder: decoder)
    let read = try CodecTrial(of: image, file: made.bytes, encoder: encoder, decoder: decoder)
    #expect(read.decoded == made.decoded)
    let times = [Figure.codecEncodeSeconds, .codecDecodeSeconds]
    #expect(read.figures[.codecEncodeSeconds] == nil)
    #expect(
      read.figures.filter { !times.contains($0.key) } == made.figures.filter { !times.contains($0.key) })
  }

  @Test("What is all exact has no rate of the model, so nothing is over it")
  func overheadOfExactPictures() throws {
    let image = Image(
      width: 16, height: 16, channels: .gray, pixels: [UInt8](repeating: 77, count: 256))
    let model = try RandomModel.model()
    let trial = try CodecTrial(
      of: image, encoder: try ImageEncoder(model: model, options: EncoderOptions(quality: 90, threads: 1)),
      decoder: ImageDecoder(models: ModelLibrary([model]), threads: 1))
    #expect(trial.decoded == image)
    #expect(trial.figures[.modelBPP] == 0)
    #expect(trial.figures[.overheadPercent] == nil)
  }

  @Test func aModelThatTheDecoderLacks() throws {
    let image = TestImage.make(8, 8, .gray)
    let model = try RandomModel.model()
    let decoder = ImageDecoder(models: ModelLibrary([], includingBuiltIn: false), threads: 1)
    #expect(throws: EvaluationError.codec(.model(.unknownModel(id: model.id)))) {
      _ = try CodecTrial(of: image, encoder: try ImageEncoder(model: model), decoder: decoder)
    }
  }

  @Test("Pictures of all kinds have all metrics", arguments: [(1, 1), (3, 40), (70, 51)])
  func metrics(width: Int, height: Int) throws {
    for channels in [Image.Channels.rgb, .gray] {
      for depth in [Image.Depth.eight, .sixteen] {
        let a = TestImage.make(width, height, channels, alpha: true, depth: depth)
        var b = a
        b.pixels[0] ^= 8
        let comparison = PictureComparison(a)
        let (same, other) = (try comparison.figures(of: a), try comparison.figures(of: b))
        for metric in QualityMetric.allCases {
          let (best, value) = (try #require(same[metric.figure]), try #require(other[metric.figure]))
          #expect(!value.isNaN && !best.isNaN)
          // A sum's rounding may lift a similarity above 1.
          #expect(metric.isDistance ? value >= best : value <= best + 1e-6, "\(metric): \(value)")
        }
        #expect(other[.psnr]?.isFinite == true)
        #expect(same[.butteraugliNorm] == 0 && same[.ssimulacra2] == 100 && same[.psnr] == .infinity)
      }
    }
  }
}
