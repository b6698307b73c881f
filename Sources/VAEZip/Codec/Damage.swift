import VAEZipContainer
import VAEZipImage
import VAEZipLatents

/// What was wrong with a file that was decoded in spite of it.
public struct Damage: Sendable, Equatable {
  /// A tile that could not be decoded. It was replaced by what the model expects without knowing
  /// anything (all symbols zero); around it, as far as the synthesis' halo reaches (8 pixels for each
  /// of its blocks), pixels differ from the encoder's too.
  public struct Tile: Sendable, Equatable {
    /// In raster order.
    public let index: Int
    /// The tile's pixels in the image.
    public let region: Region
    public let reason: CodecError
  }

  /// By their numbers.
  public internal(set) var tiles: [Tile] = []
  /// What is wrong behind the tiles: the checksum of the pixels is missing, or not theirs though no
  /// tile is damaged, or more bytes follow.
  public internal(set) var end: VZError?

  public var isEmpty: Bool { tiles.isEmpty && end == nil }
}
