/// What a stream stores of a frame (Formats/VZ-symbols.md, §4).
struct StoredFrame {
  /// Number of sequences, 1…`FrameFormat.maximumSequences`.
  let sequences: Int
  /// Whether both tables are the dictionary's, so that `bytes` begin with the sequences' bits.
  let usesDictionaryTables: Bool
  /// Compression modes, tables and bits of the sequences; or the bits alone.
  let bytes: ArraySlice<UInt8>
}
