/// A rectangle of pixels.
public struct Region: Sendable, Equatable, CustomStringConvertible {
  /// The first column, counted from 0 at the left.
  public let x: Int
  /// The first row, counted from 0 at the top.
  public let y: Int
  /// In pixels.
  public let width: Int
  /// In pixels.
  public let height: Int

  /// A region; all numbers are in pixels.
  public init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// Whether the region is not empty and lies inside of an image of the given size. Never overflows.
  public func isInside(width imageWidth: Int, height imageHeight: Int) -> Bool {
    x >= 0 && y >= 0 && width > 0 && height > 0
      && x <= imageWidth - 1 && width <= imageWidth - x
      && y <= imageHeight - 1 && height <= imageHeight - y
  }

  /// `X,Y,W,H`, as on the command line.
  public var description: String { "\(x),\(y),\(width),\(height)" }
}
