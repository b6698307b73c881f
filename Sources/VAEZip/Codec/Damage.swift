import VAEZipContainer
import VAEZipImage
import VAEZipLatents

/// What was wrong with a damaged file that was decoded all the same.
public struct Damage: Sendable, Equatable {
  /// A tile that could not be decoded and was replaced by the model's expectation (all symbols zero).
  ///
  /// Pixels around it differ from the encoder's too, as far as the synthesis' halo reaches: 8 pixels for
  /// each residual block.
  public struct Tile: Sendable, Equatable {
    /// The tile's number in raster order.
    public let index: Int
    /// The tile's pixels in the image.
    public let region: Region
    /// Why it could not be decoded.
    public let reason: CodecError
  }

  /// The replaced tiles, in raster order.
  public internal(set) var tiles: [Tile] = []
  /// A problem after the last tile: a missing or wrong pixel checksum, or trailing bytes.
  public internal(set) var end: VZError?

  /// Whether nothing was wrong.
  public var isEmpty: Bool { tiles.isEmpty && end == nil }
}
