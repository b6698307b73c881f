import Foundation
import Testing
import VAEZip

/// Folded ramps with a checkerboard, and noise of ±`noise` from a linear congruential generator.
private func pattern(_ width: Int, _ height: Int, seed: UInt32, noise: Int) -> Image {
  var state = seed
  var pixels: [UInt8] = []
  for y in 0..<height {
    for x in 0..<width {
      for c in 0..<3 {
        state = state &* 1_664_525 &+ 1_013_904_223
        let ramp = (x * (c + 2) + y * (3 - c) + (x / 16 + y / 16) % 2 * 60) % 510
        let error = noise > 0 ? Int(state >> 16) % (2 * noise + 1) - noise : 0
        pixels.append(UInt8(max(0, min(min(ramp, 510 - ramp) + error, 255))))
      }
    }
  }
  return Image(width: width, height: height, channels: .rgb, pixels: pixels)
}

private func green(_ image: Image) -> Image {
  let samples = stride(from: 1, to: image.pixels.count, by: 3).map { image.pixels[$0] }
  return Image(width: image.width, height: image.height, channels: .gray, pixels: samples)
}

/// Expected values: pytorch-msssim 1.0.0 on float64, data_range 255.
@Test(arguments: [
  (192, 176, 8, 0.9938869025644018, 0.993725642014654, 34.413687357301924),
  (192, 176, 40, 0.9199712709896027, 0.9185456593154074, 21.116080566065975),
  (201, 163, 8, 0.9932622749955856, 0.9931044180359132, 34.41454522178855),
  (201, 163, 40, 0.9092510718366874, 0.9084192732256424, 21.111568942555678),
  (161, 170, 40, 0.9141039948267217, 0.9124466671929222, 21.12404260015208),
])
func metricsAgreeWithPyTorch(
  width: Int, height: Int, noise: Int, rgb: Double, gray: Double, psnr: Double
) throws {
  let a = pattern(width, height, seed: 1, noise: 0)
  let b = pattern(width, height, seed: 7, noise: noise)
  #expect(abs(try Metrics.psnr(a, b) - psnr) < 1e-9)
  #expect(abs(try Metrics.msssim(a, b) - rgb) < 1e-6)
  #expect(abs(try Metrics.msssim(green(a), green(b)) - gray) < 1e-6)
}

@Test func identicalImages() throws {
  let image = pattern(64, 40, seed: 3, noise: 20)
  #expect(try Metrics.psnr(image, image) == .infinity)
  #expect(try Metrics.msssim(image, image) == 1)
}

@Test(arguments: [(1, 300), (5, 7), (10, 200), (11, 11), (21, 22), (160, 160)])
func smallImagesHaveAnMSSSIM(width: Int, height: Int) throws {
  let a = pattern(width, height, seed: 1, noise: 0)
  let near = pattern(width, height, seed: 7, noise: 3)
  let far = pattern(width, height, seed: 7, noise: 90)
  let value = try Metrics.msssim(a, near)
  #expect(value > 0.9 && value < 1)
  #expect(try Metrics.msssim(a, far) < value)
}

@Test func onePixelIsTheLuminanceTerm() throws {
  let a = Image(width: 1, height: 1, channels: .gray, pixels: [100])
  let b = Image(width: 1, height: 1, channels: .gray, pixels: [150])
  let c1 = 2.55 * 2.55
  let expected = (2 * 100 * 150 + c1) / (100 * 100 + 150 * 150 + c1)
  #expect(abs(try Metrics.msssim(a, b) - expected) < 1e-5)
  #expect(abs(try Metrics.psnr(a, b) - 10 * log10(65025.0 / 2500)) < 1e-12)
}

@Test func differentShapesAreRefused() {
  let a = pattern(8, 4, seed: 1, noise: 0), b = pattern(4, 8, seed: 1, noise: 0)
  #expect(throws: MetricsError.differentShapes("8×4 rgb", "4×8 rgb")) { try Metrics.psnr(a, b) }
  #expect(throws: MetricsError.differentShapes("8×4 rgb", "8×4 gray")) {
    try Metrics.msssim(a, green(a))
  }
}

private func curve(_ rates: [Double], _ qualities: [Double]) -> [RDPoint] {
  zip(rates, qualities).map { RDPoint(rate: $0, quality: $1) }
}

/// Expected values: the Python package bjontegaard 1.3.0, method "pchip".
@Test func bdRateOfWorkedExamples() throws {
  let value = try Metrics.bdRate(
    reference: curve([686.76, 309.58, 157.11, 85.95], [40.28, 37.18, 34.24, 31.42]),
    test: curve([893.34, 407.8, 204.93, 112.75], [40.39, 37.21, 34.17, 31.24]))
  #expect(abs(value - 31.379878202397627) < 1e-6)
  let uneven = try Metrics.bdRate(
    reference: curve([0.1, 0.22, 0.45, 0.9, 1.6], [26.1, 28.9, 31.2, 34.8, 38]),
    test: curve([0.15, 0.21, 0.5, 0.7, 1.3, 2], [27, 29.5, 33.3, 34, 37.9, 40.2]))
  #expect(abs(uneven - -18.39284210652794) < 1e-6)
}

@Test func bdRateByHand() throws {
  let reference = curve([0.1, 0.25, 0.6, 1.3], [27, 30, 34, 38.5])
  let double = curve([0.2, 0.5, 1.2, 2.6], [27, 30, 34, 38.5])
  #expect(abs(try Metrics.bdRate(reference: reference, test: double) - 100) < 1e-9)
  #expect(abs(try Metrics.bdRate(reference: double, test: reference) - -50) < 1e-9)
  #expect(try Metrics.bdRate(reference: reference, test: reference) == 0)
  // Straight lines on the log scale, one octave per 3 dB and shifted by 1.5 dB: −29.3 % where both
  // are defined, from 31.5 to 33.
  let line = try Metrics.bdRate(
    reference: curve([1, 2], [30, 33]), test: curve([1, 2], [31.5, 34.5]))
  #expect(abs(line - (pow(0.5, 0.5) - 1) * 100) < 1e-9)
}

@Test func curvesThatCannotBeCompared() {
  let low = curve([0.1, 0.2], [25, 28]), high = curve([1, 2], [30, 33])
  #expect(throws: MetricsError.noOverlap(reference: 25...28, test: 30...33)) {
    try Metrics.bdRate(reference: low, test: high)
  }
  #expect(throws: MetricsError.tooFewPoints(1)) {
    try Metrics.bdRate(reference: low, test: curve([1], [26]))
  }
  #expect(throws: MetricsError.repeatedQuality(26)) {
    try Metrics.bdRate(reference: low, test: curve([1, 2], [26, 26]))
  }
  #expect(throws: MetricsError.unusablePoint(rate: 1, quality: .infinity)) {
    try Metrics.bdRate(reference: low, test: curve([0.5, 1], [26, .infinity]))
  }
  #expect(throws: MetricsError.unusablePoint(rate: 0, quality: 26)) {
    try Metrics.bdRate(reference: low, test: curve([0, 1], [26, 27]))
  }
}
