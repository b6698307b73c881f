import VAEZip

/// Several pictures in one, side by side and row by row, on white.
public enum ContactSheet {
  /// A picture of pictures.
  ///
  /// - Parameters:
  ///   - images: gray or color, of any sizes; each gets a cell of the largest width and height.
  ///   - columns: pictures side by side, at least 1.
  ///   - gap: pixels between cells.
  /// - Returns: nil without pictures.
  public static func image(_ images: [Image], columns: Int, gap: Int = 4) -> Image? {
    guard let width = images.map(\.width).max(), let height = images.map(\.height).max() else { return nil }
    let columns = min(max(columns, 1), images.count)
    let rows = (images.count + columns - 1) / columns
    let sheetWidth = columns * (width + gap) - gap
    let sheetHeight = rows * (height + gap) - gap
    var pixels = [UInt8](repeating: 255, count: 3 * sheetWidth * sheetHeight)
    for (index, image) in images.enumerated() {
      let color = image.color
      let samples = Int(color.channels.rawValue)
      let (left, top) = (index % columns * (width + gap), index / columns * (height + gap))
      for y in 0..<image.height {
        for x in 0..<image.width {
          let (source, target) = (
            (y * image.width + x) * samples, ((top + y) * sheetWidth + left + x) * 3
          )
          for channel in 0..<3 { pixels[target + channel] = color.pixels[source + min(channel, samples - 1)] }
        }
      }
    }
    return Image(width: sheetWidth, height: sheetHeight, channels: .rgb, pixels: pixels)
  }
}
