import VAEZipImage
import VAEZipSupport

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// How far apart two pictures look according to Butteraugli; 0 for identical ones.
public struct ButteraugliDistance: Sendable, Equatable {
  /// At the place where they differ most: what `butteraugli_main` prints first.
  public let maximum: Double
  /// Over the whole picture: the mean of the 3-, 6- and 12-norm, which `butteraugli_main` calls the 3-norm.
  public let norm3: Double
}

extension Metrics {
  /// Butteraugli, a model of early vision: below about 1, people hardly see a difference at a normal distance
  /// from a screen of 80 cd/m² (Alakuijala et al., “Guetzli: perceptually guided JPEG encoder”, 2017; the
  /// values are those of libjxl's `butteraugli_main`, of 2022 to 2026, with its default options).
  ///
  /// Pictures are taken as sRGB and brought to responses of cones. Four bands of frequencies are compared, the
  /// higher three by a detector of lines too. Detail around a pixel hides errors. The same is done at half the
  /// resolution. Where a side is below 8 pixels, border pixels are repeated, as libjxl's library does; its
  /// tool has 0 there.
  ///
  /// ```swift
  /// let distance = try Metrics.butteraugli(original, decoded).norm3  // 0.5: hard to see; 5: poor
  /// ```
  ///
  /// - Parameters:
  ///   - original: RGB or gray, 8 bits a sample; alpha is ignored.
  ///   - distorted: of the same size and channels. The two must not be exchanged: the distance differs.
  ///   - threads: to use; 0 takes all cores. The value does not depend on it.
  /// - Throws: `MetricsError.differentShapes`.
  /// - Complexity: O(pixels). Memory: about 130 bytes a pixel.
  public static func butteraugli(
    _ original: Image, _ distorted: Image, threads: Int = 1
  ) throws(MetricsError) -> ButteraugliDistance {
    try ButteraugliReference(original, threads: threads).distance(to: distorted)
  }
}

/// An original, prepared to be compared with many distorted pictures.
package struct ButteraugliReference: Sendable {
  /// The original at one scale.
  private struct Scale: Sendable {
    let bands: FrequencyBands
    let mask: VisualMask

    init(_ picture: LinearPicture, threads: Threads) {
      bands = FrequencyBands(picture, threads: threads)
      mask = VisualMask(bands, threads: threads)
    }
  }

  private let original: Image
  /// The full size, and half of it where that has `smallestSide` pixels.
  private let scales: [Scale]
  private let threads: Threads

  private static let smallestSide = 8

  /// - Parameters:
  ///   - original: RGB or gray; alpha is ignored.
  ///   - threads: of this and of `distance`; 0 takes all cores.
  package init(_ original: Image, threads: Int = 1) {
    self.original = original
    self.threads = Threads(threads)
    scales = Self.pictures(original).map { [threads = self.threads] in Scale($0, threads: threads) }
  }

  private static func pictures(_ image: Image) -> [LinearPicture] {
    let picture = LinearPicture(image.framed(toSides: smallestSide))
    let half = picture.halved()
    return min(half.width, half.height) >= smallestSide ? [picture, half] : [picture]
  }

  /// - Throws: `MetricsError.differentShapes`.
  package func distance(to distorted: Image) throws(MetricsError) -> ButteraugliDistance {
    let map = try map(of: distorted)
    return ButteraugliDistance(maximum: Double(map.max() ?? 0), norm3: Self.norm(map))
  }

  /// The distance at each pixel, rows from the top.
  ///
  /// - Throws: `MetricsError.differentShapes`.
  package func map(of distorted: Image) throws(MetricsError) -> [Float] {
    try Metrics.requireSameShape(original, distorted)
    let maps = zip(scales, Self.pictures(distorted)).map {
      Self.map($0, Scale($1, threads: threads), threads: threads)
    }
    let (left, top) = original.frame(toSides: Self.smallestSide)
    var result: [Float] = []
    result.reserveCapacity(original.width * original.height)
    for y in 0..<original.height {
      for x in 0..<original.width {
        let (x, y) = (x + left, y + top)
        let own = maps[0][x, y]
        result.append(maps.count > 1 ? own * 0.85 + maps[1][x / 2, y / 2] * 0.5 : own)
      }
    }
    return result
  }

  private static func norm(_ map: [Float]) -> Double {
    var sums = SIMD3<Double>.zero
    for value in map {
      let third = Double(value) * Double(value) * Double(value)
      let sixth = third * third
      sums += SIMD3(third, sixth, sixth * sixth)
    }
    let means = sums / Double(map.count)
    return (cbrt(means.x) + pow(means.y, 1 / 6) + pow(means.z, 1 / 12)) / 3
  }

  private static func map(_ original: Scale, _ distorted: Scale, threads: Threads) -> FloatPlane {
    let (a, b) = (original.bands, distorted.bands)
    let (width, height) = (a.low[0].width, a.low[0].height)
    let lines = FloatPlane(width: width, height: height)
    let differences = FloatPlane(width: width, height: height, margin: MaltaFilter.reach)
    func addLines(
      _ filter: MaltaFilter, _ a: FloatPlane, _ b: FloatPlane, _ weight: Double, _ norm: Double
    ) {
      filter.add(
        a, b, weight: weight, norm: norm, differences: differences, to: lines, threads: threads)
    }
    addLines(.dense, a.ultraHigh[1], b.ultraHigh[1], 1.100_390_325_55, 71.780_027_516_9)
    addLines(.dense, a.ultraHigh[0], b.ultraHigh[0], 173.5, 5)
    addLines(.sparse, a.high[1], b.high[1], 18.723_741_438_7, 4_498_534.452_32)
    addLines(.sparse, a.high[0], b.high[0], 6_923.994_761_09, 8_051.158_332_47)
    addLines(.sparse, a.medium[1], b.medium[1], 37.081_987_039_9, 130_262_059.556)
    addLines(.sparse, a.medium[0], b.medium[0], 8_246.753_213_53, 1_009_002.705_82)

    let result = FloatPlane(width: width, height: height)
    threads.forEachBand(height) { rows in
      for y in rows { combine(y, original, distorted, lines: lines, to: result.row(y)) }
    }
    return result
  }

  /// Adds plain squared differences to those along lines, and weighs all by the mask.
  private static func combine(
    _ y: Int, _ original: Scale, _ distorted: Scale, lines: FloatPlane,
    to result: UnsafeMutablePointer<Float>
  ) {
    let (a, b) = (original.bands, distorted.bands)
    let (detailA, detailB) = (original.mask.detail.row(y), distorted.mask.detail.row(y))
    let lines = lines.row(y)
    original.mask.erode(row: y, to: result)
    func pairs(_ a: [FloatPlane], _ b: [FloatPlane]) -> [RowPair] {
      zip(a, b).map { RowPair(original: $0.row(y), distorted: $1.row(y)) }
    }
    let (low, medium, high) = (pairs(a.low, b.low), pairs(a.medium, b.medium), pairs(a.high, b.high))
    for x in a.low[0].vectorStarts {
      let coarse =
        low[0].squared(x) * 29.235_379_799_4 + low[1].squared(x) * 0.844_626_970_982
        + low[2].squared(x) * 0.703_646_627_719
      var fine =
        medium[0].squared(x) * 2150 + medium[1].squared(x) * 10.619_543_323_9
        + medium[2].squared(x) * 16.217_604_315_2
      fine += high[0].asymmetric(x) * (400 * 0.8) + high[1].asymmetric(x) * (1.508_157_031_18 * 0.8)
      let masking = detailA.vector(x) - detailB.vector(x)
      fine += lines.vector(x) + masking * masking * 10
      let detail = result.vector(x)
      let sum = coarse * VisualMask.lowWeight(detail) + fine * VisualMask.weight(detail)
      result.store(sum.squareRoot(), at: x)
    }
  }
}

/// The same row of two planes.
private struct RowPair {
  typealias Vector = FloatPlane.Vector
  let original, distorted: UnsafeMutablePointer<Float>

  @inline(__always)
  func squared(_ x: Int) -> Vector {
    let difference = original.vector(x) - distorted.vector(x)
    return difference * difference
  }

  /// Squared differences, with a second term where there is less than two fifths of the original's
  /// amplitude, or more than all of it.
  @inline(__always)
  func asymmetric(_ x: Int) -> Vector {
    let (a, b) = (original.vector(x), distorted.vector(x))
    let size = a.magnitude
    let along = b.replacing(with: -b, where: a .< 0)
    let wrong = (size * 0.4 - along).positive + (along - size).positive
    return (a - b) * (a - b) + wrong * wrong
  }
}

extension Image {
  /// Columns on the left and rows above that `framed` adds.
  fileprivate func frame(toSides side: Int) -> (left: Int, top: Int) {
    (max(0, side - width) / 2, max(0, side - height) / 2)
  }

  /// The image with its borders repeated around it until both sides have so many pixels.
  fileprivate func framed(toSides side: Int) -> Image {
    guard width < side || height < side else { return color }
    let (left, top) = frame(toSides: side)
    let (newWidth, newHeight) = (max(width, side), max(height, side))
    let samples = Int(channels.rawValue)
    var framed: [UInt8] = []
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        let (fromX, fromY) = (min(max(x - left, 0), width - 1), min(max(y - top, 0), height - 1))
        let pixel = (fromY * width + fromX) * samples
        framed += pixels[pixel..<pixel + samples]
      }
    }
    return Image(width: newWidth, height: newHeight, channels: channels, pixels: framed)
  }
}
