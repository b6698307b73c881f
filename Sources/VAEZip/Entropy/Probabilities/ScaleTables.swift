/// The probability of a symbol's magnitude at each scale index, as integers (Formats/VZ-symbols.md, §1).
///
/// A symbol q at scale index v is coded in three parts: its reduced magnitude m = |q| >> `bypassBits[v]`
/// by probability; the low bits that the shift dropped, and the sign, as they are. `frequencies` says how
/// probable each m is, in units of 2⁻²⁴; the last entry stands for all m ≥ 31, an escape. All |q| with the
/// same m count as equally probable. The coder derives everything else from these integers by integer
/// arithmetic. It does not assume Gaussians, so the tables may be fitted to data.
///
/// A model file holds them as the I32 tensor `entropy.magnitudes` of shape [64, 33]: one row per scale
/// index, first `bypassBits` (`raw` in the format's page), then the 32 frequencies (`freq`).
package struct ScaleTables: Sendable, Equatable {
  /// Number of scales; scale indexes are 0…63.
  package static let scaleCount = 64
  /// Entries of a row of frequencies: reduced magnitudes 0…30, then the escape.
  package static let entryCount = 32
  /// The entry that stands for all reduced magnitudes from 31 on.
  package static let escape = entryCount - 1
  /// The sum of each row of frequencies, 2²⁴.
  package static let total = 1 << totalBits
  /// log₂ of `total`.
  package static let totalBits = 24
  /// The most bypass bits of a symbol's magnitude.
  package static let maximumBypassBits = 10

  /// Name of the tensor that holds the tables in a model file.
  package static let tensorName = "entropy.magnitudes"
  /// Shape of that tensor: scales × (bypass bits, then frequencies).
  package static let tensorShape = [scaleCount, entryCount + 1]

  /// How many low bits of |q| are stored as they are, by scale index: 64 values, 0…10.
  package let bypassBits: [UInt8]
  /// Frequencies of reduced magnitudes: 64 rows of 32, each entry at least 1, each row's sum 2²⁴.
  package let frequencies: [UInt32]

  /// Reads tables as a model file stores them.
  /// - Parameters:
  ///   - values: the tensor's values, row-major.
  ///   - shape: the tensor's shape; must be `tensorShape`.
  /// - Throws: `EntropyError.invalidTables` if the shape or any value is out of range.
  package init(tensor values: [Int32], shape: [Int]) throws(EntropyError) {
    guard shape == Self.tensorShape, values.count == Self.scaleCount * (Self.entryCount + 1) else {
      throw .invalidTables("shape \(Self.tensorShape) expected, found \(shape)")
    }
    var bypassBits: [UInt8] = []
    var frequencies: [UInt32] = []
    frequencies.reserveCapacity(Self.scaleCount * Self.entryCount)
    for scaleIndex in 0..<Self.scaleCount {
      let row = values[(scaleIndex * (Self.entryCount + 1))...].prefix(Self.entryCount + 1)
      guard let bits = row.first.flatMap({ UInt8(exactly: $0) }), bits <= Self.maximumBypassBits else {
        let found = values[scaleIndex * (Self.entryCount + 1)]
        throw .invalidTables("scale index \(scaleIndex): bypass bits 0…10 expected, found \(found)")
      }
      bypassBits.append(bits)
      var sum: Int64 = 0
      for value in row.dropFirst() {
        guard let frequency = UInt32(exactly: value), frequency >= 1 else {
          throw .invalidTables(
            "scale index \(scaleIndex): frequencies of at least 1 expected, found \(value)")
        }
        sum += Int64(value)
        frequencies.append(frequency)
      }
      guard sum == Self.total else {
        throw .invalidTables(
          "scale index \(scaleIndex): a sum of frequencies of \(Self.total) expected, found \(sum)")
      }
    }
    self.bypassBits = bypassBits
    self.frequencies = frequencies
  }

  /// Makes tables of values that are known to be in range: computed here, or checked by the caller.
  package init(bypassBits: [UInt8], frequencies: [UInt32]) {
    self.bypassBits = bypassBits
    self.frequencies = frequencies
  }

  /// The values of the tensor `tensorName`, row-major, of shape `tensorShape`.
  package var tensor: [Int32] {
    (0..<Self.scaleCount).flatMap { scaleIndex in
      [Int32(bypassBits[scaleIndex])]
        + frequencies[(scaleIndex * Self.entryCount)...].prefix(Self.entryCount).map { Int32($0) }
    }
  }

  /// The frequency of an entry, in units of 2⁻²⁴.
  /// - Parameters:
  ///   - scaleIndex: 0…63.
  ///   - entry: 0…31.
  package func frequency(_ scaleIndex: Int, _ entry: Int) -> UInt64 {
    UInt64(frequencies[scaleIndex * Self.entryCount + entry])
  }
}
