import Testing
import VAEZip

@Suite("PSNR of the luma, and PSNR-HVS-M")
struct LumaMetricsTests {
  /// PSNR-Y by numpy, PSNR-HVS-M by the Python package psnr-hvsm 0.3.0; printed by Tests/Metrics/reference.py.
  @Test(
    "Values are the reference's",
    arguments: [
      (320, 240, 3, DistortedPair.Kind.noise, 1, 58.7190, 67.9676654),
      (320, 240, 3, .noise, 8, 38.9906, 43.65216636),
      (320, 240, 3, .noise, 60, 18.1840, 20.68081026),
      (320, 240, 3, .steps, 24, 34.8051, 41.3995711),
      (320, 240, 3, .blocks, 3, 20.4925, 17.95526608),
      (257, 391, 3, .noise, 5, 44.6941, 64.26710139),
      (300, 260, 1, .steps, 12, 37.2927, 44.71621616),
      (100, 77, 3, .noise, 6, 42.9281, 53.48830169),
      (17, 300, 3, .noise, 9, 38.3928, 45.62438264),
      (8, 9, 3, .noise, 9, 38.4343, 47.14369807),
    ])
  func reference(
    width: Int, height: Int, channels: Int, kind: DistortedPair.Kind, strength: Int, psnrY: Double,
    psnrHVSM: Double
  ) throws {
    let (a, b) = DistortedPair.make(width, height, channels, kind, strength)
    #expect(abs(try Metrics.psnrY(a, b) - psnrY) < 1e-3)
    #expect(abs(try Metrics.psnrHVSM(a, b) - psnrHVSM) < 1e-3)
  }

  @Test("Identical pictures have infinity, of any size", arguments: [(1, 1), (7, 9), (8, 8), (65, 33)])
  func identical(width: Int, height: Int) throws {
    for channels in [1, 3] {
      let (a, _) = DistortedPair.make(width, height, channels, .noise, 1)
      #expect(try Metrics.psnrY(a, a) == .infinity)
      #expect(try Metrics.psnrHVSM(a, a) == .infinity)
    }
  }

  @Test("One pixel's PSNR-Y is that of its luma")
  func onePixel() throws {
    let a = Image(width: 1, height: 1, channels: .rgb, pixels: [100, 50, 20])
    let b = Image(width: 1, height: 1, channels: .rgb, pixels: [110, 50, 20])
    #expect(abs(try Metrics.psnrY(a, b) - Metrics.psnr(meanSquaredError: 2.99 * 2.99)) < 1e-4)
    #expect(try Metrics.psnrHVSM(a, b).isFinite)
  }

  @Test("PSNR is that of the luma where a picture is gray")
  func gray() throws {
    let (a, b) = DistortedPair.make(40, 30, 1, .noise, 9)
    #expect(abs(try Metrics.psnrY(a, b) - Metrics.psnr(a, b)) < 1e-9)
  }

  @Test("Pictures of different shapes are refused")
  func shapes() {
    let (a, _) = DistortedPair.make(8, 9, 3, .noise, 1)
    let (b, _) = DistortedPair.make(9, 8, 3, .noise, 1)
    #expect(throws: MetricsError.self) { try Metrics.psnrY(a, b) }
    #expect(throws: MetricsError.self) { try Metrics.psnrHVSM(a, b) }
  }
}
