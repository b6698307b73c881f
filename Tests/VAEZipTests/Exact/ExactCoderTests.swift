import TestSupport
import Testing
import VAEZip
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

  /// All pixels of an image that are in exact blocks; the others are 0.
  private func masked(_ image: Image, _ map: BlockMap) -> [UInt8] {
    let bytes = Int(image.channels.rawValue) * image.colorDepth.bytes
    return image.pixels.enumerated().map { place, value in
      map.isExact(x: place / bytes % image.width, y: place / bytes / image.width) ? value : 0
    }
  }

  /// A map of random blocks, of which at least one is exact.
  private func map(_ image: Image, _ random: inout SplitMix64) -> BlockMap {
    var map = BlockMap(width: image.width, height: image.height, isExact: false)
    for row in 0..<map.rows {
      for column in 0..<map.columns { map[column, row] = random.next() % 3 > 0 }
    }
    map[map.columns - 1, 0] = true
    return map
  }

  @Test(arguments: cases) func returnsThePixels(_ test: Case) throws {
    var random = SplitMix64(8)
    for (width, height) in [(1, 1), (64, 64), (200, 70), (65, 130)] {
      let image = test.graphic.make(
        width, height, test.channels, depth: test.depth, colorDepth: test.depth)
      let coder = coder(image)
      for effort in [1, 3, 4] {
        let whole = BlockMap(width: width, height: height, isExact: true)
        for (map, hasLatents) in [(whole, false), (whole, true), (self.map(image, &random), true)] {
          let pixels = masked(image, map)
          let bytes = try coder.encode(
            pixels, map: map, hasLatents: hasLatents, effort: ExactEffort(effort))
          let decoded = try coder.decode(bytes)
          #expect((decoded.pixels == pixels) == true)
          #expect(decoded.map == map && decoded.hasLatents == hasLatents)
          #expect(coder.exactPixels(bytes) == map.pixelCount)
          #expect((bytes.count < 12) == (test.graphic == .flat || width == 1))
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
    for map in [BlockMap(width: 150, height: 131, isExact: true), map(image, &random)] {
      let pixels = masked(image, map)
      let streams = try coder.encodeAll(pixels, map: map)
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
    let map = BlockMap(width: 900, height: 700, isExact: true)
    let bytes = try coder.encode(pixels, map: map, hasLatents: false, effort: ExactEffort(1))
    #expect(bytes == [0x80, 0, 0, 1, 2, 3])
  }

  @Test func refusesWhatIsNoStream() throws {
    let image = TestGraphic.antialiased.make(130, 70)
    let coder = coder(image)
    let map = BlockMap(width: 130, height: 70, isExact: true)
    let good = try coder.encode(image.pixels, map: map, hasLatents: true, effort: ExactEffort(1))
    func isRefused(_ bytes: [UInt8]) -> Bool {
      do throws(EntropyError) {
        _ = try coder.decode(bytes)
        return false
      } catch {
        return error.description.split(separator: "\n").count == 1
      }
    }
    #expect(!isRefused(good))
    #expect(isRefused([]) && isRefused([0]) && isRefused([0, 0]) && isRefused([0, 0, 0, 1, 2]))
    // Trailing bytes; two frames; a cut; a height of strips and a detail that do not exist.
    #expect(isRefused(good + [0]) && isRefused(good + good.dropFirst(3)) && isRefused(good.dropLast()))
    for (place, value) in [(0, 0x1C), (1, 9)] {
      var bytes = good
      bytes[place] = UInt8(value)
      #expect(isRefused(bytes))
    }
    // Maps: of no block, of all, with a block outside of the tile (there are 6), without latents.
    for (mode, blocks) in [(0x40, 0), (0x40, 0x3F), (0x40, 0x41), (0xC0, 1)] {
      #expect(isRefused([UInt8(mode), UInt8(blocks), 0, 0, 1, 2, 3]))
    }
    #expect(!isRefused([0x40, 0x21, 0, 0, 1, 2, 3]))
  }

  /// Damage leads to an error or to pixels, never to a trap or to more memory than the tile's size allows.
  @Test func survivesDamage() throws {
    var random = SplitMix64(6)
    for graphic in TestGraphic.allCases {
      let image = graphic.make(100, 90)
      let coder = coder(image)
      for good in try coder.encodeAll(image.pixels, map: BlockMap(width: 100, height: 90, isExact: true)) {
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
