import Foundation
import TestSupport
import Testing
import VAEZip
import VAEZipAnomaly
import VAEZipFeatures

/// Distances from normal pictures, and what they are measured by.
@Suite struct AnomalyTests {
  @Test func distanceIsThatOfTheGaussian() throws {
    var random = SplitMix64(3)
    // x = m + A n with independent uniform n: its covariance is A Aᵀ / 3.
    var fit = GaussianFit(dimensions: 2)
    for _ in 0..<20_000 {
      let (a, b) = (Double(random.float(1)), Double(random.float(1)))
      fit.add([5 + 2 * a, -1 + a + 0.5 * b])
    }
    let gaussian = try #require(fit.gaussian)
    #expect(abs(gaussian.mean[0] - 5) < 0.05 && abs(gaussian.mean[1] + 1) < 0.05)
    #expect(abs(gaussian.covariance[0] - 4 / 3.0) < 0.05)
    #expect(abs(gaussian.covariance[1] - 2 / 3.0) < 0.05)
    #expect(gaussian.distance(gaussian.mean) == 0)
    // n = (1, 0): √3 standard deviations.
    #expect(abs(gaussian.distance([7, 0]) - 3.0.squareRoot()) < 0.05)
    #expect(abs(gaussian.distance([5, -0.5]) - 3.0.squareRoot()) < 0.05)
    #expect(GaussianFit(dimensions: 2).gaussian == nil)
    #expect(Gaussian(mean: [0, 0], covariance: [1, 0, 0, -1]) == nil)
    #expect(Gaussian(mean: [0, .nan], covariance: [1, 0, 0, 1]) == nil)
  }

  /// By counting pairs.
  @Test func aurocCountsPairs() throws {
    var random = SplitMix64(5)
    let normal = (0..<60).map { _ in Double(random.next() % 20) }
    let anomalous = (0..<40).map { _ in Double(random.next() % 25) }
    var pairs = 0.0
    for n in normal { for a in anomalous { pairs += a > n ? 1 : a == n ? 0.5 : 0 } }
    let area = try #require(RankingCurves.auroc(normal: normal, anomalous: anomalous))
    #expect(abs(area - pairs / 2400) < 1e-12)
    #expect(RankingCurves.auroc(normal: [], anomalous: [1]) == nil)
    #expect(RankingCurves.auroc(normal: [1, 2], anomalous: [3]) == 1)
  }

  @Test func auproMeasuresRegions() throws {
    typealias Sample = RankingCurves.Sample
    let normal = (0..<100).map { Sample(score: Double($0), normal: 1, anomalous: 0) }
    func region(_ scores: [Double]) -> [Sample] { scores.map { Sample(score: $0, normal: 0, anomalous: 1) } }
    // All found before the first false positive; none before the limit; half.
    #expect(RankingCurves.aupro(normal: normal, regions: [region([200, 300])]) == 1)
    #expect(RankingCurves.aupro(normal: normal, regions: [region([-1])]) == 0)
    let half = try #require(
      RankingCurves.aupro(normal: normal, regions: [region([200]), region([-1, -1, -1])]))
    #expect(abs(half - 0.5) < 1e-9)
    #expect(RankingCurves.aupro(normal: normal, regions: []) == nil)
    #expect(RankingCurves.threshold([1, 2, 3, 4], falsePositiveRate: 0.25) == 3)
  }

  /// A noisy and a flat spot on a texture are found where they are.
  @Test func findsSpotsOnATexture() throws {
    let model = try Model.builtIn()
    let reader = LatentReader()
    var random = SplitMix64(11)
    func texture(_ spot: (Int, Int, Image) -> UInt8? = { _, _, _ in nil }) -> Image {
      var image = TestImage.make(384, 384, .gray, seed: random.next())
      // Softer than the test picture, so that noise differs from it.
      for index in image.pixels.indices { image.pixels[index] = image.pixels[index] / 2 + 64 }
      for y in 0..<384 {
        for x in 0..<384 where (192..<256) ~= x && (96..<160) ~= y {
          if let value = spot(x, y, image) { image.pixels[y * 384 + x] = value }
        }
      }
      return image
    }
    var fit = NormalPictureFit(effort: 1)
    for _ in 0..<8 { try fit.add(reader.latents(of: texture(), model: model, quality: 60)) }
    let normal = try NormalPictures(json: try fit.finished().json())
    #expect(try normal == fit.finished())
    let usual = try normal.score(reader.latents(of: texture(), model: model, quality: 60))
    var noise = SplitMix64(1)
    let spots: [(Int, Int, Image) -> UInt8?] = [
      { _, _, _ in UInt8(truncatingIfNeeded: noise.next()) }, { _, _, _ in 128 },
    ]
    for spot in spots {
      let latents = try reader.latents(of: texture(spot), model: model, quality: 60)
      let score = try normal.score(latents)
      #expect(score.isAnomalous && score.score > 1.5 * usual.score)
      #expect(11...16 ~= score.peakPosition.x && 5...10 ~= score.peakPosition.y)
      var evaluation = AnomalyEvaluation()
      let mask = (0..<384 * 384).map { (192..<256) ~= $0 % 384 && (96..<160) ~= $0 / 384 }
      try evaluation.add(score, mask: mask, width: 384, height: 384)
      try evaluation.add(usual, mask: mask.map { _ in false }, width: 384, height: 384)
      #expect(try #require(evaluation.figures.pixelAUROC) > 0.9)
      #expect(evaluation.figures.imageAUROC == 1)
      #expect(try #require(evaluation.figures.aupro) > 0.7)
      #expect(throws: FeatureError.self) { try evaluation.add(score, mask: [], width: 0, height: 0) }
    }
  }

  /// An archive scores as the pictures that it was made of.
  @Test func filesScoreAsTheirPictures() throws {
    let model = try Model.builtIn()
    let reader = LatentReader()
    let image = try Repository.sample("coffee.png")
    var fit = NormalPictureFit(effort: 3)
    let latents = try reader.latents(of: image, model: model, quality: 60, effort: 3)
    try fit.add(latents)
    let normal = try fit.finished()
    let bytes = try ImageEncoder(
      model: model, options: EncoderOptions(quality: 60, effort: 3, choosesExactPixels: false)
    ).encode(image).bytes
    let (a, b) = (try normal.score(latents), try normal.score(reader.latents(of: bytes)))
    #expect(a.local == b.local && a.score == b.score)
    #expect(a.global == nil)
    // Of its own positions, about a percent lie above the threshold for one percent.
    let above = a.local.values.count { Double($0) > a.localThreshold }
    #expect(above <= a.local.count / 50)
    let other = try reader.latents(of: image, model: model, quality: 50)
    #expect(throws: FeatureError.self) { try normal.score(other) }
    #expect(throws: FeatureError.self) { try normal.score(latents, falsePositiveRate: 1.1) }
    #expect(throws: FeatureError.self) { try fit.add(other) }
    #expect(throws: FeatureError.self) { try NormalPictureFit().finished() }
  }

  @Test func onlyItsOwnJSONIsRead() throws {
    let model = try Model.builtIn()
    var fit = NormalPictureFit()
    for seed in 0..<9 {
      try fit.add(
        LatentReader().latents(of: TestImage.make(64, 64, seed: UInt64(seed)), model: model, quality: 50))
    }
    let text = String(decoding: try fit.finished().json(), as: UTF8.self)
    for (part, other) in [
      ("vaezip anomaly 1", "vaezip anomaly 2"), ("\"mean\"", "\"main\""), ("log energy 3", "log energy 9"),
      ("\"local\" : {", "\"local\" : 5, \"x\" : {"),
      ("\"pictures\" : 9", "\"pictures\" : \"9\""),
    ] {
      #expect(text.contains(part))
      #expect(throws: FeatureError.self) {
        try NormalPictures(json: Array(text.replacing(part, with: other).utf8))
      }
    }
    for bytes in [[], [0x7B], [UInt8](repeating: 0x5B, count: 100_000)] {
      #expect(throws: FeatureError.self) { try NormalPictures(json: bytes) }
    }
  }

  @Test func heatMapsShowTheSpot() throws {
    var local = LatentMap<Float>(width: 4, height: 5, repeating: 0)
    local[2, 1] = 10
    let image = TestImage.make(60, 75)
    let map = HeatMap.image(local, over: image, width: 60, height: 75, threshold: 3)
    #expect(map.width > 60 && map.height == 75)
    func brightness(_ x: Int, _ y: Int) -> Int {
      (0..<3).reduce(0) { $0 + Int(map.pixels[(y * map.width + x) * 3 + $1]) }
    }
    let bare = HeatMap.image(local, over: nil, width: 60, height: 75, threshold: 3)
    let center = (24 * bare.width + 40) * 3
    #expect(bare.pixels[center] > 200 && bare.pixels[0] < 10)
    #expect(brightness(40, 24) > brightness(4, 70))
    // Smaller than its scale.
    let tiny = HeatMap.image(
      LatentMap<Float>(width: 1, height: 1, repeating: 1), over: TestImage.make(1, 1), width: 1, height: 1,
      threshold: 0)
    #expect(tiny.height >= 64)
  }
}
