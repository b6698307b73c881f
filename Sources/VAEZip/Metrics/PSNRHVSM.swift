import VAEZipImage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension Metrics {
  /// PSNR-HVS-M in dB: a PSNR of the luma after a model of contrast sensitivity and of masking (Ponomarenko et
  /// al., “On between-coefficient contrast masking of DCT basis functions”, 2007).
  ///
  /// Blocks of 8 × 8 pixels are compared as DCT coefficients. A difference counts by what the eye sees of its
  /// frequency, after what the block's own contrast hides has been taken off. The luma is that of `psnrY`. Pixels
  /// right of the last whole block and below it do not count; a side below 8 pixels is extended to 8 by
  /// repeating its last row or column.
  ///
  /// - Returns: infinity where no difference is visible.
  /// - Throws: `MetricsError.differentShapes`.
  public static func psnrHVSM(_ a: Image, _ b: Image) throws(MetricsError) -> Double {
    try requireSameShape(a, b)
    let (a, b) = (LumaBlocks(a), LumaBlocks(b))
    var sum = 0.0
    for y in 0..<a.rows {
      for x in 0..<a.columns { sum += maskedError(a.block(x, y), b.block(x, y)) }
    }
    return psnr(meanSquaredError: sum / Double(64 * a.rows * a.columns))
  }

  private static func maskedError(_ a: LumaBlock, _ b: LumaBlock) -> Double {
    let (spectrumA, spectrumB) = (a.spectrum, b.spectrum)
    let hidden = max(a.masking(spectrumA), b.masking(spectrumB))
    var sum: Float = 0
    for place in 0..<64 {
      var difference = abs(spectrumA[place] - spectrumB[place])
      let step = LumaBlock.quantization[place]
      if place > 0 { difference = max(0, difference - hidden * step * step / 100) }
      // The factor brings the sensitivities 1 / step to a mean that makes this PSNR comparable with others.
      let visible = difference * 25.735_088 / step
      sum += visible * visible
    }
    return Double(sum)
  }
}

/// A picture's luma in blocks.
private struct LumaBlocks {
  private let width, height: Int
  private let luma: [Float]

  init(_ image: Image) {
    (width, height) = (image.width, image.height)
    luma = image.luma
  }

  var columns: Int { max(1, width / 8) }
  var rows: Int { max(1, height / 8) }

  func block(_ x: Int, _ y: Int) -> LumaBlock {
    var samples = [Float](repeating: 0, count: 64)
    for place in 0..<64 {
      let (column, row) = (min(8 * x + place % 8, width - 1), min(8 * y + place / 8, height - 1))
      samples[place] = luma[row * width + column]
    }
    return LumaBlock(samples: samples)
  }
}

/// 8 × 8 samples.
private struct LumaBlock {
  /// Rows from the top.
  let samples: [Float]

  /// JPEG's luminance quantization (ITU-T T.81, table K.1): the larger a step, the less the eye sees of the
  /// frequency.
  static let quantization: [Float] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
  ]

  /// The orthonormal DCT's cosines: `[frequency][place]`.
  private static let cosines: [Float] = (0..<64).map { entry in
    let (frequency, place) = (Double(entry / 8), Double(entry % 8))
    let norm = frequency == 0 ? (1.0 / 8).squareRoot() : 0.5
    return Float(norm * cos((2 * place + 1) * frequency * .pi / 16))
  }

  /// The two-dimensional DCT, in the order of `quantization`.
  var spectrum: [Float] {
    var rows = [Float](repeating: 0, count: 64)
    var result = rows
    Self.cosines.withUnsafeBufferPointer { cosines in
      for y in 0..<8 {
        for frequency in 0..<8 {
          var sum: Float = 0
          for x in 0..<8 { sum += samples[8 * y + x] * cosines[8 * frequency + x] }
          rows[8 * y + frequency] = sum
        }
      }
      for down in 0..<8 {
        for across in 0..<8 {
          var sum: Float = 0
          for y in 0..<8 { sum += rows[8 * y + across] * cosines[8 * down + y] }
          result[8 * down + across] = sum
        }
      }
    }
    return result
  }

  /// How much of a difference the block's contrast hides; less where the contrast is that of an edge.
  func masking(_ spectrum: [Float]) -> Float {
    var energy: Float = 0
    for place in 1..<64 {
      let weighted = spectrum[place] * 10 / Self.quantization[place]
      energy += weighted * weighted
    }
    let whole = variation(rows: 0..<8, columns: 0..<8)
    guard whole > 0 else { return 0 }
    let quarters =
      variation(rows: 0..<4, columns: 0..<4) + variation(rows: 0..<4, columns: 4..<8)
      + variation(rows: 4..<8, columns: 0..<4) + variation(rows: 4..<8, columns: 4..<8)
    return (energy * quarters / whole).squareRoot() / 32
  }

  /// The unbiased variance of some samples, times their number.
  private func variation(rows: Range<Int>, columns: Range<Int>) -> Float {
    let count = Float(rows.count * columns.count)
    var sum: Float = 0
    for y in rows { for x in columns { sum += samples[8 * y + x] } }
    let mean = sum / count
    var squares: Float = 0
    for y in rows {
      for x in columns {
        let difference = samples[8 * y + x] - mean
        squares += difference * difference
      }
    }
    return squares * count / (count - 1)
  }
}
