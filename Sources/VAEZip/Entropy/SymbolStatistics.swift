/// What a stream consists of, for reports.
public struct SymbolStatistics: Sendable, Equatable {
  /// Symbols, and how many of them are not zero.
  public internal(set) var symbols = 0
  public internal(set) var nonzeros = 0
  /// Segments of neighbouring levels.
  public internal(set) var segments = 0
  /// zstd frames, their stored bytes, their sequences.
  public internal(set) var frames = 0
  public internal(set) var frameBytes = 0
  public internal(set) var sequences = 0
  /// Bytes of the bit string: segments, frame sizes, signs, remainders, escapes.
  public internal(set) var bitStringBytes = 0

  public init() {}
}
