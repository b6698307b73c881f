import VAEZipFeatures

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What the latents of a picture and their rates say: some numbers for each position, and some for the whole.
///
/// Bits alone measure how busy a place is. Beside what the prior expected they tell whether it is busy in a way that the
/// model knows. The energies say at which frequencies: networks begin as a block DCT, and channels keep its
/// order, from low frequencies to high ones.
public struct LatentStatistics: Sendable {
  /// Parts of the latent's channels whose energy is a number of its own.
  private static let bands = 8

  /// The numbers of a position.
  package static let localNames =
    ["log bits", "log expected bits", "surprise", "log hyper bits"]
    + (1...bands).map { "log energy \($0)" }

  /// The numbers of a picture: of all bits together, then of the positions.
  package static let globalNames = [
    "log bits / expected", "surprise", "mean surprise", "deviation of surprise", "mean log bits / expected",
    "deviation of log bits / expected",
  ]

  /// The numbers by position, each the mean of those of its 3 × 3 neighbors that are coded; rounded to what a fit keeps in
  /// memory, so that a picture has the same distance when it is fitted and when it is scored.
  package let local: LatentMap<Float>
  /// Whether a position counts: its pixels come from latents.
  package let isCoded: LatentMap<Bool>
  /// The numbers of all coded positions together; nil if there is none.
  package let global: [Double]?

  /// The statistics of a picture.
  package init(_ latents: PictureLatents) {
    let (bits, expected) = (latents.bits.values, latents.expectedBits.values)
    let hyper = latents.localHyperBits.values
    isCoded = latents.isCoded
    let channels = Self.localNames.count
    var map = LatentMap<Double>(
      width: latents.bits.width, height: latents.bits.height, channels: channels, repeating: 0)
    var sums = Sums()
    for position in 0..<map.count where isCoded.values[position] {
      let (b, e) = (Double(bits[position]), Double(expected[position]))
      // One bit more, so that a position that costs nothing has a logarithm.
      let rates = [log(b + 1), log(e + 1), Self.surprise(b, e), log(Double(hyper[position]) + 1)]
      map.values.replaceSubrange(
        position * channels..<(position + 1) * channels, with: rates + Self.energies(latents, position))
      sums.add(bits: b, expected: e)
    }
    local = Self.smoothed(map, isCoded)
    global = sums.statistics
  }

  private static func surprise(_ bits: Double, _ expected: Double) -> Double {
    (bits - expected) / (expected + 1).squareRoot()
  }

  /// The log of the mean magnitude of the symbols of each band, in quantization steps.
  private static func energies(_ latents: PictureLatents, _ position: Int) -> [Double] {
    let map = latents.quantized
    let unit = Double(1 << latents.fractionBits)
    return (0..<bands).map { band in
      let range = band * map.channels / bands..<(band + 1) * map.channels / bands
      let sum = range.reduce(0) { $0 + Int(map.values[position * map.channels + $1].magnitude) }
      return log(Double(sum) / unit / Double(max(range.count, 1)) + 0.01)
    }
  }

  /// Sums over positions.
  private struct Sums {
    var count = 0.0, bits = 0.0, expected = 0.0
    /// Of surprise and of log bits / expected.
    var first = (0.0, 0.0)
    var squares = (0.0, 0.0)

    mutating func add(bits b: Double, expected e: Double) {
      let (surprise, ratio) = (LatentStatistics.surprise(b, e), log((b + 1) / (e + 1)))
      (count, bits, expected) = (count + 1, bits + b, expected + e)
      first = (first.0 + surprise, first.1 + ratio)
      squares = (squares.0 + surprise * surprise, squares.1 + ratio * ratio)
    }

    /// As `globalNames` says; means over positions, so that they do not depend on a picture's size.
    var statistics: [Double]? {
      guard count > 0 else { return nil }
      let (b, e) = (bits / count, expected / count)
      func spread(_ first: Double, _ square: Double) -> [Double] {
        let mean = first / count
        return [mean, max(0, square / count - mean * mean).squareRoot()]
      }
      return [log((b + 1) / (e + 1)), LatentStatistics.surprise(b, e)] + spread(first.0, squares.0)
        + spread(first.1, squares.1)
    }
  }

  /// The mean over the 3 × 3 neighbors that are coded.
  private static func smoothed(_ map: LatentMap<Double>, _ isCoded: LatentMap<Bool>) -> LatentMap<Float> {
    var result = LatentMap<Float>(width: map.width, height: map.height, channels: map.channels, repeating: 0)
    for y in 0..<map.height {
      for x in 0..<map.width where isCoded[x, y] {
        var (sums, count) = ([Double](repeating: 0, count: map.channels), 0.0)
        for row in max(y - 1, 0)...min(y + 1, map.height - 1) {
          for column in max(x - 1, 0)...min(x + 1, map.width - 1) where isCoded[column, row] {
            count += 1
            for (index, value) in map.vector(column, row).enumerated() { sums[index] += value }
          }
        }
        for index in 0..<map.channels { result[x, y, index] = Float(sums[index] / count) }
      }
    }
    return result
  }
}
