import TestSupport
import Testing
import VAEZip

/// Images with alpha, through the whole codec.
@Suite struct AlphaTests {
  static let model = Result { try RandomModel.model(seed: 3) }

  private func roundTrip(_ image: Image, threads: Int, effort: Int = 1) throws -> EncodingTrial {
    let model = try Self.model.get()
    let options = EncoderOptions(
      threads: threads, tileSize: 64, effort: effort, keepsInvisibleColor: true)
    let encoded = try ImageEncoder(model: model, options: options).encodeTrial(image)
    let decoded = try ImageDecoder(models: ModelLibrary([model]), threads: threads)
      .decode(encoded.bytes)
    #expect((decoded == encoded.reconstruction) == true)
    #expect(decoded.format == image.format)
    #expect((decoded.alpha == image.alpha) == true)
    return encoded
  }

  @Test(arguments: [1, 2, 5]) func comesBackExactly(threads: Int) throws {
    var random = SplitMix64(UInt64(threads))
    for index in 0..<12 {
      let image = TestImage.make(
        Int.random(in: 1...200, using: &random), Int.random(in: 1...300, using: &random),
        index % 2 == 0 ? .gray : .rgb, alpha: true, depth: index % 3 == 0 ? .sixteen : .eight,
        seed: UInt64(index))
      let encoded = try roundTrip(image, threads: threads)
      let color = try ImageEncoder(
        model: try Self.model.get(), options: EncoderOptions(tileSize: 64, effort: 1)
      ).encodeTrial(image.color)
      // Color does not depend on alpha, and the statistics account for all bytes.
      #expect((encoded.reconstruction.pixels == color.reconstruction.pixels) == true)
      let statistics = encoded.statistics
      #expect(statistics.fileBytes == encoded.bytes.count)
      #expect(statistics.alphaBytes > 0)
      let decoder = ImageDecoder(models: ModelLibrary([try Self.model.get()]))
      #expect(try decoder.rateStatistics(encoded.bytes) == statistics)
    }
  }

  @Test func threadsAndEffort() throws {
    let image = TestImage.make(150, 330, alpha: true)
    for effort in [1, 4] {
      let files = try [1, 2, 5].map { try roundTrip(image, threads: $0, effort: effort).bytes }
      #expect((files[0] == files[1] && files[0] == files[2]) == true)
    }
  }

  @Test(arguments: [Image.Channels.gray, .rgb])
  func colorBelowTransparentPixelsDoesNotMatter(channels: Image.Channels) throws {
    let encoder = try ImageEncoder(
      model: try Self.model.get(),
      options: EncoderOptions(quality: 90, tileSize: 64, effort: 1, choosesExactPixels: false))
    for depth in [Image.Depth.eight, .sixteen] {
      var images: [Image] = []
      for seed in [1, 2] as [UInt64] {
        let image = TestImage.make(140, 90, channels, seed: seed)
        // A visible disc; pixels at its edge have the smallest opacity.
        var pixels = TestImage.make(140, 90, channels, seed: 3).pixels
        var alpha: [UInt8] = []
        for y in 0..<90 {
          for x in 0..<140 {
            let distance = (x - 60) * (x - 60) + (y - 50) * (y - 50)
            let opacity = distance < 900 ? 255 : distance == 900 ? 1 : 0
            alpha += depth == .eight ? [UInt8(opacity)] : [0, UInt8(opacity)]
            let place = (y * 140 + x) * Int(channels.rawValue)
            let pixel = place..<place + Int(channels.rawValue)
            if opacity == 0 { pixels.replaceSubrange(pixel, with: image.pixels[pixel]) }
          }
        }
        images.append(
          Image(
            width: 140, height: 90, channels: channels, pixels: pixels, depth: depth,
            alpha: alpha))
      }
      let files = try images.map { try encoder.encodeTrial($0).bytes }
      #expect((files[0] == files[1]) == true)
      let kept = try ImageEncoder(
        model: encoder.model,
        options: EncoderOptions(
          quality: 90, tileSize: 64, effort: 1, keepsInvisibleColor: true, choosesExactPixels: false)
      ).encodeTrial(images[0]).bytes
      #expect(files[0].count < kept.count)
    }
  }

  @Test func constantAlphaCostsASampleATile() throws {
    for depth in [Image.Depth.eight, .sixteen] {
      let image = Image(
        width: 65, height: 40, channels: .gray, pixels: [UInt8](repeating: 9, count: 2600),
        depth: depth, alpha: [UInt8](repeating: 255, count: 2600 * depth.bytes))
      #expect(try roundTrip(image, threads: 1).statistics.alphaBytes == 2 * depth.bytes)
    }
  }

  @Test func sixteenBitsOfColor() throws {
    let image = TestImage.make(50, 40, depth: .sixteen)
    let png = try PNG.write(try roundTrip(image, threads: 1).reconstruction)
    #expect(png[24] == 16)
    #expect(try PNG.read(png).image.depth == .sixteen)
  }

  @Test func refusesDamage() throws {
    let model = try Self.model.get()
    let image = TestImage.make(140, 70, alpha: true, depth: .sixteen)
    let encoded = try ImageEncoder(model: model, options: EncoderOptions(tileSize: 64)).encodeTrial(image)
    let container = try VZContents(parsing: encoded.bytes)
    let decoder = ImageDecoder(models: ModelLibrary([model]), threads: 1)
    func decode(alphaOf tile: Int, _ bytes: [UInt8]) throws -> Image {
      var tiles = container.tiles
      tiles[tile].alpha = bytes
      let file = try VZContents(
        header: container.header, tiles: tiles, trailer: container.trailer)
      return try decoder.decode(file.serialized())
    }
    let good = container.tiles.map(\.alpha)
    let framed = try #require(good.firstIndex { $0.count > 2 })
    // Neither a sample nor a frame; two frames; trailing bytes.
    for bytes in [[1], [1, 2, 3], good[framed] + good[framed], good[framed] + [0]] {
      #expect(throws: CodecError.self) { try decode(alphaOf: framed, bytes) }
    }
    #expect {
      try decode(alphaOf: framed, [1, 2])
    } throws: { error in
      guard case CodecError.container(.contentChecksumMismatch) = error else { return false }
      return true
    }
    var random = SplitMix64(5)
    for _ in 0..<300 {
      var bytes = good[framed]
      switch random.next() % 3 {
      case 0:
        let bit = Int.random(in: 0..<8 * bytes.count, using: &random)
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      case 1: bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random))
      default:
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] = .random(in: 0...255, using: &random)
      }
      // Some bits of a frame do not matter to its content. Then the checksum is right.
      if let decoded = try? decode(alphaOf: framed, bytes) {
        #expect((decoded.alpha == image.alpha) == true)
      }
    }
  }
}
