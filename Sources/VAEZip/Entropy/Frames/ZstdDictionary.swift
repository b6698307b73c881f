/// zstd dictionaries that hold a frame's tables (Formats/VZ-symbols.md, §5; RFC 8878, section 5).
enum ZstdDictionary {
  /// The most bytes of a header: magic, id, Huffman table, three finite-state tables, three offsets.
  static let maximumHeaderSize = 512

  /// A Huffman table that gives each of the 256 bytes 8 bits: 255 weights of 1, coded with a finite-state
  /// table of 1 and 31 states (section 4.2.1). No frame uses it, but libzstd requires one that covers all
  /// bytes.
  private static let huffman: [UInt8] = [0x06, 0x20, 0x7E, 0xFF, 0xFF, 0x1E, 0x02]
  /// Offset codes: 31 states for code 0, the repeated offset and the only code used; one for code 1.
  private static let offsets: [UInt8] = [0xE0, 0x0F]

  /// All bytes before the dictionary's content.
  /// - Parameters:
  ///   - tables: of the frames that use the dictionary.
  ///   - repeatedOffset: the first offset, as long as the content.
  static func header(_ tables: FrameTables, repeatedOffset: UInt32) -> [UInt8] {
    func word(_ value: UInt32) -> [UInt8] {
      (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
    let id: UInt32 = 1  // any but 0; frames do not name it
    var bytes = word(0xEC30_A437) + word(id) + huffman + offsets
    bytes += tables.matchLengths.states.serialized
    bytes += tables.literalLengths.states.serialized
    for _ in 0..<3 { bytes += word(repeatedOffset) }
    return bytes
  }
}
