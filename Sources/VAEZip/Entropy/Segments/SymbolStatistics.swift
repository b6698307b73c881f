/// What a stream consists of. For reports.
package struct SymbolStatistics: Sendable, Equatable {
  /// Symbols.
  package internal(set) var symbols = 0
  /// Symbols that are not zero.
  package internal(set) var nonzeros = 0
  /// Segments.
  package internal(set) var segments = 0
  /// zstd frames.
  package internal(set) var frames = 0
  /// Bytes that the stream stores of its frames.
  package internal(set) var frameBytes = 0
  /// Sequences in all frames.
  package internal(set) var sequences = 0
  /// Bytes of the bit string: segments, frame sizes, signs, remainders, escapes.
  package internal(set) var bitStringBytes = 0
  /// The symbols of the segments that use frames: places in the sorted order (`SymbolOrder`).
  package var framed: [Range<Int>] = []
  /// Bits of these segments: their frames, and what belongs to them in the bit string.
  package var framedBits = 0

  /// Makes the statistics of an empty stream.
  package init() {}
}
