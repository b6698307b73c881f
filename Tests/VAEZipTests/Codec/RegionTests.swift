import TestSupport
import Testing
import VAEZip

/// A region is the crop of the whole, bit for bit.
@Suite struct RegionTests {
  private static func crop(_ image: Image, _ region: Region) -> Image {
    func crop(_ plane: [UInt8], pixelBytes: Int) -> [UInt8] {
      (region.y..<region.y + region.height).flatMap { y in
        let start = (y * image.width + region.x) * pixelBytes
        return plane[start..<start + region.width * pixelBytes]
      }
    }
    return Image(
      width: region.width, height: region.height, channels: image.channels,
      pixels: crop(image.pixels, pixelBytes: Int(image.channels.rawValue)), depth: image.depth,
      alpha: image.alpha.map { crop($0, pixelBytes: image.depth.bytes) })
  }

  /// Regions at the corners and edges, of one pixel, of the whole, and some anywhere.
  private static func regions(
    _ width: Int, _ height: Int, random: inout SplitMix64
  ) -> [Region] {
    var regions = [
      Region(x: 0, y: 0, width: width, height: height),
      Region(x: 0, y: 0, width: 1, height: 1),
      Region(x: width - 1, y: height - 1, width: 1, height: 1),
      Region(x: 0, y: height / 2, width: width, height: 1),
      Region(x: width / 2, y: 0, width: 1, height: height),
    ]
    for _ in 0..<6 {
      let x = Int.random(in: 0..<width, using: &random)
      let y = Int.random(in: 0..<height, using: &random)
      // Mostly small, so that most tiles are not needed.
      let limit = Int.random(in: 0..<3, using: &random) == 0 ? max(width, height) : 40
      regions.append(
        Region(
          x: x, y: y, width: min(Int.random(in: 1...limit, using: &random), width - x),
          height: min(Int.random(in: 1...limit, using: &random), height - y)))
    }
    return regions
  }

  @Test(arguments: [0, 1, 2, 3, 4, 5])
  func equalsTheCropOfTheWhole(seed: UInt64) throws {
    var random = SplitMix64(seed)
    let blocks = [0, 1, 2, 5, 6, 9][Int(seed)]
    let model = try RandomModel.model(seed: seed, blocks: blocks)
    for (width, height) in [(1, 1), (17, 300), (401, 90), (333, 270)] {
      let channels: Image.Channels = random.next() % 3 == 0 ? .gray : .rgb
      let tileSize = [64, 128, 512][Int(random.next() % 3)]
      let encoded = try ImageEncoder(
        model: model, options: EncoderOptions(quality: 60, tileSize: tileSize, effort: 1)
      ).encodeTrial(
        TestImage.make(
          width, height, channels, alpha: seed % 2 == 1,
          depth: random.next() % 2 == 0 ? .eight : .sixteen))
      for region in Self.regions(width, height, random: &random) {
        var decoder = ImageDecoder(
          models: ModelLibrary([model]), threads: Int.random(in: 1...3, using: &random))
        decoder.stripHeight = [nil, 1, 4][Int(random.next() % 3)]
        // In the order of real threads, and in simulated orders that are rare in practice.
        for order in [nil, random.next(), random.next(), random.next()] {
          decoder.simulatedOrder = order
          let part = try decoder.decode(encoded.bytes, region: region)
          let isEqual = part == Self.crop(encoded.reconstruction, region)
          #expect(
            isEqual, "\(region) of \(width) × \(height), \(blocks) blocks, tiles of \(tileSize)")
        }
      }
    }
  }

  /// One block: a halo of one cell, 8 pixels.
  @Test func readsOnlyTheTilesThatItNeeds() throws {
    let model = try RandomModel.model(seed: 3)
    let encoded = try ImageEncoder(
      model: model, options: EncoderOptions(quality: 60, tileSize: 64, effort: 1)
    ).encodeTrial(TestImage.make(200, 200))
    let layout = try VZFile(parsing: encoded.bytes)
    func decode(_ region: Region, damaging tile: Int) throws -> Image {
      var bytes = encoded.bytes
      bytes[layout.tiles[tile].offset] ^= 1
      return try ImageDecoder(models: ModelLibrary([model])).decode(bytes, region: region)
    }
    // Tiles 5 and 6 meet at x = 128. The halo has 8 pixels, and latents are 16 pixels apart.
    let left = Region(x: 70, y: 80, width: 40, height: 20)
    #expect(try decode(left, damaging: 6).width == 40)
    #expect(throws: CodecError.self) { try decode(left, damaging: 5) }
    let near = Region(x: 70, y: 80, width: 51, height: 20)
    #expect(throws: CodecError.self) { try decode(near, damaging: 6) }
    // A file that ends after the tiles that are needed is enough.
    let front = Array(encoded.bytes.prefix(layout.tiles[1].offset))
    let part = try ImageDecoder(models: ModelLibrary([model]))
      .decode(front, region: Region(x: 0, y: 0, width: 40, height: 40))
    #expect(part.height == 40)
  }

  @Test func mustBeInside() throws {
    let model = try RandomModel.model(seed: 3)
    let encoded = try ImageEncoder(model: model).encodeTrial(TestImage.make(20, 30))
    let decoder = ImageDecoder(models: ModelLibrary([model]))
    for (x, y, width, height) in [
      (0, 0, 21, 30), (0, 0, 20, 31), (20, 0, 1, 1), (0, 30, 1, 1), (-1, 0, 2, 2), (0, -1, 2, 2),
      (0, 0, 0, 1), (0, 0, 1, -1), (.max, 0, .max, 1), (5, 0, .max, 1), (.min, 0, 1, 1),
    ] {
      let region = Region(x: x, y: y, width: width, height: height)
      #expect(throws: CodecError.regionOutside(region, width: 20, height: 30)) {
        try decoder.decode(encoded.bytes, region: region)
      }
    }
  }
}
