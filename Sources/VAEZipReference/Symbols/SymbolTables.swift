// Formats/VZ-symbols.md, section 1: what both sides know.

/// What follows from the model's tensor alone, for each scale index v.
struct SymbolTables {
  /// Bypass bits.
  private(set) var raw: [Int] = []
  /// `freq[v][m]` / 2^24: the probability of the reduced magnitude m; entry 31 stands for all m ≥ 31.
  private(set) var freq: [[Int]] = []
  /// "Order": the place of v among all scale indexes.
  private(set) var rank: [Int] = []
  /// "Chunks".
  private(set) var chunk: [Int] = []
  private(set) var zero: [Int] = []
  private(set) var riceChunk: [Int] = []
  /// "Rice parameter".
  private(set) var rice: [Int] = []

  /// - Parameter tensor: `entropy.magnitudes`, 64 rows of 33.
  init(tensor: [Int]) {
    for v in 0..<64 {
      raw.append(tensor[33 * v])
      freq.append(Array(tensor[33 * v + 1..<33 * (v + 1)]))
    }
    let means = freq.map { row in (0..<32).reduce(0) { $0 + $1 * row[$1] } }
    let order = (0..<64).sorted { a, b in
      means[a] != means[b] ? means[a] > means[b] : a < b
    }
    rank = (0..<64).map { v in order.firstIndex(of: v) ?? 0 }
    for v in 0..<64 {
      let inFrames = Self.chunk(freq[v][0], threshold: 2_808_872_312)
      chunk.append(inFrames.k)
      zero.append(inFrames.z >> 8)
      riceChunk.append(Self.chunk(freq[v][0], threshold: 1_640_531_527).k)
      rice.append((1...4).last { r in (11 * means[v]) >> 4 >= 1 << (24 + r) } ?? 0)
    }
  }

  /// How often the probability of a zero can be squared before it falls below a threshold.
  private static func chunk(_ zeroFrequency: Int, threshold: Int) -> (k: Int, z: Int) {
    // z is below 2^32, so z · z needs all 64 bits.
    func squared(_ z: Int) -> Int { Int((UInt64(z) * UInt64(z)) >> 32) }
    var (z, k) = (zeroFrequency << 8, 0)
    while k < 16, squared(z) >= threshold {
      z = squared(z)
      k += 1
    }
    return (k, z)
  }

  /// "Expected", of section 3: how many of some symbols should not be zero.
  func expectedNonzeros(_ scaleIndexes: [Int]) -> Int {
    max(1, scaleIndexes.reduce(0) { $0 + (1 << 24) - freq[$1][0] } >> 24)
  }
}

/// ⌊log₂ value⌋.
func log2Floor(_ value: Int) -> Int {
  var log = 0
  while value >> (log + 1) > 0 { log += 1 }
  return log
}
