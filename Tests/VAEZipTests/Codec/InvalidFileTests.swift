import TestSupport
import Testing
import VAEZip

/// The decoder on files that no encoder wrote.
@Suite struct InvalidFileTests {
  static let model = Result { try RandomModel.model(seed: 3) }

  func encoded() throws -> EncodingTrial {
    try ImageEncoder(
      model: try Self.model.get(),
      options: EncoderOptions(quality: 80, tileSize: 64, choosesExactPixels: false)
    ).encodeTrial(TestImage.make(90, 70))
  }

  @Test func damageIsAnErrorOrNoDamage() throws {
    let encoded = try encoded()
    let decoder = ImageDecoder(models: ModelLibrary([try Self.model.get()]), threads: 1)
    var random = SplitMix64(5)
    for round in 0..<200 {
      var bytes = encoded.bytes
      switch round % 4 {
      case 0: bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8(round / 4 % 8)
      case 1: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
      case 2: bytes.insert(0, at: Int.random(in: 0...bytes.count, using: &random))
      default:
        bytes.swapAt(
          Int.random(in: 0..<bytes.count, using: &random),
          Int.random(in: 0..<bytes.count, using: &random))
      }
      do throws(CodecError) {
        #expect(try decoder.decode(bytes) == encoded.reconstruction)
      } catch {
        #expect(!error.description.contains("\n"))
      }
    }
  }

  /// Damage that the checksums of the container do not show: they are computed again.
  @Test func damagedStreamsNeverTrap() throws {
    let encoded = try encoded()
    let container = try VZContents(parsing: encoded.bytes)
    let decoder = ImageDecoder(models: ModelLibrary([try Self.model.get()]), threads: 1)
    var random = SplitMix64(6)
    func damaged(_ bytes: [UInt8]) -> [UInt8] {
      var bytes = bytes
      switch random.next() % 4 {
      case 0: if !bytes.isEmpty { bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 0x10 }
      case 1: bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
      case 2: bytes = (0..<bytes.count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      default: break
      }
      return bytes
    }
    for _ in 0..<100 {
      let tiles = container.tiles.map { tile in
        TileStreams(
          symbols: PerStream(
            hyper: damaged(tile.symbols.hyper), pass1: damaged(tile.symbols.pass1),
            pass2: damaged(tile.symbols.pass2)),
          exact: tile.exact)
      }
      let file = try VZContents(
        header: container.header, tiles: tiles, trailer: container.trailer)
      do throws(CodecError) {
        #expect(try decoder.decode(file.serialized()) == encoded.reconstruction)
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
  }

  @Test func refusesWrongModelsAndQualities() throws {
    let model = try Self.model.get()
    let encoded = try encoded()
    let other = try RandomModel.model(seed: 4)
    #expect(throws: CodecError.model(.unknownModel(id: model.id))) {
      try ImageDecoder(models: ModelLibrary([other])).decode(encoded.bytes)
    }
    let container = try VZContents(parsing: encoded.bytes)
    let header = try VZHeader(
      width: 90, height: 70, format: .rgb, modelID: model.id, qualityPosition: 513,
      tileSizeLog2: 6)
    let file = try VZContents(
      header: header, tiles: container.tiles, trailer: container.trailer)
    #expect(throws: CodecError.qualityOutOfRange(found: 513, largest: 512)) {
      try ImageDecoder(models: ModelLibrary([model])).decode(file.serialized())
    }
  }
}
