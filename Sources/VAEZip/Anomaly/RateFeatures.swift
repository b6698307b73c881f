import VAEZipFeatures

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What the rates of a picture say, position by position and in all: four numbers each.
///
/// | | |
/// |---|---|
/// | bits | log of the bits that the position costs |
/// | expected | log of the bits that the prior expected |
/// | surprise | (bits − expected) / √expected |
/// | hyper | log of the position's share of the hyper-latents' bits |
///
/// Bits alone measure how busy a place is. Beside what the prior expected they tell whether it is busy in a way that the
/// model knows.
public struct RateFeatures: Sendable {
  /// Numbers of a position.
  package static let count = 4

  /// The four numbers by position, each the mean of those of its 3 × 3 neighbors that are coded.
  package let local: LatentMap<Double>
  /// Whether a position counts: its pixels come from latents.
  package let isCoded: LatentMap<Bool>
  /// The four numbers of all coded positions together; nil if there is none.
  package let global: [Double]?

  /// The features of a picture.
  package init(_ latents: PictureLatents) {
    let (bits, expected) = (latents.bits.values, latents.expectedBits.values)
    let hyper = latents.localHyperBits.values
    isCoded = latents.isCoded
    let (width, height) = (latents.bits.width, latents.bits.height)
    var map = LatentMap<Double>(width: width, height: height, channels: Self.count, repeating: 0)
    var sums = (count: 0.0, bits: 0.0, expected: 0.0, hyper: 0.0)
    for position in 0..<map.count where isCoded.values[position] {
      let numbers = (Double(bits[position]), Double(expected[position]), Double(hyper[position]))
      map.values.replaceSubrange(
        position * Self.count..<(position + 1) * Self.count,
        with: Self.vector(bits: numbers.0, expected: numbers.1, hyper: numbers.2))
      sums = (sums.count + 1, sums.bits + numbers.0, sums.expected + numbers.1, sums.hyper + numbers.2)
    }
    local = Self.smoothed(map, isCoded)
    global =
      sums.count == 0
      ? nil
      : Self.vector(
        bits: sums.bits / sums.count, expected: sums.expected / sums.count, hyper: sums.hyper / sums.count)
  }

  private static func vector(bits: Double, expected: Double, hyper: Double) -> [Double] {
    // One bit more, so that a position that costs nothing has a logarithm.
    [log(bits + 1), log(expected + 1), (bits - expected) / (expected + 1).squareRoot(), log(hyper + 1)]
  }

  /// The mean over the 3 × 3 neighbors that are coded.
  private static func smoothed(_ map: LatentMap<Double>, _ isCoded: LatentMap<Bool>) -> LatentMap<Double> {
    var result = map
    for y in 0..<map.height {
      for x in 0..<map.width where isCoded[x, y] {
        var (sums, count) = ([Double](repeating: 0, count: Self.count), 0.0)
        for row in max(y - 1, 0)...min(y + 1, map.height - 1) {
          for column in max(x - 1, 0)...min(x + 1, map.width - 1) where isCoded[column, row] {
            count += 1
            for (index, value) in map.vector(column, row).enumerated() { sums[index] += value }
          }
        }
        for index in 0..<Self.count { result[x, y, index] = sums[index] / count }
      }
    }
    return result
  }
}
