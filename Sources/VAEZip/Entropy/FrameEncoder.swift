import CZstd

/// Makes frames with libzstd's `ZSTD_compressSequences`.
final class FrameEncoder {
  private let context: OpaquePointer
  /// The content of the encoder's dictionary is short: matches name the repeated offset, and are not
  /// looked up. (The decoder's is long: see `FrameFormat`.)
  private static let contentSize = 8
  /// What is "compressed": only its literals, which are ones, are ever read.
  private let source: ScratchBuffer<UInt8>
  private let output: ScratchBuffer<UInt8>
  private let sequences: ScratchBuffer<ZSTD_Sequence>
  private var count = 0
  private var literals = 0
  private var matches = 0

  init() throws(EntropyError) {
    guard let context = ZSTD_createCCtx() else { throw .zstd("no memory for a context") }
    self.context = context
    source = ScratchBuffer(capacity: FrameFormat.maximumSize)
    source.reserve(FrameFormat.maximumSize).initialize(repeating: 1)
    output = ScratchBuffer(capacity: ZSTD_compressBound(FrameFormat.maximumSize))
    // One more entry ends the block.
    sequences = ScratchBuffer(capacity: FrameFormat.maximumSequences + 1)
    // From level 10 on libzstd considers the dictionary's tables and repeated offsets. Nothing is
    // searched, so that the search's tables can be tiny.
    try set(ZSTD_c_compressionLevel, 12)
    try set(ZSTD_c_windowLog, 17)
    try set(ZSTD_c_hashLog, 6)
    try set(ZSTD_c_chainLog, 6)
    try set(ZSTD_c_strategy, Int32(ZSTD_lazy.rawValue))
    try set(ZSTD_c_contentSizeFlag, 0)
    try set(ZSTD_c_checksumFlag, 0)
    try set(ZSTD_c_dictIDFlag, 0)
    try set(ZSTD_c_experimentalParam2, Int32(ZSTD_f_zstd1_magicless.rawValue))
    try set(ZSTD_c_experimentalParam11, Int32(ZSTD_sf_explicitBlockDelimiters.rawValue))
  }

  deinit { ZSTD_freeCCtx(context) }

  /// The tables of the frames that follow.
  func use(_ tables: FrameTables) throws(EntropyError) {
    try check(ZSTD_CCtx_reset(context, ZSTD_reset_session_only))
    let size = UInt32(Self.contentSize)
    let dictionary =
      ZstdDictionary.header(tables, repeatedOffset: size)
      + [UInt8](repeating: 0, count: Self.contentSize)
    try check(
      ZSTD_CCtx_loadDictionary_advanced(
        context, dictionary, dictionary.count, ZSTD_dlm_byCopy, ZSTD_dct_fullDict))
  }

  /// Adds a sequence to the frame, `false` if the frame is full and must be finished first.
  /// - Parameters: lengths of at least 1 and 3, at most 64 each.
  @inline(__always)
  func append(literalLength: Int, matchLength: Int) -> Bool {
    guard literals + literalLength <= FrameFormat.literalCount,
      matches + matchLength <= FrameFormat.maximumMatchBytes
    else { return false }
    sequences.start[count] = ZSTD_Sequence(
      offset: UInt32(Self.contentSize), litLength: UInt32(truncatingIfNeeded: literalLength),
      matchLength: UInt32(truncatingIfNeeded: matchLength), rep: 0)
    count += 1
    literals += literalLength
    matches += matchLength
    return true
  }

  /// Ends the frame, of at least one sequence, and gives what a stream stores of it; valid until the next.
  func finish() throws(EntropyError) -> StoredFrame {
    sequences.start[count] = ZSTD_Sequence(
      offset: 0, litLength: UInt32(FrameFormat.literalCount - literals), matchLength: 0, rep: 0)
    let size = try check(
      ZSTD_compressSequences(
        context, output.start, ZSTD_compressBound(FrameFormat.maximumSize), sequences.start,
        count + 1, source.start, FrameFormat.literalCount + matches))
    let stored = try strip(UnsafeBufferPointer(start: output.start, count: size))
    (count, literals, matches) = (0, 0, 0)
    return stored
  }

  /// Takes off what a decoder can restore, and checks that it can.
  private func strip(_ frame: UnsafeBufferPointer<UInt8>) throws(EntropyError) -> StoredFrame {
    // One block, the last (bit 0), compressed (2 in bits 1 and 2), as long as the rest of the frame.
    let block = FrameFormat.frameHeader.count + FrameFormat.blockHeaderSize
    let blockHeader = (frame.count - block) << 3 | 5
    let prefix =
      [FrameFormat.frameHeader[0], frame[1]]
      + (0..<FrameFormat.blockHeaderSize).map { UInt8(truncatingIfNeeded: blockHeader >> (8 * $0)) }
      + FrameFormat.literalsSection + FrameFormat.sequenceCount(count)
    guard frame.count > prefix.count + FrameFormat.dictionaryTables.count,
      frame.starts(with: prefix)
    else { throw .zstd("a frame of one block of run-length literals expected") }
    let rest = UnsafeBufferPointer(rebasing: frame[prefix.count...])
    let plain = rest.starts(with: FrameFormat.dictionaryTables)
    return StoredFrame(
      sequences: count, usesDictionaryTables: plain,
      bytes: plain
        ? UnsafeBufferPointer(rebasing: rest[FrameFormat.dictionaryTables.count...]) : rest)
  }

  private func set(_ parameter: ZSTD_cParameter, _ value: Int32) throws(EntropyError) {
    try check(ZSTD_CCtx_setParameter(context, parameter, value))
  }

  @discardableResult
  private func check(_ code: Int) throws(EntropyError) -> Int {
    guard ZSTD_isError(code) == 0 else { throw .zstd(String(cString: ZSTD_getErrorName(code))) }
    return code
  }
}
