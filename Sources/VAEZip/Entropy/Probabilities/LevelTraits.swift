/// What the coder derives from the probability tables once, by integer arithmetic (the format's
/// page defines each figure): the order of the levels and how their zeros are counted.
struct LevelTraits {
  /// The levels by descending mean of the reduced magnitude, ties by ascending level.
  let order: [UInt8]
  /// Place of each level in `order`.
  let rank: [UInt8]
  /// log₂ of the chunks of symbols in which runs of zeros are counted in frames, by level.
  let chunkBits: [UInt8]
  /// Probability, of 2²⁴, that such a chunk is all zeros.
  let chunkZero: [UInt32]
  /// log₂ of the chunks in which runs are counted in the bit string.
  let riceChunkBits: [UInt8]
  /// Rice parameter of reduced magnitudes in the bit string.
  let riceBits: [UInt8]

  /// Chunks of frames: doubled as long as they remain all zeros with this probability, of 2³².
  static let frameChunkZero: UInt64 = 2_808_872_312  // 0.654
  /// Chunks of the bit string: doubled as long as they are all zeros with this probability, of 2³².
  static let riceChunkZero: UInt64 = 1_640_531_527  // 0.382, the golden ratio's square inverted
  /// No chunk is longer than 2^16 symbols.
  static let maximumChunkBits = 16

  init(_ tables: ScaleTables) {
    let levels = 0..<ScaleTables.levelCount
    let sums = levels.map { level in
      (0..<ScaleTables.entryCount).reduce(UInt64(0)) { $0 + UInt64($1) * tables.frequency(level, $1) }
    }
    let sorted = levels.sorted { (sums[$1], $0) < (sums[$0], $1) }
    var rank = [UInt8](repeating: 0, count: levels.count)
    for (place, level) in sorted.enumerated() { rank[level] = UInt8(place) }
    order = sorted.map { UInt8($0) }
    self.rank = rank

    /// How often a chunk of one symbol can be doubled, and the probability that it is all zeros.
    func chunk(level: Int, threshold: UInt64) -> (bits: UInt8, zero: UInt64) {
      var zero = tables.frequency(level, 0) << 8
      var bits = 0
      while bits < Self.maximumChunkBits, (zero * zero) >> 32 >= threshold {
        zero = (zero * zero) >> 32
        bits += 1
      }
      return (UInt8(bits), zero)
    }
    let frame = levels.map { chunk(level: $0, threshold: Self.frameChunkZero) }
    chunkBits = frame.map(\.bits)
    chunkZero = frame.map { UInt32($0.zero >> 8) }
    riceChunkBits = levels.map { chunk(level: $0, threshold: Self.riceChunkZero).bits }
    riceBits = sums.map { sum in
      // The largest parameter whose power of two is at most ln 2 of the mean.
      UInt8((0...4).last { (sum * 11) >> 4 >= UInt64(ScaleTables.total) << UInt64($0) } ?? 0)
    }
  }
}
