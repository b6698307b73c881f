/// PNG (ISO/IEC 15948) in and out, through libpng.
public enum PNG {
  /// The first bytes of every PNG file.
  public static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

  /// How large an image may be; checked against the header, before memory is allocated for pixels.
  public struct Limits: Sendable, Equatable, CustomStringConvertible {
    /// In pixels.
    public var width: Int
    /// In pixels.
    public var height: Int
    /// Width times height.
    public var pixels: Int

    /// One gigapixel (2³⁰), and PNG's own 2³¹ − 1 a side: enough for 30,000 × 30,000, and what a
    /// forged header can ask for stays at 3 GiB.
    public static let `default` = Limits(width: 0x7fff_ffff, height: 0x7fff_ffff, pixels: 1 << 30)

    public init(width: Int, height: Int, pixels: Int) {
      self.width = width
      self.height = height
      self.pixels = pixels
    }

    public var description: String { "\(pixels) pixels, \(width) wide and \(height) high" }

    package func allow(width: Int, height: Int) -> Bool {
      let (count, overflow) = width.multipliedReportingOverflow(by: height)
      return width <= self.width && height <= self.height && !overflow && count <= pixels
    }
  }

  /// What `read` makes of a file.
  public struct Decoded: Sendable, Equatable {
    /// Grey for grey and grey + alpha sources, RGB for all others.
    public var image: Image
    /// What the image lost on the way, a line each, for the caller to print: "alpha dropped…" if a
    /// pixel was not opaque, "16 bits…" if the file had 16 bits a sample.
    public var notices: [String]
  }
}
