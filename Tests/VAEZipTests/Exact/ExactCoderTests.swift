import TestSupport
import Testing
import VAEZip
import VAEZipAlpha
import VAEZipEntropy
import VAEZipExact
import VAEZipReference

/// Exact pixels of tiles: every transform returns them.
@Suite struct ExactCoderTests {
  struct Case: CustomTestStringConvertible {
    let graphic: TestGraphic
    let channels: Image.Channels
    let depth: Image.Depth
    var testDescription: String { "\(graphic) \(channels) \(depth.rawValue)" }
  }

  static let cases = TestGraphic.allCases.flatMap { graphic in
    [Image.Channels.gray, .rgb].flatMap { channels in
      [Image.Depth.eight, .sixteen].map { Case(graphic: graphic, channels: channels, depth: $0) }
    }
  }

  private func coder(_ image: Image) -> ExactCoder {
    ExactCoder(
      width: image.width, height: image.height, samples: Int(image.channels.rawValue),
      sampleBytes: image.colorDepth.bytes)
  }

  /// All pixels of an image that are exact; the others are 0.
  private func masked(_ image: Image, _ mask: ExactMask) -> [UInt8] {
    let bytes = Int(image.channels.rawValue) * image.colorDepth.bytes
    return image.pixels.enumerated().map { place, value in
      mask.isExact(x: place / bytes % image.width, y: place / bytes / image.width) ? value : 0
    }
  }

  /// A mask of random pixels, whole cells and empty ones, of which at least one pixel is exact.
  private func mask(_ image: Image, _ random: inout SplitMix64) -> ExactMask {
    var mask = ExactMask(width: image.width, height: image.height, isExact: false)
    for row in 0..<mask.rows {
      for column in 0..<mask.columns {
        mask[column, row] = [0, .max, .max, random.next()][Int.random(in: 0..<4, using: &random)]
      }
    }
    mask[mask.columns - 1, 0] = .max
    return mask
  }

  @Test(arguments: cases) func returnsThePixels(_ test: Case) throws {
    var random = SplitMix64(8)
    for (width, height) in [(1, 1), (64, 64), (200, 70), (65, 130)] {
      let image = test.graphic.make(
        width, height, test.channels, depth: test.depth, colorDepth: test.depth)
      let coder = coder(image)
      for effort in [1, 3, 4] {
        let whole = ExactMask(width: width, height: height, isExact: true)
        for (mask, hasLatents) in [(whole, false), (whole, true), (self.mask(image, &random), true)] {
          let pixels = masked(image, mask)
          let bytes = try coder.encode(
            pixels, mask: mask, hasLatents: hasLatents, effort: ExactEffort(effort))
          let decoded = try coder.decode(bytes)
          #expect((decoded.pixels == pixels) == true)
          #expect(decoded.mask == mask && decoded.hasLatents == hasLatents)
          #expect(coder.exactPixels(bytes) == mask.pixelCount)
          #expect((bytes.count < 12) == (mask.isFull && (test.graphic == .flat || width == 1)))
        }
      }
    }
  }

  /// Each transform by itself, whether or not an encoder would choose it.
  @Test(arguments: cases) func allTransformsReturnThePixels(_ test: Case) throws {
    var random = SplitMix64(4)
    let image = test.graphic.make(
      150, 131, test.channels, depth: test.depth, colorDepth: test.depth)
    let coder = coder(image)
    for mask in [ExactMask(width: 150, height: 131, isExact: true), mask(image, &random)] {
      let pixels = masked(image, mask)
      let streams = try coder.encodeAll(pixels, mask: mask)
      #expect(streams.count >= 2 || test.graphic == .flat)
      for bytes in streams {
        #expect((try coder.decode(bytes).pixels == pixels) == true, "mode \(bytes[0])")
        let reference = try ExactPixels(
          bytes, width: 150, height: 131, samples: coder.samples, sampleBytes: coder.sampleBytes)
        #expect((reference.pixels.flatMap { $0 } == pixels) == true, "mode \(bytes[0])")
      }
    }
  }

  @Test func takesOneColorAsItIs() throws {
    let coder = ExactCoder(width: 900, height: 700, samples: 3, sampleBytes: 1)
    let pixels = (0..<900 * 700).flatMap { _ in [1, 2, 3] as [UInt8] }
    let mask = ExactMask(width: 900, height: 700, isExact: true)
    let bytes = try coder.encode(pixels, mask: mask, hasLatents: false, effort: ExactEffort(1))
    #expect(bytes == [0x80, 0, 0, 1, 2, 3])
  }

  /// Whether a coder says in one line why it does not decode a stream.
  private static func isRefused(_ bytes: [UInt8], by coder: ExactCoder) -> Bool {
    do throws(EntropyError) {
      _ = try coder.decode(bytes)
      return false
    } catch {
      return error.description.split(separator: "\n").count == 1
    }
  }

  @Test func refusesWhatIsNoStream() throws {
    let image = TestGraphic.antialiased.make(130, 70)
    let coder = coder(image)
    let mask = ExactMask(width: 130, height: 70, isExact: true)
    let good = try coder.encode(image.pixels, mask: mask, hasLatents: true, effort: ExactEffort(1))
    func isRefused(_ bytes: [UInt8]) -> Bool { Self.isRefused(bytes, by: coder) }
    #expect(!isRefused(good))
    #expect(isRefused([]) && isRefused([0]) && isRefused([0, 0]) && isRefused([0, 0, 0, 1, 2]))
    // Trailing bytes; two frames; a cut; a height of strips and a detail that do not exist.
    #expect(isRefused(good + [0]) && isRefused(good + good.dropFirst(3)) && isRefused(good.dropLast()))
    for (place, value) in [(0, 0x1C), (1, 9)] {
      var bytes = good
      bytes[place] = UInt8(value)
      #expect(isRefused(bytes))
    }
  }

  /// Masks: of no pixel, of all, with a pixel outside of the tile, of another size, without latents, cut.
  @Test func refusesWhatIsNoMask() throws {
    let coder = ExactCoder(width: 10, height: 3, samples: 3, sampleBytes: 1)
    let frame = try ZstdFrame()
    defer { frame.free() }
    func stream(_ mask: [UInt8], mode: UInt8 = 0x40, cut: Int = 0) throws -> [UInt8] {
      let coded = try frame.compress(mask, level: 1)
      return [mode, UInt8(coded.count - cut), 0, 0, 0] + coded + [0, 0, 1, 2, 3]
    }
    func isRefused(_ bytes: [UInt8]) -> Bool { Self.isRefused(bytes, by: coder) }
    // The first row is 0b11, the others differ in one pixel.
    let good: [UInt8] = [3, 0, 1, 0, 0, 2]
    let decoded = try coder.decode(stream(good))
    #expect(decoded.mask.pixelCount == 2 + 1 + 2)
    #expect(!decoded.mask.isExact(x: 0, y: 1) && decoded.mask.isExact(x: 9, y: 2))
    #expect(try isRefused(stream([0, 0, 0, 0, 0, 0])) && isRefused(stream([255, 3, 0, 0, 0, 0])))
    #expect(try isRefused(stream([3, 4, 0, 0, 0, 0])) && isRefused(stream([3, 0, 0, 0])))
    #expect(try isRefused(stream(good, mode: 0xC0)) && isRefused(stream(good, cut: 1)))
    #expect(try isRefused(Array(stream(good).prefix(5))) && isRefused([0x40, 255, 255, 255, 255]))
  }

  /// Damage leads to an error or to pixels, never to a trap or to more memory than the tile's size allows.
  @Test func survivesDamage() throws {
    var random = SplitMix64(6)
    for graphic in TestGraphic.allCases {
      let image = graphic.make(100, 90)
      let coder = coder(image)
      for good in try coder.encodeAll(image.pixels, mask: ExactMask(width: 100, height: 90, isExact: true)) {
        for _ in 0..<40 {
          var bytes = good
          for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = min(
              Int.random(in: 0..<bytes.count, using: &random), Int.random(in: 0..<60, using: &random))
            bytes[min(place, bytes.count - 1)] = .random(in: 0...255, using: &random)
          }
          do throws(EntropyError) {
            #expect(try coder.decode(bytes).pixels.count == image.pixels.count)
          } catch {
            #expect(!error.description.isEmpty)
          }
        }
      }
    }
  }
}
