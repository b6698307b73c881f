/// What all frames have in common, and no stream therefore stores (Formats/VZ-symbols.md, §4).
///
/// A frame is a magicless zstd frame of one compressed block. Its literals are always 49,152 bytes 01,
/// run-length coded. Its matches copy zeros from the dictionary, at the repeated offset. So it decodes to
/// 1^a 0^b 1^a 0^b …, where a and b are the sequences' literal and match lengths, and ends with the
/// literals that remain. Of all this, a stream stores the number of sequences, in its bit string, and
/// the bytes after that number. If both tables are the dictionary's, it stores only the bytes after them.
enum FrameFormat {
  /// Literals of each frame. The literal lengths of its sequences add up to at most this.
  static let literalCount = 48 * 1024
  /// The largest sum of a frame's match lengths: with the literals, zstd's largest block.
  static let maximumMatchBytes = 80 * 1024
  /// Bytes that a frame decodes to, at most.
  static let maximumSize = literalCount + maximumMatchBytes
  /// Length of the dictionary's content, and the repeated offset: no match reaches into the output.
  static let contentSize = maximumSize

  /// Descriptor (no content size, no checksum, no dictionary id), window descriptor (128 KiB).
  static let frameHeader: [UInt8] = [0x00, 0x38]
  /// Length of a block's header.
  static let blockHeaderSize = 3
  /// Literals section: run-length coded, size in 20 bits, 49,152 times the byte 01.
  static let literalsSection: [UInt8] = [0x0D, 0x00, 0x0C, 0x01]
  /// Compression modes and offset table of a frame that uses the dictionary's tables: literal lengths and
  /// match lengths repeat the dictionary's, all offsets have code 0 (run-length coded).
  static let dictionaryTables: [UInt8] = [0xDC, 0x00]
  /// The most sequences of a frame. Their number takes one or two bytes.
  static let maximumSequences = maximumMatchBytes / matchBase
  /// The most bytes before those that a stream stores.
  static let maximumPrefixSize =
    frameHeader.count + blockHeaderSize + literalsSection.count + 2 + dictionaryTables.count
  /// The most bytes of a block, which zstd limits as it limits the block's output: 128 KiB.
  static let maximumBlockSize = 128 * 1024

  /// The shortest match of zstd, which stands for the value 0.
  static let matchBase = 3

  /// The number of sequences, 1…27,306, as RFC 8878 section 3.1.1.3.2.1 codes it.
  static func sequenceCount(_ count: Int) -> [UInt8] {
    count < 128
      ? [UInt8(truncatingIfNeeded: count)]
      : [UInt8(truncatingIfNeeded: 128 + (count >> 8)), UInt8(truncatingIfNeeded: count)]
  }
}
