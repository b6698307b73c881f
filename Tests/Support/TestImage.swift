import VAEZip

/// Pictures that exercise all parts of the codec; the same ones on every machine.
package enum TestImage {
  /// A picture with slopes, edges and noise. Its alpha changes from tile to tile (64 × 64 pixels): constant, a
  /// slope, an edge, noise.
  package static func make(
    _ width: Int, _ height: Int, _ channels: Image.Channels = .rgb, alpha hasAlpha: Bool = false,
    depth: Image.Depth = .eight, seed: UInt64 = 7
  ) -> Image {
    var random = SplitMix64(seed)
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<Int(channels.rawValue) {
          let smooth = 3 * x + 2 * y + 40 * c
          let edge = (x / 7 + y / 5) % 3 == 0 ? 90 : 0
          let noise = Int(random.next() % 24)
          pixels.append(UInt8(truncatingIfNeeded: min(255, (smooth + edge) % 230 + noise)))
        }
      }
    }
    var alpha: [UInt8] = []
    for y in 0..<height where hasAlpha {
      for x in 0..<width {
        let kind = (x >> 6) + (y >> 6)
        let sample = [0x1234, x * y, x > y ? 0xFFFF : 0, Int(random.next() & 0xFFFF)][kind & 3]
        if depth == .sixteen { alpha.append(UInt8(truncatingIfNeeded: sample >> 8)) }
        alpha.append(UInt8(truncatingIfNeeded: sample))
      }
    }
    return Image(
      width: width, height: height, channels: channels, pixels: pixels, depth: depth,
      alpha: hasAlpha ? alpha : nil)
  }
}
