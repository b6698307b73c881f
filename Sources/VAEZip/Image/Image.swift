/// An image in memory: color, and optionally alpha and metadata.
///
/// Color has 8 bits a sample, as the networks need it, or, for lossless coding, 16. Alpha is a plane of its own
/// and has the depth of the format.
public struct Image: Sendable, Equatable {
  /// The color that a pixel is made of; the raw value is the number of samples.
  public enum Channels: UInt8, Sendable {
    /// One sample: luminance.
    case gray = 1
    /// Three samples: red, green, blue.
    case rgb = 3
  }

  /// Bits of a sample where the image came from and goes to.
  public enum Depth: UInt8, Sendable {
    /// Samples 0…255.
    case eight = 8
    /// Samples 0…65535.
    case sixteen = 16

    /// Bytes of a sample.
    public var bytes: Int { Int(rawValue) / 8 }
  }

  /// In pixels, at least 1.
  public let width: Int
  /// In pixels, at least 1.
  public let height: Int
  /// What the image's samples are.
  public let format: Format
  /// Color: rows from top to bottom, channels interleaved, no padding; `width * height *
  /// channels.rawValue` samples. A sample has one byte, or, where `colorDepth` is 16, two, the higher one
  /// first. Where `depth` is 16 and `colorDepth` is 8, a byte v stands for the sample v · 257.
  public var pixels: [UInt8]
  /// Opacity of each pixel, rows from top to bottom: `width * height` samples of a byte each, or, where
  /// `depth` is 16, of two, the higher one first. Nil if the image has no alpha channel.
  public let alpha: [UInt8]?
  /// What the image says beside its pixels.
  public var metadata: ImageMetadata

  /// Gray or RGB.
  public var channels: Channels { format.channels }
  /// Bits of a sample where the image came from and goes to.
  public var depth: Depth { format.depth }
  /// Bits of a sample of `pixels`.
  public var colorDepth: Depth { format.colorDepth }

  /// - Precondition: `pixels` and `alpha` have the sizes that the other arguments ask for.
  public init(
    width: Int, height: Int, channels: Channels, pixels: [UInt8], depth: Depth = .eight,
    colorDepth: Depth = .eight, alpha: [UInt8]? = nil, metadata: ImageMetadata = ImageMetadata()
  ) {
    precondition(width > 0 && height > 0)
    precondition(colorDepth == .eight || depth == .sixteen)
    precondition(pixels.count == width * height * Int(channels.rawValue) * colorDepth.bytes)
    precondition(alpha.map { $0.count == width * height * depth.bytes } ?? true)
    self.width = width
    self.height = height
    format = Format(
      channels: channels, hasAlpha: alpha != nil, depth: depth, colorDepth: colorDepth)
    self.pixels = pixels
    self.alpha = alpha
    self.metadata = metadata
  }

  /// The color alone, with 8 bits: what the networks see, and what metrics compare.
  public var color: Image {
    Image(
      width: width, height: height, channels: channels,
      pixels: colorDepth == .eight ? pixels : Self.narrowed(pixels))
  }

  /// 16-bit samples rounded to 8 bits: v / 257 to the nearest, as everywhere (Formats/VZ.md, Header).
  private static func narrowed(_ samples: [UInt8]) -> [UInt8] {
    (0..<samples.count / 2).map { index in
      let sample = UInt32(samples[2 * index]) << 8 | UInt32(samples[2 * index + 1])
      return UInt8(truncatingIfNeeded: (255 * sample + 32895) >> 16)
    }
  }
}

extension Image {
  /// What an image's samples are.
  public struct Format: Sendable, Equatable, CustomStringConvertible {
    /// Gray or RGB.
    public var channels: Channels
    /// Whether there is an alpha channel.
    public var hasAlpha: Bool
    /// Bits of a sample where the image came from and goes to; those of alpha.
    public var depth: Depth
    /// Bits of a color sample in memory: 8, or as many as `depth`.
    public var colorDepth: Depth

    /// A format; see the properties of the same names.
    public init(
      channels: Channels, hasAlpha: Bool = false, depth: Depth = .eight, colorDepth: Depth = .eight
    ) {
      self.channels = channels
      self.hasAlpha = hasAlpha
      self.depth = depth
      self.colorDepth = colorDepth
    }

    /// Gray, 8 bits.
    public static let gray = Format(channels: .gray)
    /// Red, green, blue, 8 bits.
    public static let rgb = Format(channels: .rgb)

    /// Color and alpha: 1 … 4.
    public var samples: Int { Int(channels.rawValue) + (hasAlpha ? 1 : 0) }
    /// Of a pixel's color in memory.
    package var colorBytes: Int { Int(channels.rawValue) * colorDepth.bytes }
    /// Of a pixel's alpha; 0 without.
    package var alphaBytes: Int { hasAlpha ? depth.bytes : 0 }

    /// The format in words, for example "RGB + alpha, 8 bits".
    public var description: String {
      (channels == .gray ? "gray" : "RGB") + (hasAlpha ? " + alpha" : "") + ", \(depth.rawValue) bits"
    }
  }
}
