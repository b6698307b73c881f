/// The colour of some rows.
final class PixelRing: RowRing, @unchecked Sendable {
  let channels: Image.Channels

  init(_ grid: Grid, _ channels: Image.Channels, bands: Int) {
    self.channels = channels
    super.init(grid, pixelBytes: Int(channels.rawValue), bands: bands)
  }

  /// Bytes of memory that a window takes.
  static func byteCount(_ grid: Grid, _ channels: Image.Channels, bands: Int) -> Int {
    byteCount(grid, pixelBytes: Int(channels.rawValue), bands: bands)
  }
}
