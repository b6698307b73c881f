import VAEZipSupport

/// Makes frames: the sequences section of zstd's compressed blocks (Formats/VZ-symbols.md, §4; RFC 8878,
/// section 3.1.1.3.2).
///
/// libzstd's `ZSTD_compressSequences` could make them from the same dictionaries. It is not used for two
/// reasons. It interpolates the cost of a dictionary's tables linearly between powers of two and therefore
/// stores tables of its own too often: 10 to 15 bytes per frame, a third of what the streams cost beyond
/// the model's rate. And files would depend on its version.
final class FrameEncoder {
  private let literalLengths = ScratchBuffer<UInt8>(capacity: FrameFormat.maximumSequences)
  private let matchLengths = ScratchBuffer<UInt8>(capacity: FrameFormat.maximumSequences)
  /// Number of sequences in the frame.
  private var count = 0
  /// Sums of their literal lengths and match lengths.
  private var literals = 0
  private var matches = 0
  private var tables: FrameTables?

  /// Sets the tables of the frames that follow, and drops what has not been finished.
  func use(_ tables: FrameTables) {
    self.tables = tables
    reset()
  }

  private func reset() { (count, literals, matches) = (0, 0, 0) }

  /// Adds a sequence to the frame.
  /// - Parameters:
  ///   - literalLength: 1…39.
  ///   - matchLength: 3…34.
  /// - Returns: false if the frame is full: it must be finished first.
  @inline(__always)
  func append(literalLength: Int, matchLength: Int) -> Bool {
    guard literals + literalLength <= FrameFormat.literalCount,
      matches + matchLength <= FrameFormat.maximumMatchBytes
    else { return false }
    // There is room: every sequence has a match of at least 3 bytes.
    literalLengths.start[count] = UInt8(truncatingIfNeeded: literalLength)
    matchLengths.start[count] = UInt8(truncatingIfNeeded: matchLength - FrameFormat.matchBase)
    count += 1
    literals += literalLength
    matches += matchLength
    return true
  }

  /// Ends the frame.
  /// - Returns: what a stream stores of it; nil if it has no sequences.
  func finish() -> StoredFrame? {
    guard let tables, count > 0 else { return nil }
    var literalCounts = [Int](repeating: 0, count: tables.literalLengths.states.counts.count)
    var matchCounts = [Int](repeating: 0, count: tables.matchLengths.states.counts.count)
    for i in 0..<count {
      literalCounts[LiteralLengthCode.code(Int(literalLengths.start[i]))] += 1
      matchCounts[Int(matchLengths.start[i])] += 1
    }
    // Use tables made for this frame if both together save more than the modes take.
    var literal = TableChoice(tables.literalLengths.states, literalCounts)
    var match = TableChoice(tables.matchLengths.states, matchCounts)
    let modesBits = 8 * FrameFormat.dictionaryTables.count << FixedLog2.fractionBits
    let isPlain = literal.saving + match.saving <= modesBits
    var bytes: [UInt8] = []
    if isPlain {
      literal = TableChoice(dictionary: tables.literalLengths.states)
      match = TableChoice(dictionary: tables.matchLengths.states)
    } else {
      let modes: [TableChoice.Mode] = [literal.mode, .single, match.mode]
      bytes.append(modes.reduce(0) { $0 << 2 | $1.rawValue } << 2)
      bytes += literal.description
      bytes.append(0)  // the only offset code
      bytes += match.description
    }
    bytes += sequenceBits(FiniteStateEncoder(literal.table), FiniteStateEncoder(match.table))
    defer { reset() }
    return StoredFrame(sequences: count, usesDictionaryTables: isPlain, bytes: bytes[...])
  }

  /// The bits of the sequences, from the last to the first, then a one that marks the end.
  private func sequenceBits(
    _ literalEncoder: FiniteStateEncoder, _ matchEncoder: FiniteStateEncoder
  ) -> [UInt8] {
    var literalEncoder = literalEncoder
    var matchEncoder = matchEncoder
    var writer = BitWriter()
    for i in (0..<count).reversed() {
      let length = Int(literalLengths.start[i])
      let code = LiteralLengthCode.code(length)
      let match = Int(matchLengths.start[i])
      if i == count - 1 {
        matchEncoder.begin(match)
        literalEncoder.begin(code)
      } else {
        matchEncoder.encode(match, to: &writer)
        literalEncoder.encode(code, to: &writer)
      }
      // Literal lengths from 16 on share codes and have extra bits; match lengths up to 34 and offsets
      // have none.
      if length >= 16 {
        let extra = LiteralLengthCode.extraBits(code)
        writer.write(length & ((1 << extra) - 1), count: extra)
      }
    }
    matchEncoder.finish(to: &writer)
    literalEncoder.finish(to: &writer)
    writer.write(1, count: 1)
    return writer.finishedBytes()
  }
}
