import VAEZip
import VAEZipMetrics

/// Compares decoded pictures with one original, by all metrics.
///
/// Metrics see 8 bits of color. Alpha has no distortion, and deeper samples are rounded to 8 bits on both sides.
package struct PictureComparison: Sendable {
  private let original: Image
  private let butteraugli: ButteraugliReference

  /// - Parameter threads: of each metric; 0 takes all cores.
  package init(_ original: Image, threads: Int = 1) {
    self.original = original
    butteraugli = ButteraugliReference(original, threads: threads)
    self.threads = threads
  }

  private let threads: Int

  /// All figures that need no more than the two pictures.
  ///
  /// - Throws: `MetricsError.differentShapes`.
  package func figures(of decoded: Image) throws(MetricsError) -> [Figure: Double] {
    let distortion = try Metrics.meanSquaredError(original, decoded)
    let distance = try butteraugli.distance(to: decoded)
    return [
      .distortion: distortion,
      .psnr: Metrics.psnr(meanSquaredError: distortion),
      .psnrY: try Metrics.psnrY(original, decoded),
      .psnrHVSM: try Metrics.psnrHVSM(original, decoded),
      .msssim: try Metrics.msssim(original, decoded),
      .ssimulacra2: try Metrics.ssimulacra2(original, decoded, threads: threads),
      .butteraugliNorm: distance.norm3,
      .butteraugliMaximum: distance.maximum,
    ]
  }

  /// Butteraugli's distance at each pixel, rows from the top.
  ///
  /// - Throws: `MetricsError.differentShapes`.
  package func map(of decoded: Image) throws(MetricsError) -> [Float] {
    try butteraugli.map(of: decoded)
  }
}
