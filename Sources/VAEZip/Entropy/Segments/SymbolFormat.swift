/// Constants of symbol streams that the encoder, the decoder and the encoder's estimates share
/// (Formats/VZ-symbols.md). Those of frames are in `FrameFormat`.
enum SymbolFormat {
  /// The most symbols of a stream (§1). It keeps sums of weights below 2⁵².
  static let maximumCount = 1 << 27
  /// The largest magnitude of a symbol (§1).
  static let maximumMagnitude = 32767
  /// The most zeros at the start of an Exp-Golomb code EG(k) (§2): enough for all magnitudes.
  static let longestPrefix = 16
  /// Order of the Exp-Golomb code of a frame's number of sequences in segments of magnitudes (§4).
  static let sequenceCountOrder = 8
  /// The most ones of a unary code in a segment of kind 4 (§3); after that many, an escape follows.
  static let longestUnary = 20
}
