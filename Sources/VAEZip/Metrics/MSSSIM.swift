import VAEZipImage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension Metrics {
  /// Multi-scale structural similarity (Wang, Simoncelli, Bovik 2003): 5 scales, Gaussian window
  /// 11×11 with σ = 1.5 at valid positions only, K₁ = 0.01, K₂ = 0.03, L = 255.
  ///
  /// The value is the mean of the channels' (R, G, B; or gray) values, and the next scale is a mean
  /// over 2×2 with a zero row or column before an odd size, both as in pytorch-msssim, with which
  /// CompressAI and most papers on learned compression measure; so the figures compare with theirs.
  ///
  /// Where an image is too small for 5 scales (a side below 161), as many are used as leave 11
  /// pixels a side, their weights scaled to the same sum; below 11 pixels the window is cut to the
  /// side's length. Such values compare with each other only.
  ///
  /// - Returns: 1 for identical images, else 0…1.
  /// - Throws: `MetricsError.differentShapes`.
  public static func msssim(_ a: Image, _ b: Image) throws(MetricsError) -> Double {
    try requireSameShape(a, b)
    let channels = Int(a.channels.rawValue)
    var sum = 0.0
    for channel in 0..<channels {
      sum += similarity(Plane(a, channel: channel), Plane(b, channel: channel))
    }
    return sum / Double(channels)
  }

  /// MS-SSIM on a scale on which differences near 1 can be read, and BD-rates taken:
  /// −10 log₁₀(1 − MS-SSIM), in dB; infinity at 1.
  public static func decibels(msssim: Double) -> Double { -10 * log10(1 - msssim) }

  /// Exponents of the scales in MS-SSIM, the finest first.
  package static let scaleWeights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
  /// Side of the window of MS-SSIM, in pixels.
  package static let similarityWindow = 11

  /// A Gaussian of σ = 1.5 with a sum of 1.
  package static func gaussian(_ taps: Int) -> [Float] {
    let values = (0..<taps).map { tap in
      let distance = Double(tap) - Double(taps - 1) / 2
      return exp(-distance * distance / (2 * 1.5 * 1.5))
    }
    let sum = values.reduce(0, +)
    return values.map { Float($0 / sum) }
  }

  private static func similarity(_ a: Plane, _ b: Plane) -> Double {
    var weights = scaleWeights
    var side = min(a.width, a.height)
    let scales =
      1
      + (1..<weights.count).prefix { _ in
        side = (side + 1) / 2
        return side >= Plane.window
      }.count
    // The published weights' own sum (1.0001) is kept, so that 5 scales give the published value.
    let total = weights.reduce(0, +)
    weights.removeLast(weights.count - scales)
    let share = weights.reduce(0, +) / total

    var (a, b) = (a, b)
    var product = 1.0
    for (scale, weight) in weights.enumerated() {
      let (ssim, contrast) = Plane.compare(a, b)
      let isLast = scale == weights.count - 1
      // A negative similarity has no real power; it counts as none.
      product *= pow(max(isLast ? ssim : contrast, 0), weight / share)
      if !isLast { (a, b) = (a.halved(), b.halved()) }
    }
    return product
  }
}

/// One channel as floats, rows padded so that whole vectors can be read anywhere in a window.
private struct Plane {
  static let window = Metrics.similarityWindow
  let width: Int, height: Int
  let stride: Int
  fileprivate var samples: [Float]

  fileprivate typealias Vector = SIMD8<Float>

  private init(width: Int, height: Int) {
    self.width = width
    self.height = height
    stride = Self.padded(width)
    samples = [Float](repeating: 0, count: stride * height)
  }

  /// Room for a row, for vectors that begin up to a window's width later, and whole ones.
  fileprivate static func padded(_ width: Int) -> Int { (width + window + 15) & ~7 }

  init(_ image: Image, channel: Int) {
    self.init(width: image.width, height: image.height)
    let step = Int(image.channels.rawValue)
    for y in 0..<height {
      for x in 0..<width {
        samples[y * stride + x] = Float(image.pixels[(y * width + x) * step + channel])
      }
    }
  }

  /// Half the size, rounded up: means over 2×2, for an odd size with a zero line before the first.
  func halved() -> Plane {
    var half = Plane(width: (width + 1) / 2, height: (height + 1) / 2)
    let (left, top) = (width & 1, height & 1)
    samples.withUnsafeBufferPointer { samples in
      for y in 0..<half.height {
        for x in 0..<half.width {
          var sum: Float = 0
          for row in max(2 * y - top, 0)...2 * y - top + 1 {
            for column in max(2 * x - left, 0)...2 * x - left + 1 {
              sum += samples[row * stride + column]
            }
          }
          half.samples[y * half.stride + x] = sum / 4
        }
      }
    }
    return half
  }

  /// Means, over all positions of the window, of SSIM and of its contrast-structure factor.
  static func compare(_ a: Plane, _ b: Plane) -> (ssim: Double, contrast: Double) {
    let down = Metrics.gaussian(min(window, a.height))
    let across = Metrics.gaussian(min(window, a.width))
    let columns = a.width - across.count + 1, rows = a.height - down.count + 1
    var moments = Moments(width: a.width)
    var sums = (ssim: 0.0, contrast: 0.0)
    for y in 0..<rows {
      moments.filterDown(a, b, row: y, weights: down)
      moments.addSimilarity(weights: across, columns: columns, to: &sums)
    }
    let count = Double(rows) * Double(columns)
    return (sums.ssim / count, sums.contrast / count)
  }
}

/// Moments of one row of windows, filtered down but not yet across: of a, b, a², b² and ab.
private struct Moments {
  private typealias Vector = Plane.Vector

  private let width: Int
  /// Floats of a row.
  private let length: Int
  private var moments: [Float]
  private var results: [Float]

  init(width: Int) {
    self.width = width
    length = Plane.padded(width)
    moments = [Float](repeating: 0, count: 5 * length)
    results = [Float](repeating: 0, count: 2 * length)
  }

  /// - Parameters:
  ///   - row: the first row of the window.
  ///   - weights: of the window's rows.
  mutating func filterDown(_ a: Plane, _ b: Plane, row: Int, weights: [Float]) {
    let (width, length) = (width, length)
    a.samples.withUnsafeBytes { aBytes in
      b.samples.withUnsafeBytes { bBytes in
        moments.withUnsafeMutableBytes { moments in
          for x in stride(from: 0, to: width, by: 8) {
            var m = (Vector.zero, Vector.zero, Vector.zero, Vector.zero, Vector.zero)
            for (tap, weight) in weights.enumerated() {
              let offset = ((row + tap) * a.stride + x) * 4
              let va = aBytes.loadUnaligned(fromByteOffset: offset, as: Vector.self)
              let vb = bBytes.loadUnaligned(fromByteOffset: offset, as: Vector.self)
              let (wa, wb) = (va * weight, vb * weight)
              m.0 += wa
              m.1 += wb
              m.2 += wa * va
              m.3 += wb * vb
              m.4 += wa * vb
            }
            moments.storeBytes(of: m.0, toByteOffset: x * 4, as: Vector.self)
            moments.storeBytes(of: m.1, toByteOffset: (length + x) * 4, as: Vector.self)
            moments.storeBytes(of: m.2, toByteOffset: (2 * length + x) * 4, as: Vector.self)
            moments.storeBytes(of: m.3, toByteOffset: (3 * length + x) * 4, as: Vector.self)
            moments.storeBytes(of: m.4, toByteOffset: (4 * length + x) * 4, as: Vector.self)
          }
        }
      }
    }
  }

  /// Filters the row across, and adds SSIM and its contrast-structure factor of all columns.
  ///
  /// - Parameter weights: of the window's columns.
  mutating func addSimilarity(
    weights: [Float], columns: Int, to sums: inout (ssim: Double, contrast: Double)
  ) {
    let length = length
    let (c1, c2): (Float, Float) = (0.01 * 255 * 0.01 * 255, 0.03 * 255 * 0.03 * 255)
    moments.withUnsafeBytes { moments in
      results.withUnsafeMutableBytes { results in
        for x in stride(from: 0, to: columns, by: 8) {
          var m = (Vector.zero, Vector.zero, Vector.zero, Vector.zero, Vector.zero)
          for (tap, weight) in weights.enumerated() {
            func load(_ moment: Int) -> Vector {
              let offset = (moment * length + x + tap) * 4
              return moments.loadUnaligned(fromByteOffset: offset, as: Vector.self)
            }
            m.0 += load(0) * weight
            m.1 += load(1) * weight
            m.2 += load(2) * weight
            m.3 += load(3) * weight
            m.4 += load(4) * weight
          }
          let squares = m.0 * m.0 + m.1 * m.1, product = m.0 * m.1
          let variances = m.2 + m.3 - squares, covariance = m.4 - product
          let contrast = (covariance * 2 + c2) / (variances + c2)
          let ssim = (product * 2 + c1) / (squares + c1) * contrast
          results.storeBytes(of: ssim, toByteOffset: x * 4, as: Vector.self)
          results.storeBytes(of: contrast, toByteOffset: (length + x) * 4, as: Vector.self)
        }
        let values = results.bindMemory(to: Float.self)
        for x in 0..<columns {
          sums.ssim += Double(values[x])
          sums.contrast += Double(values[length + x])
        }
      }
    }
  }
}
