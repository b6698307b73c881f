import VAEZipContainer
import VAEZipLatents

/// How an image is encoded.
public struct EncoderOptions: Sendable, Equatable {
  /// 0…100: smallest file to best picture.
  ///
  /// With the built-in model, 30 to 90 is about the SSIMULACRA2 that photographs get on average: at 50 a picture is fair, at 70
  /// its quality is high, at 90 it is hard to tell from the original.
  public var quality: Int
  /// A position between the model's quality levels, in 1/256 level; overrides `quality`.
  public var qualityPosition: Int?
  /// Threads to use; 0 takes all cores. Neither file nor picture depend on it.
  public var threads: Int
  /// Side of the independently coded tiles in pixels: a power of two, 64…16384. Nil has one tile up to about
  /// a megapixel, and tiles of 512 × 512 above.
  public var tileSize: Int?
  /// 1…9: how much time the encoder spends on a smaller file at equal quality.
  ///
  /// At 1 latents are rounded. From 2 on, symbols are chosen by rate and distortion. From 3 on, the
  /// encoder decodes its own picture and refines the latents by its errors, once at 3, 12 times at 9. It keeps
  /// of each tile what costs least: its bits + λ · squared error of the decoded pixels. So a tile never costs more
  /// than at effort 1. A decoder's time does not depend on the effort.
  public var effort: Int
  /// Whether the color of fully transparent pixels is kept. If not, it is replaced by a color that
  /// needs few bytes: files of photographs that were cut out of black become 6 to 14 % smaller.
  public var keepsInvisibleColor: Bool
  /// Whether all pixels and all alpha are kept, sample for sample. Quality has no meaning then. Read 16-bit
  /// PNGs with `keepsColorDepth`, or their color has 8 bits before it comes here.
  public var isLossless: Bool
  /// Whether graphics are kept exactly where that costs less than their errors.
  public var choosesExactPixels: Bool
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
    quality: Int = 75, qualityPosition: Int? = nil, threads: Int = 0, tileSize: Int? = nil,
    effort: Int = EncoderOptions.standardEffort, keepsInvisibleColor: Bool = false,
    isLossless: Bool = false, choosesExactPixels: Bool = true
  ) {
    self.quality = quality
    self.qualityPosition = qualityPosition
    self.threads = threads
    self.tileSize = tileSize
    self.effort = effort
    self.keepsInvisibleColor = keepsInvisibleColor
    self.isLossless = isLossless
    self.choosesExactPixels = choosesExactPixels
  }

  /// The side of the tiles of an image.
  package func tileSize(width: Int, height: Int) -> Int {
    if let tileSize { return tileSize }
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, pixels <= Self.singleTilePixels else { return Self.standardTileSize }
    return Self.tileSizes.first { $0 >= max(width, height, Self.standardTileSize) } ?? Self.standardTileSize
  }

  /// Most pixels of an image that is one tile unless a size is asked for.
  private static let singleTilePixels = 1 << 20
  private static let standardTileSize = 512

  /// - Throws: `CodecError.invalidOption`.
  package func validate(lastQualityPosition: Int) throws(CodecError) {
    guard (0...100).contains(quality) else {
      throw .invalidOption(name: "quality", expected: "0…100", found: "\(quality)")
    }
    if let position = qualityPosition, !(0...lastQualityPosition).contains(position) {
      throw .invalidOption(
        name: "quality position", expected: "0…\(lastQualityPosition)", found: "\(position)")
    }
    if let tileSize, !Self.tileSizes.contains(tileSize) {
      throw .invalidOption(
        name: "tile size", expected: "a power of two, 64…16384", found: "\(tileSize)")
    }
    guard Self.efforts.contains(effort) else {
      throw .invalidOption(name: "effort", expected: "1…9", found: "\(effort)")
    }
  }
}
