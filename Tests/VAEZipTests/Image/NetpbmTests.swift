import TestSupport
import Testing
import VAEZip

/// PGM, PPM and PAM, in and out.
@Suite struct NetpbmTests {
  private func error(_ bytes: [UInt8]) -> NetpbmError? {
    do throws(ImageFileError) {
      _ = try ImageFile.read(bytes)
      return nil
    } catch {
      #expect(!error.description.contains("\n") && !error.description.isEmpty)
      guard case .netpbm(let error) = error else { return nil }
      return error
    }
  }

  private func error(_ text: String) -> NetpbmError? { error(Array(text.utf8)) }

  private func write(_ image: Image, _ kind: Netpbm.Kind) throws(NetpbmError) -> [UInt8] {
    let writer = try Netpbm.Writer(width: image.width, height: image.height, format: image.format, kind: kind)
    image.pixels.withUnsafeBufferPointer { pixels in
      (image.alpha ?? []).withUnsafeBufferPointer { alpha in writer.write(pixels, alpha: alpha) }
    }
    return writer.take()
  }

  @Test(arguments: Netpbm.Kind.allCases) func survive(kind: Netpbm.Kind) throws {
    for channels in [Image.Channels.gray, .rgb] {
      for alpha in [false, true] where kind == .pam || !alpha {
        for (depth, colorDepth) in [
          (Image.Depth.eight, Image.Depth.eight), (.sixteen, .eight), (.sixteen, .sixteen),
        ] {
          var image = TestImage.make(23, 9, channels, alpha: alpha, depth: depth)
          if colorDepth == .sixteen {
            image = Image(
              width: 23, height: 9, channels: channels, pixels: image.pixels.flatMap { [$0, 255 - $0] },
              depth: .sixteen, colorDepth: .sixteen, alpha: image.alpha)
          }
          let again = try ImageFile.read(write(image, kind), keepsColorDepth: colorDepth == .sixteen)
          #expect(again.image == image)
          #expect(again.notices.isEmpty == (depth == colorDepth))
        }
      }
    }
    let seen = TestImage.make(5, 5, alpha: true)
    if kind == .ppm { #expect(throws: NetpbmError.self) { try write(seen, .ppm) } }
  }

  @Test func plainFiles() throws {
    let gray = try ImageFile.read(Array("P2 # a comment\n2 2\n# another\n255\n0 1\n255 77\n".utf8)).image
    #expect(gray.pixels == [0, 1, 255, 77] && gray.format == .gray)
    let color = try ImageFile.read(Array("P3\n1 2\n65535\n1 2 3\n65535 257 514".utf8), keepsColorDepth: true)
    #expect(color.image.pixels == [0, 1, 0, 2, 0, 3, 255, 255, 1, 1, 2, 2])
    #expect(try ImageFile.read(Array("P3\n1 1\n65535\n65535 257 514".utf8)).image.pixels == [255, 1, 2])
  }

  @Test func otherMaxima() throws {
    let gray = try ImageFile.read(Array("P5\n2 1\n100\n".utf8) + [100, 50])
    #expect(gray.image.pixels == [255, 128])
    #expect(gray.notices == ["samples up to 100 scaled to 255"])
    let deep = try ImageFile.read(Array("P5\n2 1\n1023\n".utf8) + [3, 255, 0, 1], keepsColorDepth: true)
    #expect(deep.image.pixels == [255, 255, 0, 64])
    #expect(
      error(Array("P5\n2 1\n100\n".utf8) + [101, 50])
        == .damaged("a sample of 101, more than maxval 100", offset: 13))
  }

  @Test func faults() {
    #expect(error("P5\n2 2\n255\nabc") == .truncated(offset: 14))
    #expect(error("P5\n9 9\n255\nabc") == .implausible(width: 9, height: 9, bytes: 14))
    #expect(error("P2\n2 1\n255\n12 x") == .damaged("a sample is no number", offset: 15))
    #expect(error("P5\n0 2\n255\n") == .damaged("a size of 0 × 2", offset: 11))
    #expect(error("P6\n1 1\n70000\nabc") == .damaged("maxval 70000, not 1…65535", offset: 13))
    #expect(error("P6\n99999999999 1\n255\n") == .damaged("width is too large", offset: 13))
    #expect(error("P4\n8 1\na") == .unsupported("a PBM, which is not read; convert it to PNG"))
    #expect(
      error("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nENDHDR\na") == .damaged("a header without MAXVAL", offset: 35))
    #expect(error("P7\nWIDTH 1\nWIDTH 1\n") == .damaged("the line \"WIDTH 1\"", offset: 19))
    #expect(
      error("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE CMYK\nENDHDR\nabcd")
        == .unsupported(
          "a PAM of 4 samples of type CMYK, which is not read; gray, RGB and both with alpha are"))
    let huge = "P5\n1000000 1000000\n255\n"
    #expect(error(huge) == .tooLarge(width: 1_000_000, height: 1_000_000, limits: .default))
  }

  /// A stream, whose size nobody knows, that ends too early.
  @Test func truncatedStreams() throws {
    let file = try write(TestImage.make(5, 4), .ppm)
    for count in 2..<file.count {
      var position = 0
      #expect(throws: NetpbmError.truncated(offset: count)) {
        let reader = try Netpbm.Reader { buffer in
          let step = min(buffer.count, count - position)
          _ = buffer.update(fromContentsOf: file[position..<position + step])
          position += step
          return step
        }
        var rows = [UInt8](repeating: 0, count: 60)
        try rows.withUnsafeMutableBufferPointer {
          try reader.read(into: $0, alpha: UnsafeMutableBufferPointer(start: nil, count: 0))
        }
      }
    }
    #expect(try ImageFile.read(file + [10]).notices.isEmpty)
    #expect(
      try ImageFile.read(file + file).notices == ["only the first picture is read; more bytes follow it"])
  }
}

/// Files of all kinds, by their first bytes.
@Suite struct ImageFileTests {
  private func text(_ bytes: [UInt8]) -> String? {
    do throws(ImageFileError) {
      _ = try ImageFile.read(bytes)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func kinds() throws {
    #expect(ImageFile.Kind(beginning: try JPEGTests.bytes("gray.jpg")) == .jpeg)
    #expect(ImageFile.Kind(beginning: try JPEGTests.bytes("gray.pgm")) == .netpbm)
    #expect(ImageFile.Kind(beginning: PNG.signature) == .png)
    #expect(ImageFile.Kind(beginning: Array("P5".utf8)) == nil)
    #expect(ImageFile.Kind(beginning: []) == nil)
    // A PNG through the common reader, interlaced ones among them, is that of its own reader.
    for interlaced in [false, true] {
      var png = TestPNG(width: 23, height: 17, bitDepth: 16, colorType: 6) { TestPNG.noise($0, $1, $2) }
      png.interlaced = interlaced
      let file = png.encoded()
      #expect(try ImageFile.read(file, keepsColorDepth: true) == PNG.read(file, keepsColorDepth: true))
    }
  }

  @Test func unknownKinds() {
    #expect(text([]) == "not a picture: the file is empty")
    #expect(
      text(Array("RIFF\u{10}\0\0\0WEBPVP8 ".utf8)) == "a WebP file, which is not read; convert it to PNG")
    #expect(text(Array("GIF89a".utf8)) == "a GIF file, which is not read; convert it to PNG")
    #expect(
      text([0, 0, 0, 0x20] + Array("ftypavif".utf8)) == "a AVIF file, which is not read; convert it to PNG")
    #expect(text([1, 2, 3]) == "not a PNG, JPEG, PPM, PGM or PAM file: it begins with 01 02 03")
  }

  @Test func failuresOfTheSource() {
    #expect(throws: ImageFileError.notRead("broken")) {
      try ImageFile.Reader { _ throws(ImageFileError) in throw .notRead("broken") }
    }
  }
}

/// How pictures are turned, and made smaller.
@Suite struct OrientationTests {
  private static func exif(_ value: UInt8, isBigEndian: Bool) -> [UInt8] {
    isBigEndian
      ? Array("MM\0*".utf8) + [0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0, 0, 0, 0, 0]
      : Array("II*\0".utf8) + [8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, value, 0, 0, 0, 0, 0, 0, 0]
  }

  @Test func valuesOfExif() {
    for orientation in ExifOrientation.allCases {
      for isBigEndian in [false, true] {
        let exif = Self.exif(UInt8(orientation.rawValue), isBigEndian: isBigEndian)
        #expect(ExifOrientation(exif: exif) == orientation)
        for count in 0..<exif.count { _ = ExifOrientation(exif: Array(exif.prefix(count))) }
      }
    }
    #expect(ExifOrientation(exif: Self.exif(9, isBigEndian: true)) == .upright)
    #expect(ExifOrientation(exif: Array("MM\0*".utf8) + [0xFF, 0xFF, 0xFF, 0xFF]) == .upright)
  }

  @Test func turns() {
    // 1 2 3
    // 4 5 6
    let image = Image(
      width: 3, height: 2, channels: .gray, pixels: [1, 2, 3, 4, 5, 6], alpha: [1, 2, 3, 4, 5, 6])
    let expected: [ExifOrientation: [UInt8]] = [
      .upright: [1, 2, 3, 4, 5, 6], .mirrored: [3, 2, 1, 6, 5, 4], .upsideDown: [6, 5, 4, 3, 2, 1],
      .mirroredUpsideDown: [4, 5, 6, 1, 2, 3], .transposed: [1, 4, 2, 5, 3, 6],
      .turnedLeft: [4, 1, 5, 2, 6, 3],
      .transverse: [6, 3, 5, 2, 4, 1], .turnedRight: [3, 6, 2, 5, 1, 4],
    ]
    for orientation in ExifOrientation.allCases {
      let turned = image.turned(orientation)
      #expect(turned.pixels == expected[orientation] && turned.alpha == turned.pixels)
      #expect((turned.width, turned.height) == (orientation.swapsAxes ? (2, 3) : (3, 2)))
    }
  }

  @Test func areas() {
    let image = Image(width: 4, height: 2, channels: .gray, pixels: [0, 100, 50, 50, 100, 200, 50, 51])
    #expect(image.reduced(columns: 2, rows: 1).pixels == [100, 50])
    #expect(image.reduced(columns: 4, rows: 2) == image)
    // Three columns of four: weights 3 and 1, 2 and 2, 1 and 3.
    let row = Image(width: 4, height: 1, channels: .gray, pixels: [0, 120, 240, 40])
    #expect(row.reduced(columns: 3, rows: 1).pixels == [30, 180, 90])
    // What nobody sees has no weight.
    let seen = Image(
      width: 2, height: 1, channels: .rgb, pixels: [10, 20, 30, 200, 200, 200], alpha: [255, 0])
    let reduced = seen.reduced(columns: 1, rows: 1)
    #expect(reduced.pixels == [10, 20, 30] && reduced.alpha == [128])
  }
}
