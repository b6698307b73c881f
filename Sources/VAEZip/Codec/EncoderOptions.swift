import VAEZipContainer
import VAEZipLatents

/// How an image is encoded.
public struct EncoderOptions: Sendable, Equatable {
  /// 0…100: smallest file to best picture.
  public var quality: Int
  /// A position between the model's quality levels, in 1/256 level; overrides `quality`.
  public var qualityPosition: Int?
  /// Threads to use; 0 takes all cores. Neither file nor picture depend on it.
  public var threads: Int
  /// Side of the independently coded tiles in pixels: a power of two, 64…16384.
  public var tileSize: Int
  /// 1…9: how much time the encoder spends on a smaller file at equal quality. 5 and more are the same.
  ///
  /// At 1 latents are rounded. From 2 on, symbols are chosen by rate and distortion. From 3 on, the
  /// encoder decodes its own picture and refines the latents by its errors, more often the higher the
  /// effort. A decoder's time does not depend on it.
  public var effort: Int
  /// Whether the color of fully transparent pixels is kept. If not, it is replaced by a color that
  /// needs few bytes: files of photographs that were cut out of black become 6 to 14 % smaller.
  public var keepsInvisibleColor: Bool
  /// Whether `EncodedImage.statistics` tells the model's rate; it takes some time.
  package var measuresModelRate = false
  /// Rows at 1/8 resolution that the transforms work on at a time; nil chooses. Neither file nor
  /// picture depend on it.
  package var stripHeight: Int?
  /// For tests: see `Threads.simulatedOrder`. Neither file nor picture depend on it.
  package var simulatedOrder: UInt64?

  /// What `tileSize` may be.
  public static let tileSizes = VZHeader.tileSizeLog2Range.map { 1 << $0 }
  /// What `effort` may be.
  public static let efforts = Effort.levels
  /// The effort where none is chosen.
  public static let standardEffort = Effort.standard

  /// Options that differ from the standard ones where an argument is given.
  public init(
    quality: Int = 75, qualityPosition: Int? = nil, threads: Int = 0, tileSize: Int = 512,
    effort: Int = EncoderOptions.standardEffort, keepsInvisibleColor: Bool = false
  ) {
    self.quality = quality
    self.qualityPosition = qualityPosition
    self.threads = threads
    self.tileSize = tileSize
    self.effort = effort
    self.keepsInvisibleColor = keepsInvisibleColor
  }

  /// - Throws: `CodecError.invalidOption`.
  package func validate(lastQualityPosition: Int) throws(CodecError) {
    guard (0...100).contains(quality) else {
      throw .invalidOption(name: "quality", expected: "0…100", found: "\(quality)")
    }
    if let position = qualityPosition, !(0...lastQualityPosition).contains(position) {
      throw .invalidOption(
        name: "quality position", expected: "0…\(lastQualityPosition)", found: "\(position)")
    }
    guard Self.tileSizes.contains(tileSize) else {
      throw .invalidOption(
        name: "tile size", expected: "a power of two, 64…16384", found: "\(tileSize)")
    }
    guard Self.efforts.contains(effort) else {
      throw .invalidOption(name: "effort", expected: "1…9", found: "\(effort)")
    }
  }
}
