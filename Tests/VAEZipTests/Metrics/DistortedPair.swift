import VAEZip

/// Pictures made by formulas, and the same distorted: those of Tests/Metrics/reference.py.
enum DistortedPair {
  enum Kind { case noise, steps, blocks }

  /// An original and a distorted picture.
  static func make(
    _ width: Int, _ height: Int, _ channels: Int, _ kind: Kind, _ strength: Int
  ) -> (Image, Image) {
    func original(_ x: Int, _ y: Int, _ c: Int) -> Int {
      (x * (c + 1) + 2 * y) % 200 + (x * x + 3 * y * y) / 64 % 40
        + (x / 13 * 7 + y / 9 * 5 + c * 3) % 16
    }
    func distorted(_ x: Int, _ y: Int, _ c: Int) -> Int {
      switch kind {
      case .noise:
        original(x, y, c) + (x * 7 + y * 13 + c * 5 + x * y) % (2 * strength + 1) - strength
      case .steps: original(x, y, c) / strength * strength + strength / 2
      case .blocks: original(x / strength * strength, y / strength * strength, c)
      }
    }
    return (
      image(width, height, channels, original), image(width, height, channels, distorted)
    )
  }

  /// A picture whose samples are a function of column, row and channel.
  static func image(
    _ width: Int, _ height: Int, _ channels: Int = 3, _ value: (Int, Int, Int) -> Int
  ) -> Image {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<channels { pixels.append(UInt8(clamping: value(x, y, c))) }
      }
    }
    return Image(
      width: width, height: height, channels: channels == 1 ? .gray : .rgb, pixels: pixels)
  }
}
