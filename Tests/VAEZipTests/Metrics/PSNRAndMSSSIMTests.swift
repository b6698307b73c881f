import Foundation
import Testing
import VAEZip

@Suite struct PSNRAndMSSSIMTests {
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
}
