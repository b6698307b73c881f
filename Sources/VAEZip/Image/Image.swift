/// An image in memory: 8 bits a channel, rows from top to bottom, channels interleaved, no padding.
public struct Image: Sendable, Equatable {
  /// What a pixel is made of; the raw value is the number of bytes a pixel takes.
  public enum Channels: UInt8, Sendable {
    case grey = 1
    case rgb = 3
  }

  /// In pixels, at least 1.
  public let width: Int
  /// In pixels, at least 1.
  public let height: Int
  public let channels: Channels
  /// `width * height * channels.rawValue` bytes.
  public var pixels: [UInt8]

  /// - Precondition: `pixels` has the size that the other arguments ask for.
  public init(width: Int, height: Int, channels: Channels, pixels: [UInt8]) {
    precondition(width > 0 && height > 0)
    precondition(pixels.count == width * height * Int(channels.rawValue))
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }
}
