import Foundation
import TestSupport
import Testing
import VAEZip

/// Random damage leads to the right picture, to a clear error, or to a list of damaged tiles away from
/// which the picture is right. `Tests/Damage/run` does more rounds on more files.
@Suite struct CorruptionTests {
  private static let rounds =
    ProcessInfo.processInfo.environment["VAEZIP_CORRUPTIONS"].flatMap { Int($0) } ?? 60
  private static var isLong: Bool { rounds > 100 }

  private struct File {
    let encoded: EncodingTrial
    let decoder: ImageDecoder
    /// Reach of the synthesis around a tile, in pixels.
    let halo: Int
  }

  private static func file(_ index: Int) throws -> File {
    let isRandom = index < 12
    let model =
      isRandom
      ? try RandomModel.model(seed: UInt64(index), blocks: index % 4)
      : try Model.builtIn()
    let image: Image
    if isRandom {
      var made = TestImage.make(
        30 + 71 * index % 300, 20 + 37 * index % 200, index % 5 == 4 ? .gray : .rgb,
        alpha: index % 3 == 1, depth: index % 2 == 1 ? .sixteen : .eight)
      if let text = ImageMetadata.Chunk(type: "tEXt", data: Array("Title\0noise".utf8)) {
        made.metadata = ImageMetadata([text])
      }
      image = made
    } else {
      let names = ["tiny", "text", "camera-gray", "chart", "coffee", "chelsea", "rocket", "tiny"]
      image = try Repository.sample("\(names[index % names.count]).png")
    }
    let encoder = try ImageEncoder(
      model: model,
      options: EncoderOptions(
        quality: 10 + index * 4, tileSize: isRandom ? 64 : 128, effort: 1))
    return File(
      encoded: try encoder.encodeTrial(image), decoder: ImageDecoder(models: ModelLibrary([model])),
      halo: 8 * model.network.synthesisBlocks)
  }

  private static func corrupted(_ file: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
    var bytes = file
    func place() -> Int { Int.random(in: 0..<bytes.count, using: &random) }
    func range(_ limit: Int) -> Range<Int> {
      let start = place()
      return start..<min(start + Int.random(in: 1...limit, using: &random), bytes.count)
    }
    switch random.next() % 8 {
    case 0: bytes[place()] ^= 1 << UInt8(random.next() % 8)
    case 1:
      for _ in 0..<Int.random(in: 2...9, using: &random) {
        bytes[place()] ^= 1 << UInt8(random.next() % 8)
      }
    case 2: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
    case 3: bytes.removeSubrange(range(100))
    case 4:
      for place in range(512) { bytes[place] = 0 }
    case 5: bytes.swapAt(place(), place())
    case 6:
      let (a, b) = (range(40), range(40))
      let (first, second) = (Array(bytes[a]), Array(bytes[b]))
      for (offset, byte) in second.enumerated() where a.lowerBound + offset < bytes.count {
        bytes[a.lowerBound + offset] = byte
      }
      for (offset, byte) in first.enumerated() where b.lowerBound + offset < bytes.count {
        bytes[b.lowerBound + offset] = byte
      }
    default:
      let more = (0..<Int.random(in: 1...50, using: &random)).map { _ in
        UInt8(truncatingIfNeeded: random.next())
      }
      bytes.insert(contentsOf: more, at: Int.random(in: 0...bytes.count, using: &random))
    }
    return bytes
  }

  /// Whether a picture is the encoder's, except in some tiles and their halo.
  private static func isRight(_ image: Image, _ file: File, outside tiles: [Damage.Tile]) -> Bool {
    let expected = file.encoded.reconstruction
    return (image.width, image.height) == (expected.width, expected.height)
      && image.isEqual(to: expected, outside: tiles.map(\.region), halo: file.halo)
  }

  @Test func neverSilentlyWrong() throws {
    let files = try (0..<(Self.isLong ? 20 : 5)).map(Self.file)
    var random = SplitMix64(2026)
    var outcomes: [String: Int] = [:]
    for round in 0..<Self.rounds {
      let file = files[round % files.count]
      let bytes = Self.corrupted(file.encoded.bytes, &random)
      var isAccepted = false
      do throws(CodecError) {
        isAccepted = Self.isRight(try file.decoder.decode(bytes), file, outside: [])
        #expect(isAccepted, "round \(round)")
        outcomes["right", default: 0] += 1
      } catch {
        #expect(!error.description.isEmpty && !error.description.contains("\n"))
        outcomes["refused", default: 0] += 1
      }
      do throws(CodecError) {
        let (image, damage) = try file.decoder.decodeKeepingGoing(bytes)
        #expect(damage.isEmpty == isAccepted, "round \(round)")
        #expect(Self.isRight(image, file, outside: damage.tiles), "round \(round)")
        outcomes[damage.tiles.isEmpty ? "kept going: right" : "kept going: tiles", default: 0] += 1
      } catch {
        #expect(!isAccepted)
        outcomes["kept going: refused", default: 0] += 1
      }
    }
    if Self.isLong { print("\(Self.rounds) corruptions of \(files.count) files:", outcomes) }
  }
}
