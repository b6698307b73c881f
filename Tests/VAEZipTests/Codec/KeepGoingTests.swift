import TestSupport
import Testing
import VAEZip

/// Damage costs the tiles that it hits and the synthesis' halo around them, no more.
@Suite struct KeepGoingTests {
  private static let size = (width: 300, height: 170)
  /// Two blocks: a halo of 16 pixels.
  private static let halo = 16
  private static let model = Result {
    try RandomModel.model(seed: 3, blocks: 2)
  }

  private func encoded() throws -> EncodingTrial {
    try ImageEncoder(
      model: Self.model.get(), options: EncoderOptions(quality: 80, tileSize: 64, effort: 1)
    ).encodeTrial(TestImage.make(Self.size.width, Self.size.height))
  }

  private func decoder() throws -> ImageDecoder {
    ImageDecoder(models: ModelLibrary([try Self.model.get()]), threads: 2)
  }

  /// Whether the color of a picture, or of a part of it, is the encoder's except in some tiles and their halo.
  private func isRight(
    _ image: Image, _ expected: Image, outside tiles: [Damage.Tile], origin: (Int, Int) = (0, 0)
  ) -> Bool {
    image.isEqual(
      to: expected, origin: origin, outside: tiles.map(\.region), halo: Self.halo,
      comparesAlpha: false)
  }

  @Test func replacesDamagedTiles() throws {
    let encoded = try encoded()
    let layout = try VZFile(parsing: encoded.bytes)
    var bytes = encoded.bytes
    for tile in [4, 7] { bytes[layout.tiles[tile].offset + 3] ^= 0x10 }
    #expect(throws: CodecError.self) { try decoder().decode(bytes) }
    #expect(throws: CodecError.self) { try decoder().verify(bytes) }
    let (image, damage) = try decoder().decodeKeepingGoing(bytes)
    #expect(damage.tiles.map(\.index) == [4, 7])
    #expect(damage.end == nil)
    #expect(damage.tiles[0].region == Region(x: 256, y: 0, width: 44, height: 64))
    guard case .container(.checksumMismatch(.tile(7), _, _, _)) = damage.tiles[1].reason else {
      Issue.record("\(damage.tiles[1].reason)")
      return
    }
    #expect(isRight(image, encoded.reconstruction, outside: damage.tiles))
    #expect((image == encoded.reconstruction) == false)
    // The same with any number of threads.
    let again = try ImageDecoder(models: ModelLibrary([Self.model.get()]), threads: 1)
      .decodeKeepingGoing(bytes)
    #expect((again.image == image) == true)
    #expect(again.damage == damage)
    // A region away from them has no damage.
    let region = Region(x: 0, y: 0, width: 60, height: 60)
    let part = try decoder().decodeKeepingGoing(bytes, region: region)
    #expect(part.damage.isEmpty)
    #expect(isRight(part.image, encoded.reconstruction, outside: []))
    // Tiles have the same numbers in a region and in the whole image.
    let near = try decoder().decodeKeepingGoing(
      bytes, region: Region(x: 100, y: 60, width: 150, height: 100))
    #expect(near.damage == damage)
    #expect(isRight(near.image, encoded.reconstruction, outside: damage.tiles, origin: (100, 60)))
  }

  @Test func replacesTilesThatDoNotDecode() throws {
    let encoded = try encoded()
    let container = try VZContents(parsing: encoded.bytes)
    var tiles = container.tiles
    tiles[1].symbols.pass2 = [UInt8](repeating: 0xFF, count: 40)
    tiles[2].symbols.hyper = [1, 2, 3]
    let bytes = try VZContents(
      header: container.header, tiles: tiles, trailer: container.trailer
    ).serialized()
    let (image, damage) = try decoder().decodeKeepingGoing(bytes)
    #expect(damage.tiles.map(\.index) == [1, 2])
    #expect(isRight(image, encoded.reconstruction, outside: damage.tiles))
    let entry = try VZFile(parsing: bytes).tiles[1]
    guard
      case .stream(1, .pass2, entry.offset(of: .pass2), _) =
        damage.tiles[0].reason
    else {
      Issue.record("\(damage.tiles[0].reason)")
      return
    }
  }

  @Test func alphaOfDamagedTilesIsOpaque() throws {
    let image = TestImage.make(
      Self.size.width, Self.size.height, alpha: true, depth: .sixteen)
    let model = try Self.model.get()
    let encoded = try ImageEncoder(
      model: model, options: EncoderOptions(quality: 80, tileSize: 64, effort: 1)
    ).encodeTrial(image)
    let container = try VZContents(parsing: encoded.bytes)
    var tiles = container.tiles
    tiles[6].alpha = [1, 2, 3]
    tiles[8].alpha = [1, 2]
    let bytes = try VZContents(
      header: container.header, tiles: tiles, trailer: container.trailer
    ).serialized()
    let (decoded, damage) = try decoder().decodeKeepingGoing(bytes)
    // Tile 8 is valid but not the encoder's. Only the checksum of all alpha could tell, and tile 6 is missing.
    #expect(damage.tiles.map(\.index) == [6])
    guard case .alpha(6, _, _) = damage.tiles[0].reason else {
      Issue.record("\(damage.tiles[0].reason)")
      return
    }
    #expect(isRight(decoded, encoded.reconstruction, outside: damage.tiles))
    let expected = try #require(image.alpha), found = try #require(decoded.alpha)
    let isEqual = (0..<found.count).allSatisfy { place in
      let (x, y) = (place / 2 % image.width, place / 2 / image.width)
      switch (x / 64, y / 64) {
      case (1, 1): return found[place] == 255
      case (3, 1): return found[place] == UInt8(1 + place % 2)
      default: return found[place] == expected[place]
      }
    }
    #expect(isEqual)
    // The color is right, the alpha is not.
    tiles[6] = container.tiles[6]
    let wrong = try VZContents(
      header: container.header, tiles: tiles, trailer: container.trailer
    ).serialized()
    guard case .contentChecksumMismatch = try decoder().decodeKeepingGoing(wrong).damage.end else {
      Issue.record("wrong alpha was accepted")
      return
    }
  }

  @Test func replacesTilesAfterACut() throws {
    let encoded = try encoded()
    let layout = try VZFile(parsing: encoded.bytes)
    for (length, missing) in [
      (layout.tiles[0].offset, 15), (layout.tiles[5].offset + 1, 10),
      (encoded.bytes.count - 5, 1), (encoded.bytes.count - 1, 0),
    ] {
      let (image, damage) = try decoder().decodeKeepingGoing(Array(encoded.bytes.prefix(length)))
      #expect(damage.tiles.map(\.index) == Array(15 - missing..<15))
      guard case .truncated = damage.end else {
        Issue.record("\(length): \(damage)")
        return
      }
      #expect(isRight(image, encoded.reconstruction, outside: damage.tiles))
    }
    // The index must be whole.
    #expect(throws: CodecError.self) {
      try decoder().decodeKeepingGoing(Array(encoded.bytes.prefix(layout.tiles[0].offset - 1)))
    }
  }

  @Test func replacesEmptyTilesAfterACut() throws {
    let container = try VZContents(parsing: encoded().bytes)
    let empty = TileStreams(symbols: PerStream(hyper: [], pass1: [], pass2: []))
    let bytes = try VZContents(
      header: container.header, tiles: container.tiles.dropLast() + [empty], trailer: .content(0)
    ).serialized()
    // The file now ends inside of the tile before the empty one.
    let (_, damage) = try decoder().decodeKeepingGoing(Array(bytes.dropLast(5)))
    #expect(damage.tiles.map(\.index) == [13, 14])
  }

  @Test func reportsWrongChecksumsAndTrailingBytes() throws {
    let encoded = try encoded()
    let whole = try decoder().decodeKeepingGoing(encoded.bytes)
    #expect(whole.damage.isEmpty)
    #expect((whole.image == encoded.reconstruction) == true)
    try decoder().verify(encoded.bytes)

    var bytes = encoded.bytes
    bytes[bytes.count - 1] ^= 1
    let (image, damage) = try decoder().decodeKeepingGoing(bytes)
    #expect((image == encoded.reconstruction) == true)
    guard case .contentChecksumMismatch = damage.end else {
      Issue.record("\(damage)")
      return
    }
    let longer = try decoder().decodeKeepingGoing(encoded.bytes + [7])
    #expect(longer.damage.tiles.isEmpty)
    #expect(longer.damage.end == .trailingBytes(offset: encoded.bytes.count, count: 1))
  }

  @Test func damageBeforeTheTilesIsAnError() throws {
    let encoded = try encoded()
    let layout = try VZFile(parsing: encoded.bytes)
    for place in 0..<layout.tiles[0].offset {
      var bytes = encoded.bytes
      bytes[place] ^= 0x04
      #expect(throws: CodecError.self) { try decoder().decodeKeepingGoing(bytes) }
    }
  }
}
