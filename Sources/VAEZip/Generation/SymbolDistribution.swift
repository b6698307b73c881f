import VAEZipEntropy
import VAEZipModel
import VAEZipSupport

/// Draws symbols from the distributions that code them (Formats/VZ-symbols.md, §1), in integers.
///
/// The temperature T multiplies the standard deviations, as for flows (Kingma and Dhariwal 2018, arXiv 1807.03039):
/// a Gaussian's probability to the power 1/T² is that of a Gaussian T times as wide, up to a factor. So each
/// probability goes to this power.
struct SymbolDistribution: Sendable {
  /// Temperatures have 8 fraction bits.
  static let temperatureBits = 8
  /// The largest magnitude of a symbol.
  private static let largest = 32767

  /// Cumulative weights: 64 rows of 32, one per scale index; the last one of a row is its total.
  private let cumulative: [UInt64]
  private let bypassBits: [UInt8]
  /// Whether all symbols are zero.
  private let isZero: Bool

  /// - Parameter temperature: at least 0; rounded to 1/256.
  init(_ tables: ScaleTables, temperature: Double) {
    self.init(tables, temperature: Int((temperature * Double(1 << Self.temperatureBits)).rounded()))
  }

  /// - Parameter temperature: in 1/256, at least 0.
  init(_ tables: ScaleTables, temperature: Int = 256) {
    bypassBits = tables.bypassBits
    isZero = temperature == 0
    var cumulative: [UInt64] = []
    for scaleIndex in 0..<ScaleTables.scaleCount {
      let weights =
        temperature == 256
        ? (0..<ScaleTables.entryCount).map { tables.frequency(scaleIndex, $0) }
        : Self.weights(scaleIndex, tables, temperature: max(temperature, 1))
      var sum: UInt64 = 0
      for weight in weights {
        sum += weight
        cumulative.append(sum)
      }
    }
    self.cumulative = cumulative
  }

  /// Weights of the entries, below 2³⁵ each, in proportion to n · (f / n)^(1/T²), where f is the entry's frequency and
  /// n how many symbols share it.
  private static func weights(_ scaleIndex: Int, _ tables: ScaleTables, temperature: Int) -> [UInt64] {
    let power = (Int64(1) << 32) / (Int64(temperature) * Int64(temperature))
    let bypassBits = Int64(tables.bypassBits[scaleIndex])
    let logarithms = (0..<ScaleTables.entryCount).map { entry -> Int64 in
      // Both signs; zero has one. The escape counts as eight entries: its code's mean is 3 bits.
      let bits = bypassBits + (entry == 0 && bypassBits == 0 ? 0 : 1) + (entry == ScaleTables.escape ? 3 : 0)
      let count = bits << Int64(FixedLog2.fractionBits)
      let frequency = Int64(FixedLog2.log2(tables.frequency(scaleIndex, entry)))
      return count + ((frequency - count) * power) >> 16
    }
    let highest = logarithms.max() ?? 0
    return logarithms.map { logarithm in
      let factor = FixedFactor(logarithm: logarithm - highest)
      let shift = 20 + factor.exponent
      return shift < 0
        ? UInt64(factor.mantissa) >> UInt64(min(-shift, 63)) : UInt64(factor.mantissa) << UInt64(shift)
    }
  }

  /// Draws a symbol for each scale index.
  func draw(_ scaleIndexes: [UInt8], _ generator: inout SampleGenerator) -> [Int16] {
    guard !isZero else { return [Int16](repeating: 0, count: scaleIndexes.count) }
    return scaleIndexes.map { draw(Int($0), &generator) }
  }

  private func draw(_ scaleIndex: Int, _ generator: inout SampleGenerator) -> Int16 {
    let row = scaleIndex * ScaleTables.entryCount
    let number = generator.next(below: cumulative[row + ScaleTables.entryCount - 1])
    var entry = 0
    while number >= cumulative[row + entry] { entry += 1 }
    var reduced = entry
    if entry == ScaleTables.escape {
      // The Exp-Golomb code of random bits; no longer than the largest symbol needs.
      var zeros = 0
      while zeros < 10, generator.bits(1) == 0 { zeros += 1 }
      reduced += 1 << zeros - 1 + generator.bits(zeros)
    }
    let bits = Int(bypassBits[scaleIndex])
    let magnitude = min(reduced << bits | generator.bits(bits), Self.largest)
    guard magnitude > 0 else { return 0 }
    return Int16(generator.bits(1) == 0 ? magnitude : -magnitude)
  }
}
