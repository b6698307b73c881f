import TestSupport
import Testing
import VAEZip
import VAEZipExact

/// Exact pixels in whole files: the choice, the picture, regions, damage.
@Suite struct ExactFileTests {
  private static let model = Result { try RandomModel.model(seed: 5, blocks: 2) }
  /// Two blocks: a halo of 16 pixels.
  private static let halo = 16

  private func encoder(
    tileSize: Int? = 128, effort: Int = 1, isLossless: Bool = false
  ) throws -> ImageEncoder {
    try ImageEncoder(
      model: Self.model.get(),
      options: EncoderOptions(tileSize: tileSize, effort: effort, isLossless: isLossless))
  }

  private func decoder(_ threads: Int = 2) throws -> ImageDecoder {
    ImageDecoder(models: ModelLibrary([try Self.model.get()], includingBuiltIn: false), threads: threads)
  }

  private var noModels: ImageDecoder { ImageDecoder(models: ModelLibrary([], includingBuiltIn: false)) }

  @Test(arguments: [1, 2, 3, 4]) func graphicsAreExactAmongNoise(effort: Int) throws {
    for channels in [Image.Channels.gray, .rgb] {
      let image = TestGraphic.mixed(400, 300, channels)
      let encoded = try encoder(effort: effort).encodeTrial(image)
      let decoded = try decoder().decode(encoded.bytes)
      #expect((decoded == encoded.reconstruction) == true)
      let bytes = Int(channels.rawValue)
      let wrong = image.pixels.indices.filter { decoded.pixels[$0] != image.pixels[$0] }
      #expect(!wrong.isEmpty)
      let isNoise = wrong.allSatisfy { place in
        TestGraphic.isNoise(place / bytes % image.width, place / bytes / image.width)
      }
      #expect(isNoise)
      let file = try VZFile(parsing: encoded.bytes)
      #expect(file.header.needsModel && file.header.exactDepth == .eight)
      #expect(file.tiles.contains { $0.exact > 0 })
      try decoder().verify(encoded.bytes)
    }
  }

  /// Of a page that holds a photograph, all pixels outside of it are exact, and hardly any inside.
  @Test(arguments: [1, 3]) func theBorderIsKeptToThePixel(effort: Int) throws {
    var page = TestGraphic.art.make(300, 200)
    let photograph = try Repository.sample("coffee.png")
    let (columns, rows) = (37..<171, 45..<139)
    for y in rows {
      let from = ((y + 55) * photograph.width + 150) * 3
      page.pixels.replaceSubrange(
        (y * 300 + columns.lowerBound) * 3..<(y * 300 + columns.upperBound) * 3,
        with: photograph.pixels[from..<from + 3 * columns.count])
    }
    let encoder = try ImageEncoder(options: EncoderOptions(effort: effort))
    let decoded = try ImageDecoder().decode(encoder.encode(page).bytes)
    let wrong = (0..<300 * 200).filter {
      decoded.pixels[3 * $0..<3 * $0 + 3] != page.pixels[3 * $0..<3 * $0 + 3]
    }
    #expect(10 * wrong.count > 9 * columns.count * rows.count)
    let isInside = wrong.allSatisfy { columns ~= $0 % 300 && rows ~= $0 / 300 }
    #expect(isInside)
  }

  @Test func noiseHasNoExactPixels() throws {
    let encoded = try encoder().encode(TestImage.make(200, 200))
    #expect(try VZFile(parsing: encoded.bytes).header.exactDepth == nil)
  }

  @Test func choosesNoneIfItMayNot() throws {
    let options = EncoderOptions(effort: 1, choosesExactPixels: false)
    let encoder = try ImageEncoder(model: Self.model.get(), options: options)
    let encoded = try encoder.encode(TestGraphic.art.make(200, 200))
    #expect(try VZFile(parsing: encoded.bytes).header.exactDepth == nil)
  }

  @Test(arguments: TestGraphic.allCases.dropLast()) func graphicsNeedNoModel(graphic: TestGraphic) throws {
    let image = graphic.make(300, 150)
    let bytes = try encoder(effort: 3).encode(image).bytes
    #expect((try noModels.decode(bytes) == image) == true)
    let region = Region(x: 70, y: 33, width: 100, height: 90)
    let part = try noModels.decode(bytes, region: region)
    #expect(part.isEqual(to: image, origin: (70, 33), outside: [], halo: 0))
    #expect(try VZFile(parsing: bytes).header.needsModel == false)
    if graphic == .flat { #expect(bytes.count < 130) }
  }

  @Test func oneColorTakesTensOfBytes() throws {
    let image = TestGraphic.flat.make(1000, 900)
    let bytes = try encoder(tileSize: nil).encode(image).bytes
    #expect(bytes.count == 54)
    #expect((try noModels.decode(bytes) == image) == true)
  }

  @Test(arguments: [1, 3], [nil, 64]) func losslessKeepsEverySample(effort: Int, tileSize: Int?) throws {
    for image in [
      TestImage.make(150, 90, alpha: true), TestImage.make(70, 130, .gray),
      TestGraphic.slope.make(100, 70, alpha: true, depth: .sixteen, colorDepth: .sixteen),
      TestGraphic.antialiased.make(90, 100, .gray, depth: .sixteen, colorDepth: .sixteen),
    ] {
      let encoder = try encoder(tileSize: tileSize, effort: effort, isLossless: true)
      let encoded = try encoder.encodeTrial(image)
      #expect((encoded.reconstruction == image) == true)
      #expect((try noModels.decode(encoded.bytes) == image) == true)
      #expect(try PNG.read(PNG.write(image), keepsColorDepth: true).image == image)
    }
  }

  @Test func lossyCodingTakesNoSixteenBits() throws {
    let image = TestGraphic.slope.make(20, 20, depth: .sixteen, colorDepth: .sixteen)
    #expect(throws: CodecError.self) { try encoder().encode(image) }
  }

  @Test func regionsEqualTheWhole() throws {
    let image = TestGraphic.mixed(500, 400, alpha: true)
    for effort in [1, 3] {
      let encoded = try encoder(tileSize: 64, effort: effort).encodeTrial(image)
      for region in [
        Region(x: 0, y: 0, width: 500, height: 400), Region(x: 100, y: 70, width: 1, height: 1),
        Region(x: 61, y: 60, width: 200, height: 300), Region(x: 490, y: 390, width: 10, height: 10),
      ] {
        let part = try decoder().decode(encoded.bytes, region: region)
        let isEqual = part.isEqual(
          to: encoded.reconstruction, origin: (region.x, region.y), outside: [], halo: 0)
        #expect(isEqual, "\(region)")
      }
    }
  }

  @Test func filesDoNotDependOnThreadsAndStrips() throws {
    var random = SplitMix64(12)
    for effort in [1, 3] {
      for image in [TestGraphic.mixed(150, 700), TestGraphic.mixed(700, 90, alpha: true)] {
        var options = EncoderOptions(threads: 1, tileSize: 64, effort: effort)
        let model = try Self.model.get()
        let plain = try ImageEncoder(model: model, options: options).encodeTrial(image)
        for stripHeight in [nil, 1, 4] {
          options.threads = Int.random(in: 2...6, using: &random)
          options.stripHeight = stripHeight
          options.simulatedOrder = random.next()
          let encoder = try ImageEncoder(model: model, options: options)
          let encoded = try encoder.encodeTrial(image)
          #expect((encoded.bytes == plain.bytes) == true)
          #expect((encoded.reconstruction == plain.reconstruction) == true)
          // Without the decoder's picture, too.
          #expect((try encoder.encode(image).bytes == plain.bytes) == true)
          var decoder = try decoder(options.threads)
          decoder.simulatedOrder = random.next()
          decoder.stripHeight = stripHeight
          #expect((try decoder.decode(plain.bytes) == plain.reconstruction) == true)
        }
      }
    }
  }

  // MARK: Damage

  /// A file, one tile of which has another exact stream.
  private func file(_ bytes: [UInt8], exact: [UInt8], tile: Int) throws -> [UInt8] {
    let contents = try VZContents(parsing: bytes)
    var tiles = contents.tiles
    tiles[tile].exact = exact
    return try VZContents(header: contents.header, tiles: tiles, trailer: contents.trailer).serialized()
  }

  @Test func damageCostsItsTile() throws {
    for image in [TestGraphic.mixed(300, 300), TestGraphic.palette.make(300, 300)] {
      let encoded = try encoder().encodeTrial(image)
      let streams = try VZContents(parsing: encoded.bytes).tiles.map(\.exact)
      let tile = try #require(streams.indices.last { streams[$0].count > 20 })
      let damaged = try file(encoded.bytes, exact: streams[tile].dropLast(3), tile: tile)
      #expect {
        try decoder().decode(damaged)
      } throws: { error in
        guard case CodecError.exact(tile, let offset?, _) = error else { return false }
        return offset > 0 && "\(error)".contains("tile \(tile), exact pixels at offset")
      }
      let (picture, damage) = try decoder().decodeKeepingGoing(damaged)
      #expect(damage.tiles.map(\.index) == [tile])
      #expect(
        picture.isEqual(
          to: encoded.reconstruction, outside: damage.tiles.map(\.region), halo: Self.halo))
    }
  }

  @Test func wrongPixelsAreNoticed() throws {
    let image = TestGraphic.flat.make(100, 100)
    let bytes = try encoder().encode(image).bytes
    var stream = try VZContents(parsing: bytes).tiles[0].exact
    stream[stream.count - 1] ^= 1
    #expect {
      try noModels.decode(try file(bytes, exact: stream, tile: 0))
    } throws: { error in
      guard case CodecError.container(.contentChecksumMismatch) = error else { return false }
      return true
    }
  }

  @Test func partsMustFitTogether() throws {
    let bytes = try encoder().encode(TestGraphic.flat.make(200, 100)).bytes
    let contents = try VZContents(parsing: bytes)
    // Without a model every tile must be exact, and without latents.
    for stream: [UInt8] in [[], [0x00, 0, 0, 1, 2, 3], [0x40, 1, 0, 0, 0, 0, 0, 0, 1, 2, 3]] {
      #expect(throws: CodecError.self) { try noModels.decode(try file(bytes, exact: stream, tile: 1)) }
      let (picture, damage) = try noModels.decodeKeepingGoing(try file(bytes, exact: stream, tile: 1))
      #expect(damage.tiles.map(\.index) == [1])
      #expect(picture.pixels[3 * 199] == 128)
    }
    // A tile without latents has no symbols.
    var tiles = contents.tiles
    tiles[0].symbols.pass1 = [1]
    let symbols = try VZContents(header: contents.header, tiles: tiles, trailer: contents.trailer)
    #expect(throws: CodecError.self) { try noModels.decode(symbols.serialized()) }
    #expect(throws: VZError.self) {
      try VZHeader(width: 1, height: 1, format: .rgb, modelID: 0, qualityPosition: 0)
    }
    #expect(throws: VZError.self) {
      try VZHeader(
        width: 1, height: 1, format: .rgb, modelID: 0, qualityPosition: 0, exactDepth: .sixteen)
    }
  }

  @Test func estimatesCoverExactPixels() throws {
    let model = try Self.model.get()
    func header(_ depth: Image.Depth?) throws -> VZHeader {
      try VZHeader(
        width: 3000, height: 2000, format: Image.Format(channels: .rgb, depth: .sixteen),
        modelID: model.id, qualityPosition: 0, exactDepth: depth)
    }
    let decoder = try decoder()
    let plain = try decoder.memoryEstimate(header(nil))
    let exact = try decoder.memoryEstimate(header(.eight))
    #expect(exact > plain + 512 * 3000 * 3)
    #expect(try decoder.memoryEstimate(header(.sixteen)) > exact)
  }
}
