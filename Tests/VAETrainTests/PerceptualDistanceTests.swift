import Testing
import VAETrain
import VAEZip

private let torch = try? Torch.load()

@Suite(
  "SSIMULACRA2 as a distortion", .usesLibtorch,
  .enabled(if: torch != nil, "libtorch's shim is not on this machine"))
struct PerceptualDistanceTests {
  private func image(_ width: Int, _ height: Int, noise: Int) -> Image {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<3 {
          let value = (x * (c + 1) + 2 * y) % 200 + (x * x + 3 * y * y) / 64 % 40
          pixels.append(UInt8(clamping: value + (x * 7 + y * 13 + c * 5 + x * y) % noise - noise / 2))
        }
      }
    }
    return Image(width: width, height: height, channels: .rgb, pixels: pixels)
  }

  @Test("Whole pictures have the metric's score", arguments: [(320, 256), (256, 448)])
  func value(width: Int, height: Int) throws {
    let torch = try #require(torch)
    let original = image(width, height, noise: 1)
    for noise in [2, 9, 60] {
      let decoded = image(width, height, noise: noise)
      let expected = try Metrics.ssimulacra2(original, decoded)
      let found = try PerceptualDistance.score(torch, original: original, decoded: decoded)
      #expect(abs(found - expected) < 0.02, "noise \(noise)")
    }
    #expect(abs(try PerceptualDistance.score(torch, original: original, decoded: original) - 100) < 1e-6)
  }

  /// Samples in −1…1 that are no pattern.
  private func samples(_ count: Int, _ seed: UInt64, around middle: Float, by range: Float) -> [Float] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in middle + range * Float(random.uniform(-1, 1)) }
  }

  @Test("The gradient is that of differences", arguments: [(16, Float(0), Float(0.6)), (64, 0.3, 0.3)])
  func gradient(size: Int, middle: Float, range: Float) throws {
    let torch = try #require(torch)
    let count = 3 * size * size
    let original = samples(count, 1, around: middle, by: range)
    let decoded = zip(original, samples(count, 2, around: 0, by: 0.1)).map { $0 + $1 }
    func distance(_ direction: [Float], _ step: Float) throws -> Double {
      try PerceptualDistance.gradient(
        torch, original: original, decoded: zip(decoded, direction).map { $0 + $1 * step },
        width: size, height: size
      ).value
    }
    let gradient = try PerceptualDistance.gradient(
      torch, original: original, decoded: decoded, width: size, height: size
    ).gradient
    for seed in 3..<6 as Range<UInt64> {
      // A random direction and the gradient's own, so that there is something to see.
      let length = gradient.map { $0 * $0 }.reduce(0, +).squareRoot()
      let direction = zip(gradient, samples(count, seed, around: 0, by: 1)).map {
        $0 / length + $1 / Float(count).squareRoot()
      }
      let step: Float = 2e-3
      let expected = (try distance(direction, step) - distance(direction, -step)) / Double(2 * step)
      let found = zip(gradient, direction).map { Double($0 * $1) }.reduce(0, +)
      #expect(abs(found - expected) < 0.03 * abs(expected))
    }
  }

  @Test("Flat, black, white and identical crops have finite gradients")
  func finite() throws {
    let torch = try #require(torch)
    let size = 64
    let count = 3 * size * size
    let noise = samples(count, 9, around: 0, by: 0.5)
    func flat(_ value: Float) -> [Float] { Array(repeating: value, count: count) }
    let (black, gray, white, far) = (flat(-1), flat(0), flat(0.9921875), flat(7))
    for original in [black, gray, white, noise] {
      for decoded in [black, gray, white, noise, far, original, original.map { $0 + 1e-6 }] {
        let (value, gradient) = try PerceptualDistance.gradient(
          torch, original: original, decoded: decoded, width: size, height: size)
        #expect(value.isFinite && value >= 0)
        #expect(gradient.allSatisfy { $0.isFinite })
        if decoded == original { #expect(value == 0 && gradient.allSatisfy { $0 == 0 }) }
      }
    }
  }
}

@Suite("Distortion")
struct DistortionTests {
  @Test(
    "Shares are relative to their sum",
    arguments: [
      ("mse", [DistortionMetric.mse: 1.0]), ("bce", [.bce: 1]),
      ("mse=3,ssimulacra2=1", [.mse: 0.75, .ssimulacra2: 0.25]),
      ("ms-ssim", [.msssim: 1]),
    ])
  func parses(text: String, shares: [DistortionMetric: Double]) throws {
    let distortion = try #require(Distortion(parsing: text))
    #expect(distortion.shares == shares)
    #expect(Distortion(parsing: distortion.description) == distortion)
  }

  @Test(
    "What is no mixture is refused",
    arguments: [
      "", "l1", "mse=", "mse=0", "mse=-1", "mse=nan", "mse=inf", "mse=1,mse=2", "mse=1,", "bce=1,mse=1",
      "mse=1=2", ",", "mse,ssimulacra2=x",
    ])
  func refuses(text: String) {
    #expect(Distortion(parsing: text) == nil)
  }
}
