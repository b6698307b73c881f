/// PNG (ISO/IEC 15948) in and out, through libpng.
public enum PNG {
  /// The first bytes of every PNG file.
  public static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

  /// How large an image may be; checked before memory is allocated for it.
  public struct Limits: Sendable, Equatable, CustomStringConvertible {
    /// In pixels.
    public var width: Int
    /// In pixels.
    public var height: Int
    /// Width times height.
    public var pixels: Int
    /// Of all chunks of metadata together, with 12 bytes each for length, name and CRC.
    public var metadataBytes: Int

    /// One gigapixel (2³⁰), and PNG's own 2³¹ − 1 a side: enough for 30,000 × 30,000, and what a
    /// forged header can ask for stays at 3 GiB.
    public static let `default` = Limits(width: 0x7fff_ffff, height: 0x7fff_ffff, pixels: 1 << 30)

    /// Limits; see the properties of the same names.
    public init(width: Int, height: Int, pixels: Int, metadataBytes: Int = 1 << 26) {
      self.width = width
      self.height = height
      self.pixels = pixels
      self.metadataBytes = metadataBytes
    }

    /// The limits in words.
    public var description: String { "\(pixels) pixels, \(width) wide and \(height) high" }

    package func allow(width: Int, height: Int) -> Bool {
      let (count, overflow) = width.multipliedReportingOverflow(by: height)
      return width <= self.width && height <= self.height && !overflow && count <= pixels
    }
  }

  /// What `read` makes of a file.
  public struct Decoded: Sendable, Equatable {
    /// Gray for gray and gray + alpha sources, RGB for all others; with alpha if the source has an
    /// alpha channel or a tRNS chunk.
    public var image: Image
    /// What the image lost on the way, a line each, for the caller to print: that color of 16 bits was
    /// rounded to 8, and which chunks were not kept.
    public var notices: [String]
  }
}
