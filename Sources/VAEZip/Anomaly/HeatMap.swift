import VAEZip
import VAEZipFeatures

/// A picture with its distances from normal as colors, and a scale beside it.
public enum HeatMap {
  /// Pixels between picture and scale.
  private static let gap = 12
  private static let barWidth = 14
  private static let labelWidth = 34
  /// The height of a scale that can be read.
  private static let smallestHeight = 64

  /// Draws a heat map.
  ///
  /// - Parameters:
  ///   - local: distances, 16 × 16 pixels each; drawn with bilinear interpolation.
  ///   - image: the picture below, in gray; nil draws the colors alone.
  ///   - width: of the picture, in pixels.
  ///   - height: of the picture, in pixels.
  ///   - threshold: marked on the scale, which goes from 0 to twice as much. Larger distances have the last color.
  public static func image(
    _ local: LatentMap<Float>, over image: Image?, width: Int, height: Int, threshold: Double
  ) -> Image {
    let (sheetWidth, sheetHeight) = (width + gap + barWidth + labelWidth, max(height, smallestHeight))
    var canvas = Canvas(width: sheetWidth, height: sheetHeight)
    let gray = image.map { $0.luminance }
    let scale = 1 / max(2 * threshold, 1e-6)
    for y in 0..<height {
      for x in 0..<width {
        let value = min(max(local.interpolated(x, y) * scale, 0), 1)
        let color = ColorMap.color(value)
        guard let gray else {
          canvas[x, y] = color
          continue
        }
        // Where a picture is normal it stays visible.
        let weight = 0.25 + 0.5 * value
        let base = Double(gray[y * width + x])
        canvas[x, y] = color.map {
          UInt8(clamping: Int((weight * Double($0) + (1 - weight) * base).rounded()))
        }
      }
    }
    drawScale(&canvas, left: width + gap, threshold: threshold)
    return canvas.image
  }

  private static func drawScale(_ canvas: inout Canvas, left: Int, threshold: Double) {
    let height = canvas.height
    for y in 0..<height {
      let color = ColorMap.color(1 - Double(y) / Double(height - 1))
      for x in left..<left + barWidth { canvas[x, y] = color }
    }
    for (value, y) in [(2 * threshold, 0), (threshold, (height - 1) / 2), (0, height - 1)] {
      for x in left + barWidth..<left + barWidth + 3 { canvas[x, y] = [0, 0, 0] }
      let top = min(max(y - 5, 0), height - 10)
      canvas.draw(number: value, x: left + barWidth + 5, y: top)
    }
  }
}

/// Colors from black over purple, red and yellow to nearly white: lightness rises steadily, so that the map can be read
/// in gray and by color-blind people (as matplotlib's "inferno").
enum ColorMap {
  private static let stops: [[Double]] = [
    [0, 0, 4], [40, 11, 84], [101, 21, 110], [159, 42, 99], [212, 72, 66], [245, 125, 21], [250, 193, 39],
    [252, 255, 164],
  ]

  /// The color of a number, 0…1.
  static func color(_ value: Double) -> [UInt8] {
    let place = min(max(value, 0), 1) * Double(stops.count - 1)
    let index = min(Int(place), stops.count - 2)
    return zip(stops[index], stops[index + 1]).map { low, high in
      UInt8((low + (high - low) * (place - Double(index))).rounded())
    }
  }
}

/// A white picture to draw on.
private struct Canvas {
  let width, height: Int
  private var pixels: [UInt8]

  init(width: Int, height: Int) {
    (self.width, self.height) = (width, height)
    pixels = [UInt8](repeating: 255, count: 3 * width * height)
  }

  subscript(x: Int, y: Int) -> [UInt8] {
    get { Array(pixels[(y * width + x) * 3..<(y * width + x) * 3 + 3]) }
    set { for channel in 0..<3 { pixels[(y * width + x) * 3 + channel] = newValue[channel] } }
  }

  var image: Image { Image(width: width, height: height, channels: .rgb, pixels: pixels) }

  /// Rows of 3 bits of the digits and the point.
  private static let glyphs: [Character: [Int]] = [
    "0": [7, 5, 5, 5, 7], "1": [2, 6, 2, 2, 7], "2": [7, 1, 7, 4, 7], "3": [7, 1, 3, 1, 7],
    "4": [5, 5, 7, 1, 1], "5": [7, 4, 7, 1, 7], "6": [7, 4, 7, 5, 7], "7": [7, 1, 2, 2, 2],
    "8": [7, 5, 7, 5, 7], "9": [7, 5, 7, 1, 7], ".": [0, 0, 0, 0, 2],
  ]

  /// Draws a number with one digit after the point, 10 pixels high.
  mutating func draw(number: Double, x: Int, y: Int) {
    let tenths = Int(min(number * 10, 9999).rounded())
    for (index, character) in "\(tenths / 10).\(tenths % 10)".enumerated() {
      for (row, bits) in (Self.glyphs[character] ?? []).enumerated() {
        for column in 0..<3 where bits >> (2 - column) & 1 == 1 {
          for dot in 0..<4 {
            let (px, py) = (x + 7 * index + 2 * column + dot % 2, y + 2 * row + dot / 2)
            if px < width, py < height { self[px, py] = [0, 0, 0] }
          }
        }
      }
    }
  }
}

extension LatentMap<Float> {
  /// The value at the center of a pixel.
  fileprivate func interpolated(_ x: Int, _ y: Int) -> Double {
    func split(_ pixel: Int, _ count: Int) -> (low: Int, high: Int, part: Double) {
      let place = Swift.min(Swift.max((Double(pixel) + 0.5) / 16 - 0.5, 0), Double(count - 1))
      let low = Int(place)
      return (low, Swift.min(low + 1, count - 1), place - Double(low))
    }
    let (column, row) = (split(x, width), split(y, height))
    func line(_ y: Int) -> Double {
      Double(self[column.low, y]) * (1 - column.part) + Double(self[column.high, y]) * column.part
    }
    return line(row.low) * (1 - row.part) + line(row.high) * row.part
  }
}

extension Image {
  /// Luminance of each pixel, with the weights of BT.601.
  fileprivate var luminance: [UInt8] {
    let color = color
    guard color.channels == .rgb else { return color.pixels }
    return (0..<width * height).map { index -> UInt8 in
      let red = 299 * Int(color.pixels[3 * index])
      let green = 587 * Int(color.pixels[3 * index + 1])
      let blue = 114 * Int(color.pixels[3 * index + 2])
      return UInt8((red + green + blue + 500) / 1000)
    }
  }
}
