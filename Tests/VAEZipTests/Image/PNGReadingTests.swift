import TestSupport
import Testing
import VAEZip

private struct Kind: CustomTestStringConvertible {
  var colorType: Int, bitDepth: Int, interlaced: Bool
  var testDescription: String { "type \(colorType), \(bitDepth) bits, Adam7 \(interlaced)" }

  static let all: [Kind] = [
    (0, [1, 2, 4, 8, 16]), (2, [8, 16]), (3, [1, 2, 4, 8]), (4, [8, 16]), (6, [8, 16]),
  ].flatMap { type, depths in
    depths.flatMap { depth in
      [false, true].map { Kind(colorType: type, bitDepth: depth, interlaced: $0) }
    }
  }
}

@Suite struct PNGReadingTests {
  @Test(arguments: Kind.all) fileprivate func everyKind(_ kind: Kind) throws {
    // Some sides leave Adam7 passes empty, some rows end within a byte.
    for (width, height) in [(1, 1), (2, 3), (5, 4), (17, 9), (33, 40)] {
      let top = 1 << kind.bitDepth
      let palette = (0..<3 * top).map { UInt8(truncatingIfNeeded: TestPNG.noise($0, 7, 0)) }
      let png = TestPNG(
        width: width, height: height, bitDepth: kind.bitDepth, colorType: kind.colorType,
        interlaced: kind.interlaced, palette: kind.colorType == 3 ? palette : []
      ) { x, y, c in TestPNG.noise(x, y, c) % top }
      let decoded = try PNG.read(png.encoded())

      var expected: [UInt8] = []
      let colors = kind.colorType == 0 || kind.colorType == 4 ? 1 : 3
      for y in 0..<height {
        for x in 0..<width {
          for c in 0..<colors {
            if kind.colorType == 3 {
              expected.append(palette[3 * png.sample(x, y, 0) + c])
            } else {
              // Rounded to the nearest: exact for 1, 2, 4, 8 bits.
              expected.append(UInt8((png.sample(x, y, c) * 255 * 2 + top - 1) / (2 * (top - 1))))
            }
          }
        }
      }
      var alpha: [UInt8] = []
      for y in 0..<height where kind.colorType >= 4 {
        for x in 0..<width {
          let sample = png.sample(x, y, colors)
          if kind.bitDepth == 16 { alpha.append(UInt8(sample >> 8)) }
          alpha.append(UInt8(sample & 255))
        }
      }
      let image = Image(
        width: width, height: height, channels: colors == 1 ? .gray : .rgb, pixels: expected,
        depth: kind.bitDepth == 16 ? .sixteen : .eight, alpha: kind.colorType >= 4 ? alpha : nil)
      #expect(decoded.image == image)
      #expect(
        decoded.notices == (kind.bitDepth == 16 ? ["16 bits a sample of color rounded to 8"] : []))
      // What we write reads as the same image.
      #expect(try PNG.read(PNG.write(image)).image == image)
    }
  }

  @Test(arguments: [false, true]) func transparencyChunk(interlaced: Bool) throws {
    // Palette entry 1 is half transparent. The alpha channel is there whether it is used or not.
    for used in [true, false] {
      let png = TestPNG(
        width: 9, height: 9, bitDepth: 2, colorType: 3, interlaced: interlaced,
        palette: [10, 20, 30, 40, 50, 60, 70, 80, 90, 1, 2, 3], transparency: [255, 128]
      ) { x, y, _ in used ? (x + y) % 4 : (x + y) % 2 * 2 }
      let image = try PNG.read(png.encoded()).image
      #expect(image.format == Image.Format(channels: .rgb, hasAlpha: true))
      let second: [UInt8] = used ? [40, 50, 60] : [70, 80, 90]
      #expect(Array(image.pixels.prefix(6)) == [10, 20, 30] + second)
      #expect(image.alpha?.prefix(4) == (used ? [255, 128, 255, 255] : [255, 255, 255, 255]))
    }
    // Gray and RGB: one color is transparent, of 8 bits and of 16. The next color is opaque.
    for (colorType, depth) in [(0, 8), (2, 8), (0, 16), (2, 16)] {
      let colors = colorType == 0 ? 1 : 3
      let key: [UInt8] = depth == 8 ? [0, 7, 0, 8, 0, 9] : [7, 7, 7, 8, 7, 9]
      let base = depth == 8 ? 7 : 0x707
      let png = TestPNG(
        width: 4, height: 5, bitDepth: depth, colorType: colorType, interlaced: interlaced,
        transparency: Array(key.prefix(2 * colors))
      ) { x, _, c in base + c + (x == 3 ? 0 : x == 2 && c == colors - 1 ? 1 : 50) }
      let image = try PNG.read(png.encoded()).image
      #expect(image.format.hasAlpha && image.depth.bytes == depth / 8)
      let row: [UInt8] = [255, 255, 255, 0].flatMap { Array(repeating: $0, count: depth / 8) }
      #expect(image.alpha == Array(repeating: row, count: 5).flatMap { $0 })
      #expect(image.pixels.last == UInt8(7 + (depth == 8 ? colors - 1 : 0)))
    }
  }

  @Test func sixteenBitsAreRoundedNotTruncated() throws {
    let hundred = 257 * 100
    let values = [0, 128, 129, hundred - 129, hundred - 128, hundred + 128, 65_535 - 129, 65_535]
    let png = TestPNG(width: 8, height: 1, bitDepth: 16, colorType: 0) { x, _, _ in values[x] }
    #expect(try PNG.read(png.encoded()).image.pixels == [0, 0, 1, 99, 100, 100, 254, 255])
    // The same with alpha, which is not rounded.
    let both = TestPNG(width: 8, height: 1, bitDepth: 16, colorType: 4) { x, _, c in
      c == 0 ? values[x] : 65_535 - values[x]
    }
    let image = try PNG.read(both.encoded()).image
    #expect(image.pixels == [0, 0, 1, 99, 100, 100, 254, 255])
    #expect(image.alpha == values.flatMap { [UInt8((65_535 - $0) >> 8), UInt8((65_535 - $0) & 255)] })
  }
}
