import TestSupport
import Testing
import VAEZip

/// Files that are no PNGs, that are damaged, or that are too large.
@Suite struct PNGRefusalTests {
  let png = TestPNG(width: 23, height: 17, bitDepth: 8, colorType: 2) { x, y, c in
    TestPNG.noise(x, y, c) & 255
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
    // Signature, lengths and CRCs cover every byte of this file.
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
    // A zTXt whose content is no zlib stream.
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
    // Headers with correct CRCs, and sizes that a file of this length cannot hold.
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
