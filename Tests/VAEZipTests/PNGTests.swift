import Testing
import VAEZip

/// A sample that looks random but depends on its place alone.
private func noise(_ x: Int, _ y: Int, _ c: Int) -> Int {
  let hash = UInt32(truncatingIfNeeded: x &* 73_856_093 ^ y &* 19_349_663 ^ (c + 1) &* 83_492_791)
  return Int((hash &* 2_654_435_761) >> 12)
}

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

@Suite struct PNGReading {
  @Test(arguments: Kind.all) fileprivate func everyKind(_ kind: Kind) throws {
    // Sides that leave Adam7 passes empty, and such that end in the middle of a byte.
    for (width, height) in [(1, 1), (2, 3), (5, 4), (17, 9), (33, 40)] {
      let top = 1 << kind.bitDepth
      let palette = (0..<3 * top).map { UInt8(truncatingIfNeeded: noise($0, 7, 0)) }
      let png = TestPNG(
        width: width, height: height, bitDepth: kind.bitDepth, colorType: kind.colorType,
        interlaced: kind.interlaced, palette: kind.colorType == 3 ? palette : []
      ) { x, y, c in noise(x, y, c) % top }
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
      // And again, from what we write of it: the same but for the rounding.
      #expect(try PNG.read(PNG.write(image)).image == image)
    }
  }

  @Test(arguments: [false, true]) func transparencyChunk(interlaced: Bool) throws {
    // Palette: entry 1 is half transparent; used, then unused. The channel is there in both cases.
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
    // The same with alpha behind each, which is not rounded.
    let both = TestPNG(width: 8, height: 1, bitDepth: 16, colorType: 4) { x, _, c in
      c == 0 ? values[x] : 65_535 - values[x]
    }
    let image = try PNG.read(both.encoded()).image
    #expect(image.pixels == [0, 0, 1, 99, 100, 100, 254, 255])
    #expect(image.alpha == values.flatMap { [UInt8((65_535 - $0) >> 8), UInt8((65_535 - $0) & 255)] })
  }
}

@Suite struct PNGRefusals {
  let png = TestPNG(width: 23, height: 17, bitDepth: 8, colorType: 2) { x, y, c in
    noise(x, y, c) & 255
  }

  private func error(_ bytes: [UInt8], limits: PNG.Limits = .default) -> PNGError? {
    do throws(PNGError) {
      _ = try PNG.read(bytes, limits: limits)
      return nil
    } catch {
      #expect(!error.description.contains("\n") && !error.description.isEmpty)
      return error
    }
  }

  @Test func notAPNG() {
    #expect(error([]) == .notPNG(found: []))
    #expect(error(Array("GIF89a and then some".utf8)) == .notPNG(found: Array("GIF89a a".utf8)))
    let text: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0a, 0x1a, 0x0a]
    #expect(error(text) == .notPNG(found: text))
  }

  @Test func everyTruncation() {
    for interlaced in [false, true] {
      var png = png
      png.interlaced = interlaced
      let file = png.encoded()
      for count in 1..<file.count {
        #expect(error(Array(file.prefix(count))) == .truncated(offset: count))
      }
    }
  }

  @Test func everyFlippedByte() {
    // No byte of such a file can change unnoticed: signature, lengths, CRCs, and what they cover.
    let file = png.encoded()
    for index in file.indices {
      var damaged = file
      damaged[index] ^= 0x40
      #expect(error(damaged) != nil, "byte \(index)")
    }
  }

  @Test func checksums() {
    let file = png.encoded()
    var damaged = file
    damaged[60] ^= 1
    guard case .damaged("IDAT: incorrect data check", _) = error(damaged) else {
      Issue.record("wrong data were accepted")
      return
    }
    damaged = file
    damaged[file.count - 13] ^= 1
    #expect(error(damaged) == .damaged("IDAT: CRC error", offset: file.count - 12))
  }

  @Test func compressedTextIsNotInflated() {
    // A zTXt that libpng would call damaged if it looked inside.
    let text = TestPNG.chunk("zTXt", Array("Title\0\0nonsense".utf8))
    #expect(error(png.encoded(extra: text)) == nil)
  }

  @Test func noPixels() {
    for (width, height) in [(0, 0), (0, 5), (5, 0)] {
      let png = TestPNG(width: width, height: height, bitDepth: 8, colorType: 0) { _, _, _ in 0 }
      #expect(error(png.encoded()) == .empty(width: width, height: height))
    }
  }

  @Test func sizesBeyondTheLimits() {
    let file = png.encoded()
    for limits in [
      PNG.Limits(width: 22, height: 17, pixels: 1000),
      PNG.Limits(width: 23, height: 16, pixels: 1000),
      PNG.Limits(width: 23, height: 17, pixels: 390),
    ] {
      #expect(error(file, limits: limits) == .tooLarge(width: 23, height: 17, limits: limits))
    }
    #expect(error(file, limits: PNG.Limits(width: 23, height: 17, pixels: 391)) == nil)
  }

  @Test func forgedSizes() {
    // Headers with right CRCs that promise what no file of this length holds.
    for (width, height) in [(0x7fff_ffff, 0x7fff_ffff), (1 << 20, 1 << 20)] {
      var forged = Self.header(width, height)
      forged += png.encoded().dropFirst(33)
      #expect(error(forged) == .tooLarge(width: width, height: height, limits: .default))
    }
    let forged = Self.header(30_000, 30_000) + png.encoded().dropFirst(33)
    #expect(error(forged) == .implausible(width: 30_000, height: 30_000, bytes: forged.count))
  }

  private static func header(_ width: Int, _ height: Int) -> [UInt8] {
    TestPNG.signature
      + TestPNG.chunk("IHDR", bigEndian(width) + bigEndian(height) + [8, 2, 0, 0, 0])
  }
}

@Suite struct PNGWriting {
  @Test(arguments: [Image.Channels.gray, .rgb])
  func whatIsWrittenIsRead(channels: Image.Channels) throws {
    for (width, height) in [(1, 1), (3, 200), (257, 5)] {
      let count = width * height * Int(channels.rawValue)
      let image = Image(
        width: width, height: height, channels: channels,
        pixels: (0..<count).map { UInt8(truncatingIfNeeded: noise($0, 3, 1) & 15 + $0 / 7) })
      for compression in [PNG.Compression.fast, .none, .level(1), .level(9), .level(99)] {
        let file = try PNG.write(image, compression: compression)
        let decoded = try PNG.read(file)
        #expect(decoded.image == image)
        #expect(decoded.notices == [])
      }
    }
  }

  @Test func writingIsDeterministic() throws {
    let pixels = (0..<90 * 70 * 3).map { UInt8($0 & 63) }
    let image = Image(width: 90, height: 70, channels: .rgb, pixels: pixels)
    #expect(try PNG.write(image) == PNG.write(image))
    #expect(try PNG.write(image).count < 18_900)
  }
}
