/// What the coder derives from the probability tables once, by integer arithmetic: the order of the scale
/// indexes, and how runs of zeros and magnitudes are counted at each (Formats/VZ-symbols.md, §1).
struct ScaleTraits {
  /// The scale indexes by descending mean of the reduced magnitude, ties by ascending index.
  let order: [UInt8]
  /// log₂ of the length of the chunks in which frames count runs of zeros, by scale index: `chunk`.
  let chunkBits: [UInt8]
  /// Probability that such a chunk is all zeros, in units of 2⁻²⁴, by scale index: `zero`.
  let chunkZero: [UInt32]
  /// log₂ of the length of the chunks in which the bit string counts runs, by scale index: `riceChunk`.
  let riceChunkBits: [UInt8]
  /// Rice parameter of reduced magnitudes in the bit string, by scale index: `rice`.
  let riceBits: [UInt8]

  /// A chunk of frames is doubled while the doubled one is all zeros at least this probably, of 2³².
  static let frameChunkZero: UInt64 = 2_808_872_312  // 0.654
  /// A chunk of the bit string is doubled while the doubled one is all zeros at least this probably, of 2³².
  static let riceChunkZero: UInt64 = 1_640_531_527  // 0.382: one over the golden ratio squared
  /// log₂ of the longest chunk.
  static let maximumChunkBits = 16
  /// The largest Rice parameter.
  static let maximumRiceBits = 4

  /// Derives all traits.
  init(_ tables: ScaleTables) {
    let scaleIndexes = 0..<ScaleTables.scaleCount
    let sums = scaleIndexes.map { scaleIndex in
      (0..<ScaleTables.entryCount).reduce(UInt64(0)) { sum, entry in
        sum + UInt64(entry) * tables.frequency(scaleIndex, entry)
      }
    }
    order = scaleIndexes.sorted { (sums[$1], $0) < (sums[$0], $1) }.map { UInt8($0) }

    /// How often a chunk of one symbol can be doubled, and the probability that the result is all zeros.
    func chunk(_ scaleIndex: Int, threshold: UInt64) -> (bits: UInt8, zero: UInt64) {
      var zero = tables.frequency(scaleIndex, 0) << 8
      var bits = 0
      while bits < Self.maximumChunkBits, (zero * zero) >> 32 >= threshold {
        zero = (zero * zero) >> 32
        bits += 1
      }
      return (UInt8(bits), zero)
    }
    let frameChunks = scaleIndexes.map { chunk($0, threshold: Self.frameChunkZero) }
    chunkBits = frameChunks.map(\.bits)
    chunkZero = frameChunks.map { UInt32($0.zero >> 8) }
    riceChunkBits = scaleIndexes.map { chunk($0, threshold: Self.riceChunkZero).bits }
    riceBits = sums.map { sum in
      // The largest parameter r with 2^r at most ln 2 (about 11/16) of the mean.
      let fitting = (0...Self.maximumRiceBits).last {
        (sum * 11) >> 4 >= UInt64(ScaleTables.total) << UInt64($0)
      }
      return UInt8(fitting ?? 0)
    }
  }
}
