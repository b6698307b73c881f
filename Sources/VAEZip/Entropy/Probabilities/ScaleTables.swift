import Foundation

/// The probability of a symbol's magnitude at each scale level, as integers.
///
/// A symbol q at level v is coded as its reduced magnitude m = |q| >> `rawBits[v]`, then the dropped
/// bits and the sign as they are. `frequencies` says how probable each m is, in units of 2⁻²⁴; the
/// last entry stands for all m ≥ 31 (an escape). Within one m, the values of |q| count as equally
/// probable. Everything that the coder derives, it derives from these integers by integer
/// arithmetic; nothing assumes that they came from a Gaussian, so they may be fitted to data.
///
/// In a model file they are the I32 tensor `entropy.magnitudes` of shape [64, 33]: a row a level,
/// first `rawBits`, then the 32 frequencies.
public struct ScaleTables: Sendable, Equatable {
  /// Number of scale levels.
  public static let levelCount = 64
  /// Entries of a row of frequencies: reduced magnitudes 0…30, then the escape.
  public static let entryCount = 32
  /// The entry that stands for all reduced magnitudes from 31 on.
  public static let escape = entryCount - 1
  /// The sum of each row of frequencies, 2²⁴.
  public static let total = 1 << 24
  /// The largest number of dropped bits.
  public static let maximumRawBits = 10

  /// Name, in a model file, of the tensor that holds the tables.
  public static let tensorName = "entropy.magnitudes"
  /// Shape of that tensor: levels × (raw bits, then frequencies).
  public static let tensorShape = [levelCount, entryCount + 1]

  /// How many low bits of |q| are stored as they are, by level: 64 values, 0…10.
  public let rawBits: [UInt8]
  /// Frequencies of reduced magnitudes: 64 rows of 32, each entry ≥ 1, each row's sum 2²⁴.
  public let frequencies: [UInt32]

  /// Tables as stored in a model file.
  /// - Parameters:
  ///   - values: the tensor's values, row-major.
  ///   - shape: the tensor's shape, `tensorShape`.
  /// - Throws: `EntropyError.invalidTables` if the shape or any value is out of range.
  public init(tensor values: [Int32], shape: [Int]) throws(EntropyError) {
    guard shape == Self.tensorShape, values.count == Self.levelCount * (Self.entryCount + 1) else {
      throw .invalidTables("shape \(Self.tensorShape) expected, found \(shape)")
    }
    var rawBits: [UInt8] = []
    var frequencies: [UInt32] = []
    frequencies.reserveCapacity(Self.levelCount * Self.entryCount)
    for level in 0..<Self.levelCount {
      let row = values[(level * (Self.entryCount + 1))...].prefix(Self.entryCount + 1)
      guard let bits = row.first.flatMap({ UInt8(exactly: $0) }), bits <= Self.maximumRawBits else {
        let found = values[level * (Self.entryCount + 1)]
        throw .invalidTables("level \(level): raw bits 0…10 expected, found \(found)")
      }
      rawBits.append(bits)
      var sum: Int64 = 0
      for value in row.dropFirst() {
        guard let frequency = UInt32(exactly: value), frequency >= 1 else {
          throw .invalidTables("level \(level): frequencies of at least 1 expected, found \(value)")
        }
        sum += Int64(value)
        frequencies.append(frequency)
      }
      guard sum == Self.total else {
        throw .invalidTables("level \(level): frequencies must add up to \(Self.total), not \(sum)")
      }
    }
    self.rawBits = rawBits
    self.frequencies = frequencies
  }

  /// The values of the tensor `tensorName`, row-major, shape `tensorShape`.
  public var tensor: [Int32] {
    (0..<Self.levelCount).flatMap { level in
      [Int32(rawBits[level])]
        + frequencies[(level * Self.entryCount)...].prefix(Self.entryCount).map { Int32($0) }
    }
  }

  /// The frequency of entry `entry` at `level`, of 2²⁴.
  package func frequency(_ level: Int, _ entry: Int) -> UInt64 {
    UInt64(frequencies[level * Self.entryCount + entry])
  }
}

extension ScaleTables {
  /// The standard deviation of scale level `level`: 0.11·r^level, r = (64/0.11)^(1/63).
  public static func sigma(level: Int) -> Double {
    0.11 * pow(64 / 0.11, Double(level) / 63)
  }

  /// Tables of zero-mean Gaussians, discretised to integers: P(q) = Φ((q+½)/σ) − Φ((q−½)/σ).
  ///
  /// Floating point: for the export of a model only, which stores the integers. Bits are dropped
  /// until the standard deviation of what remains is below 6.4.
  public static func gaussian() -> ScaleTables {
    var rawBits: [UInt8] = []
    var frequencies: [UInt32] = []
    for level in 0..<levelCount {
      let sigma = sigma(level: level)
      var bits = 0
      while sigma / Double(1 << bits) >= 6.4 { bits += 1 }
      rawBits.append(UInt8(bits))
      // P(|q| ≥ n), which keeps its precision far out.
      func tail(_ n: Int) -> Double {
        n == 0 ? 1 : erfc((Double(n) - 0.5) / (sigma * 2.0.squareRoot()))
      }
      let probabilities = (0..<entryCount).map { entry in
        tail(entry << bits) - (entry == escape ? 0 : tail((entry + 1) << bits))
      }
      frequencies += quantized(probabilities)
    }
    return ScaleTables(rawBits: rawBits, frequencies: frequencies)
  }

  /// Probabilities as integers ≥ 1 that add up to 2²⁴; the largest takes what rounding leaves.
  /// For calibration as well: `probabilities` are 32 values ≥ 0 whose sum is about 1.
  public static func quantized(_ probabilities: [Double]) -> [UInt32] {
    var result = probabilities.map { max(1, Int(($0 * Double(total)).rounded())) }
    let largest = result.indices.max { result[$0] < result[$1] } ?? 0
    result[largest] += total - result.reduce(0, +)
    return result.map { UInt32(clamping: $0) }
  }

  /// Trusted values: made here, or checked by the caller.
  package init(rawBits: [UInt8], frequencies: [UInt32]) {
    self.rawBits = rawBits
    self.frequencies = frequencies
  }
}
