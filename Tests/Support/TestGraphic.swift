import VAEZip

/// Pictures as graphics are: few colors, hard edges, repetition. The same ones on every machine.
package enum TestGraphic: CaseIterable, Sendable {
  /// One color.
  case flat
  /// Two colors in modules of 5 pixels.
  case modules
  /// A dozen colors in modules of 9 pixels.
  case art
  /// 200 colors.
  case palette
  /// Few colors, and some thousand others here and there.
  case antialiased
  /// A gradient.
  case slope

  package func make(
    _ width: Int, _ height: Int, _ channels: Image.Channels = .rgb, alpha hasAlpha: Bool = false,
    depth: Image.Depth = .eight, colorDepth: Image.Depth = .eight
  ) -> Image {
    var random = SplitMix64(3)
    let colors = (0..<4096).map { _ in (0..<3).map { _ in Int.random(in: 0..<65536, using: &random) } }
    var pixels: [UInt8] = []
    var alpha: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let color: [Int] =
          switch self {
          case .flat: colors[0]
          case .modules: colors[noise(x / 5, y / 5) % 2]
          case .art: colors[noise(x / 9, y / 9) % 12]
          case .palette: colors[noise(x / 3, y / 2) % 200]
          case .antialiased: colors[noise(x, y) % 11 == 0 ? noise(y, x) % 4096 : noise(x / 8, y / 8) % 3]
          case .slope: [257 * ((x + 2 * y) % 256), 257 * (x % 256), 40 * (x + y) % 65536]
          }
        for sample in color.prefix(Int(channels.rawValue)) {
          pixels.append(UInt8(sample >> 8))
          if colorDepth == .sixteen { pixels.append(UInt8(sample & 255)) }
        }
        let opacity = (noise(x / 20, y / 20) % 3) * 32000
        alpha.append(UInt8(opacity >> 8))
        if depth == .sixteen { alpha.append(UInt8(opacity & 255)) }
      }
    }
    return Image(
      width: width, height: height, channels: channels, pixels: pixels, depth: depth,
      colorDepth: colorDepth, alpha: hasAlpha ? alpha : nil)
  }

  /// Blocks of graphics among blocks of noise.
  package static func mixed(
    _ width: Int, _ height: Int, _ channels: Image.Channels = .rgb, alpha: Bool = false
  ) -> Image {
    let noise = TestImage.make(width, height, channels, alpha: alpha)
    var image = art.make(width, height, channels, alpha: alpha)
    let bytes = Int(channels.rawValue)
    for y in 0..<height {
      for x in 0..<width where isNoise(x, y) {
        let place = (y * width + x) * bytes
        for sample in place..<place + bytes { image.pixels[sample] = noise.pixels[sample] }
      }
    }
    return image
  }

  /// Whether a pixel of a mixed picture is noise: those of some blocks of 64 × 64.
  package static func isNoise(_ x: Int, _ y: Int) -> Bool { (x / 64 * 3 + y / 64 * 5) % 7 < 4 }

  private func noise(_ x: Int, _ y: Int) -> Int {
    TestPNG.noise(x, y, 0)
  }
}
