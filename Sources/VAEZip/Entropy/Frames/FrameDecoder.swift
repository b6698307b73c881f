import CZstd

/// Decodes frames with libzstd, and reads the lengths of their sequences from the runs of equal bytes in
/// the output (Formats/VZ-symbols.md, §4).
final class FrameDecoder {
  private let context: OpaquePointer
  /// The dictionary: a header that ends at `contentStart`, then the content, zeros.
  private let dictionary: ScratchBuffer<UInt8>
  private var dictionaryStart = 0
  private let input: ScratchBuffer<UInt8>
  private let output: ScratchBuffer<UInt8>
  /// Literal lengths of the last frame's sequences; 255 stands for 255 and more.
  let literalLengths: ScratchBuffer<UInt8>
  /// Match lengths of the last frame's sequences; 255 stands for 255 and more.
  let matchLengths: ScratchBuffer<UInt8>

  private static let contentStart = ZstdDictionary.maximumHeaderSize
  /// Bytes after the output that its reader may use.
  private static let margin = 32

  /// Makes a decoder; `use` must give it tables before it decodes.
  /// - Throws: `EntropyError.zstd` if there is no memory for zstd's context.
  init() throws(EntropyError) {
    guard let context = ZSTD_createDCtx() else { throw .zstd("no memory for a context") }
    self.context = context
    dictionary = ScratchBuffer(capacity: Self.contentStart + FrameFormat.contentSize)
    dictionary.reserve(Self.contentStart + FrameFormat.contentSize).initialize(repeating: 0)
    input = ScratchBuffer(
      capacity: FrameFormat.maximumPrefixSize + FrameFormat.maximumBlockSize)
    output = ScratchBuffer(capacity: FrameFormat.maximumSize + Self.margin)
    // A run is at least a byte long, so there are at most half as many pairs of runs as bytes.
    literalLengths = ScratchBuffer(capacity: FrameFormat.maximumSize / 2 + 1)
    matchLengths = ScratchBuffer(capacity: FrameFormat.maximumSize / 2 + 1)
    let format = Int32(ZSTD_f_zstd1_magicless.rawValue)
    guard
      ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_experimentalParam1, format)) == 0
    else { throw .zstd("magicless frames are not supported") }
  }

  deinit { ZSTD_freeDCtx(context) }

  /// Sets the tables of the frames that follow.
  func use(_ tables: FrameTables) throws(EntropyError) {
    let header = ZstdDictionary.header(
      tables, repeatedOffset: UInt32(FrameFormat.contentSize))
    guard header.count <= Self.contentStart else { throw .zstd("dictionary header too long") }
    dictionaryStart = Self.contentStart - header.count
    for (i, byte) in header.enumerated() { dictionary.start[dictionaryStart + i] = byte }
  }

  /// Decodes one frame. Afterwards the lengths of its sequences are in `literalLengths` and
  /// `matchLengths`.
  /// - Throws: `EntropyError.corrupted` if libzstd refuses the frame, or the output does not have as many
  ///   pairs of runs as the frame has sequences.
  func decode(_ frame: StoredFrame) throws(EntropyError) {
    guard 1...FrameFormat.maximumBlockSize ~= frame.bytes.count,
      1...FrameFormat.maximumSequences ~= frame.sequences
    else {
      throw .corrupted(
        expected: "a frame of up to 131072 bytes and \(FrameFormat.maximumSequences) sequences",
        found: "\(frame.bytes.count) bytes, \(frame.sequences) sequences")
    }
    let content =
      FrameFormat.literalsSection + FrameFormat.sequenceCount(frame.sequences)
      + (frame.usesDictionaryTables ? FrameFormat.dictionaryTables : [])
    let blockHeader = (content.count + frame.bytes.count) << 3 | 5
    let prefix =
      FrameFormat.frameHeader
      + (0..<FrameFormat.blockHeaderSize).map { UInt8(truncatingIfNeeded: blockHeader >> (8 * $0)) }
      + content
    for (i, byte) in prefix.enumerated() { input.start[i] = byte }
    frame.bytes.withUnsafeBufferPointer { bytes in
      _ = UnsafeMutableBufferPointer(start: input.start + prefix.count, count: bytes.count)
        .update(fromContentsOf: bytes)
    }
    let size = ZSTD_decompress_usingDict(
      context, output.start, FrameFormat.maximumSize, input.start,
      prefix.count + frame.bytes.count, dictionary.start + dictionaryStart,
      Self.contentStart - dictionaryStart + FrameFormat.contentSize)
    guard ZSTD_isError(size) == 0 else {
      throw .corrupted(
        expected: "a zstd block", found: "“\(String(cString: ZSTD_getErrorName(size)))”")
    }
    let count = readRuns(min(size, FrameFormat.maximumSize))
    guard count == frame.sequences else {
      throw .corrupted(expected: "\(frame.sequences) pairs of runs", found: "\(count)")
    }
  }

  /// Reads the lengths of alternating runs of bytes 01 and 00 in the first `size` bytes of the output.
  /// - Returns: the number of pairs of runs. The run of 01 at the end is not counted.
  private func readRuns(_ size: Int) -> Int {
    let bytes = UnsafeRawPointer(output.start)
    // Eight bytes of each kind after the end stop every run.
    for i in 0..<8 {
      output.start[size + i] = 1
      output.start[size + 8 + i] = 0
    }
    var position = 0
    var count = 0
    while true {
      let literals = Self.runLength(bytes, position, of: 0x0101_0101_0101_0101)
      position += literals
      if position >= size { return count }
      let matches = Self.runLength(bytes, position, of: 0)
      position += matches
      literalLengths.start[count] = UInt8(clamping: literals)
      matchLengths.start[count] = UInt8(clamping: matches)
      count += 1
    }
  }

  /// How many bytes from `position` on are equal to those of `pattern`, eight equal bytes.
  @inline(__always)
  private static func runLength(
    _ bytes: UnsafeRawPointer, _ position: Int, of pattern: UInt64
  ) -> Int {
    var length = 0
    while true {
      let word = (bytes + position + length).loadUnaligned(as: UInt64.self)
      let difference = UInt64(littleEndian: word) ^ pattern
      if difference != 0 { return length + difference.trailingZeroBitCount / 8 }
      length += 8
    }
  }
}
