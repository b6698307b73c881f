import VAEZipImage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension Metrics {
  /// Mean squared error over all samples of all channels, on the 0…255 scale (so 0…65025).
  ///
  /// - Throws: `MetricsError.differentShapes`.
  public static func meanSquaredError(_ a: Image, _ b: Image) throws(MetricsError) -> Double {
    try requireSameShape(a, b)
    var sum: UInt64 = 0
    a.pixels.withUnsafeBufferPointer { a in
      b.pixels.withUnsafeBufferPointer { b in
        // Blocks whose sum fits 32 bits, which vectorises well: 65,536 · 255² < 2³².
        for start in stride(from: 0, to: a.count, by: 65_536) {
          var part: UInt32 = 0
          for index in start..<min(start + 65_536, a.count) {
            let difference = Int32(a[index]) &- Int32(b[index])
            part &+= UInt32(bitPattern: difference &* difference)
          }
          sum += UInt64(part)
        }
      }
    }
    return Double(sum) / Double(a.pixels.count)
  }

  /// Peak signal-to-noise ratio in dB, 10 log₁₀(255² / MSE), with the MSE over all samples of all
  /// channels (the "RGB PSNR" of the literature).
  ///
  /// - Returns: infinity for identical images. JSON has no such number: writers put null.
  /// - Throws: `MetricsError.differentShapes`.
  public static func psnr(_ a: Image, _ b: Image) throws(MetricsError) -> Double {
    psnr(meanSquaredError: try meanSquaredError(a, b))
  }

  /// The PSNR in dB that belongs to an MSE on the 0…255 scale.
  public static func psnr(meanSquaredError: Double) -> Double {
    10 * log10(255 * 255 / meanSquaredError)
  }
}
