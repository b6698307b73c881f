import VAEZipImage

extension Image {
  /// The luma Y of JFIF (ITU-R BT.601, full range), 0…255, not rounded; a gray picture's samples.
  ///
  /// Rows from the top, `width * height` values.
  package var luma: [Float] {
    guard channels == .rgb else { return pixels.map(Float.init) }
    return pixels.withUnsafeBufferPointer { pixels in
      (0..<width * height).map { place in
        Float(pixels[3 * place]) * 0.299 + Float(pixels[3 * place + 1]) * 0.587
          + Float(pixels[3 * place + 2]) * 0.114
      }
    }
  }
}

extension Metrics {
  /// Peak signal-to-noise ratio in dB of the luma Y of JFIF (ITU-R BT.601, full range), not rounded.
  ///
  /// - Returns: infinity where the lumas are equal.
  /// - Throws: `MetricsError.differentShapes`.
  public static func psnrY(_ a: Image, _ b: Image) throws(MetricsError) -> Double {
    try requireSameShape(a, b)
    let (a, b) = (a.luma, b.luma)
    var sum = 0.0
    for place in a.indices {
      let difference = Double(a[place] - b[place])
      sum += difference * difference
    }
    return psnr(meanSquaredError: sum / Double(a.count))
  }
}
