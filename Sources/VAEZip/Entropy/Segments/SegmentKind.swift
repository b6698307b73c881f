/// How the symbols of a segment are coded (Formats/VZ-symbols.md, §3). The raw value is the format's number.
enum SegmentKind: Int, CaseIterable {
  /// All symbols are zero; nothing is stored.
  case zeros = 0
  /// Frames with one sequence per nonzero symbol: the run of zeros before it, and its magnitude.
  case runs = 1
  /// Frames with one sequence per two symbols: their reduced magnitudes.
  case magnitudes = 2
  /// Runs and magnitudes in the bit string, for segments too short for a frame.
  case runBits = 3
  /// Magnitudes in the bit string.
  case magnitudeBits = 4

  /// Whether runs of zeros are counted. Such a segment has no scale index with bypass bits.
  var countsRuns: Bool { self == .runs || self == .runBits }
  /// Whether zstd frames carry the symbols.
  var isFramed: Bool { self == .runs || self == .magnitudes }

  /// All kinds, the most frequent first. The code of the kind at index i is i zeros and a one; the last
  /// one omits the one.
  private static let byFrequency: [SegmentKind] = [
    .magnitudes, .runs, .zeros, .magnitudeBits, .runBits,
  ]

  /// Number of zeros of the kind's code.
  private var zeroCount: Int { Self.byFrequency.firstIndex(of: self) ?? 0 }

  /// Length of the kind's code, in bits.
  var bitCount: Int { min(zeroCount + 1, Self.byFrequency.count - 1) }

  /// Writes the kind's code.
  func write(to writer: inout BitWriter) {
    writer.write(0, count: zeroCount)
    if bitCount > zeroCount { writer.write(1, count: 1) }
  }

  /// Reads a kind's code.
  init(from reader: inout BitReader) {
    var zeros = 0
    while zeros < Self.byFrequency.count - 1, reader.read(1) == 0 { zeros += 1 }
    self = Self.byFrequency[zeros]
  }
}
