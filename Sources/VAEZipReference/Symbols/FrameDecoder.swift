import CZstd

// Formats/VZ-symbols.md, section 4: frames.

/// Gives stored bytes to zstd as a frame, and reads the sequences' lengths off its output.
struct FrameDecoder {
  private let fields: SequenceFields

  init(_ fields: SequenceFields) { self.fields = fields }

  /// The literal length and the match length of each sequence of the next frame.
  func frame(
    _ sequenceCount: Int, from reader: inout BitString
  ) throws -> [(literalLength: Int, matchLength: Int)] {
    guard (1...27_306).contains(sequenceCount) else { throw FormatError("number of sequences") }
    let usesDictionaryTables = try reader.bits(1) == 1
    let size = try reader.near((sequenceCount * fields.stateBits) >> 12 + 3)
    guard size > 0 else { throw FormatError("an empty frame") }
    let stored = try reader.frame(size)
    let input = zstdFrame(
      stored, sequenceCount: sequenceCount, usesDictionaryTables: usesDictionaryTables)
    let pairs = lengths(of: try decompress(input))
    guard pairs.count == sequenceCount else { throw FormatError("another number of sequences") }
    return pairs
  }

  /// A magicless zstd frame with one block.
  private func zstdFrame(
    _ stored: [UInt8], sequenceCount s: Int, usesDictionaryTables: Bool
  ) -> [UInt8] {
    let literals: [UInt8] = [0x0D, 0x00, 0x0C, 0x01]
    let number: [UInt8] =
      s < 128 ? [UInt8(s)] : [UInt8(128 + s >> 8), UInt8(s & 255)]
    let modes: [UInt8] = usesDictionaryTables ? [0xDC, 0x00] : []
    let block = literals + number + modes + stored
    let blockHeader = block.count << 3 + 5
    let bytes = (0..<3).map { UInt8(blockHeader >> (8 * $0) & 255) }
    return [0x00, 0x38] + bytes + block
  }

  private func decompress(_ input: [UInt8]) throws -> ArraySlice<UInt8> {
    guard let context = ZSTD_createDCtx() else { throw FormatError("no memory") }
    defer { ZSTD_freeDCtx(context) }
    // zstd's name for the parameter that chooses a format is this one.
    ZSTD_DCtx_setParameter(
      context, ZSTD_d_experimentalParam1, Int32(ZSTD_f_zstd1_magicless.rawValue))
    let dictionary = fields.dictionary
    var output = [UInt8](repeating: 0, count: 131_072)
    let size = ZSTD_decompress_usingDict(
      context, &output, output.count, input, input.count, dictionary, dictionary.count)
    guard ZSTD_isError(size) == 0 else {
      throw FormatError("zstd: " + String(cString: ZSTD_getErrorName(size)))
    }
    return output[..<size]
  }

  /// a₁ times 01, b₁ times 00, a₂ times 01, b₂ times 00 …, and 01 to the end.
  private func lengths(of output: ArraySlice<UInt8>) -> [(literalLength: Int, matchLength: Int)] {
    var pairs: [(literalLength: Int, matchLength: Int)] = []
    var rest = output
    while true {
      let ones = rest.prefix { $0 == 1 }
      rest = rest.dropFirst(ones.count)
      if rest.isEmpty { return pairs }
      let zeros = rest.prefix { $0 == 0 }
      // Literals are 01 and matches copy 00: there is nothing else.
      rest = rest.dropFirst(zeros.count)
      pairs.append((ones.count, zeros.count))
    }
  }
}
