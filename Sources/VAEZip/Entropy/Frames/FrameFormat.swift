/// What all frames have in common, and a stream therefore does not store.
///
/// A frame is a magicless zstd frame of one compressed block. Its literals are always 49,152 bytes of
/// 1, run-length coded; its matches copy zeros, at the repeated offset, from the dictionary. So it decodes to
/// 1^a 0^b 1^a 0^b …, where a and b are the sequences' literal and match lengths, and to the literals that
/// are left over at the end. A stream stores the number of sequences in its bit string, and of the
/// frame only what follows that number; and where the tables are the dictionary's, what follows them.
enum FrameFormat {
  /// Literals of each frame: the sum of its sequences' literal lengths is at most this.
  static let literalCount = 48 * 1024
  /// The largest sum of a frame's match lengths: with the literals, zstd's largest block.
  static let maximumMatchBytes = 80 * 1024
  /// The largest output of a frame.
  static let maximumSize = literalCount + maximumMatchBytes
  /// Length and repeated offset of the dictionary's content: no match reaches into the output.
  static let contentSize = maximumSize

  /// Descriptor (no content size, no checksum, no dictionary id), window descriptor (128 KiB).
  static let frameHeader: [UInt8] = [0x00, 0x38]
  /// Length of a block's header.
  static let blockHeaderSize = 3
  /// Literals section: RLE, size in 20 bits, 49,152 times the byte 1.
  static let literalsSection: [UInt8] = [0x0D, 0x00, 0x0C, 0x01]
  /// Symbol compression modes and offset table of a frame that uses the dictionary's tables: literal
  /// lengths and match lengths repeat, offsets are all code 0 (RLE).
  static let dictionaryTables: [UInt8] = [0xDC, 0x00]
  /// The most sequences of a frame: their number takes one or two bytes.
  static let maximumSequences = maximumMatchBytes / matchBase
  /// Bytes before the modes of a frame, at most.
  static let maximumPrefixSize =
    frameHeader.count + blockHeaderSize + literalsSection.count + 2 + dictionaryTables.count
  /// The largest block: its size is less than that of its output.
  static let maximumBlockSize = 128 * 1024

  /// The shortest match of zstd, which stands for the value 0.
  static let matchBase = 3

  /// The number of sequences as RFC 8878 section 3.1.1.3.2.1 codes it.
  static func sequenceCount(_ count: Int) -> [UInt8] {
    count < 128
      ? [UInt8(truncatingIfNeeded: count)]
      : [UInt8(truncatingIfNeeded: 128 + (count >> 8)), UInt8(truncatingIfNeeded: count)]
  }
}

/// What a stream stores of a frame.
struct StoredFrame {
  /// Number of sequences, 1…`FrameFormat.maximumSequences`.
  let sequences: Int
  /// Whether both tables are the dictionary's, so that `bytes` starts with the sequences' bits.
  let usesDictionaryTables: Bool
  /// Modes, tables and bits of the sequences, or the bits alone.
  let bytes: ArraySlice<UInt8>
}
