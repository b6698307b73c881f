import Foundation
import TestSupport
import Testing
import VAEZip

/// .vz files of a small random model, which lies beside them, that were written once: whatever changes later,
/// they mean these pixels for ever. (`Tests/Golden/make` is for those of the built-in model.)
///
///     VAEZIP_MAKE_GOLDEN=1 swift test -c release --filter GoldenFileTests
///
/// makes them anew: to be done when the format changes before it is released, and never otherwise.
@Suite(.serialized) struct GoldenFileTests {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appending(path: "../../Golden/Files").standardizedFileURL
  private static let makes = ProcessInfo.processInfo.environment["VAEZIP_MAKE_GOLDEN"] == "1"

  private struct Case {
    let name: String
    let image: Image
    let quality: Int
    let tileSize: Int
  }

  private static func cases() -> [Case] {
    var text = RandomModel.image(40, 23)
    text.metadata = ImageMetadata(
      [("gAMA", [0, 0, 0xB1, 0x8F]), ("tEXt", Array("Title\0golden".utf8))].compactMap {
        ImageMetadata.Chunk(type: $0.0, data: $0.1)
      })
    return [
      Case(name: "pixel", image: RandomModel.image(1, 1), quality: 75, tileSize: 512),
      Case(name: "gray", image: RandomModel.image(33, 70, .gray), quality: 20, tileSize: 512),
      Case(name: "tiles", image: RandomModel.image(150, 90), quality: 60, tileSize: 64),
      Case(name: "text", image: text, quality: 100, tileSize: 64),
      Case(
        name: "alpha", image: RandomModel.image(70, 66, alpha: true), quality: 0, tileSize: 64),
      Case(
        name: "gray-alpha-16",
        image: RandomModel.image(20, 30, .gray, alpha: true, depth: .sixteen), quality: 50,
        tileSize: 512),
    ]
  }

  private static func model() throws -> Model {
    try Model(contentsOf: [UInt8](Data(contentsOf: folder.appending(path: "random.model"))))
  }

  /// What an image is, in a line.
  private static func line(_ name: String, _ image: Image) -> String {
    func hash(_ bytes: [UInt8]) -> String { ModelFile.name(ofID: Checksum.hash64(bytes)) }
    let chunks = image.metadata.chunks.map { "\($0.type):\(hash($0.data))" }
    return ([
      name, "\(image.width)", "\(image.height)", "\(image.format.samples)×\(image.depth.rawValue)",
      hash(image.pixels), image.alpha.map(hash) ?? "opaque",
    ] + chunks).joined(separator: " ")
  }

  @Test(.enabled(if: makes)) func make() throws {
    try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
    try Data(RandomModel.file(seed: 12, blocks: 2).serialized())
      .write(to: Self.folder.appending(path: "random.model"))
    let model = try Self.model()
    var lines = ""
    for made in Self.cases() {
      let encoded = try ImageEncoder(
        model: model, options: EncoderOptions(quality: made.quality, tileSize: made.tileSize)
      ).encodeTrial(made.image)
      try Data(encoded.bytes).write(to: Self.folder.appending(path: made.name + ".vz"))
      lines += Self.line(made.name, encoded.reconstruction) + "\n"
    }
    try Data(lines.utf8).write(to: Self.folder.appending(path: "images.txt"))
  }

  @Test func filesMeanTheirPixels() throws {
    let decoder = ImageDecoder(models: ModelLibrary([try Self.model()]))
    let lines = String(
      decoding: try Data(contentsOf: Self.folder.appending(path: "images.txt")), as: UTF8.self
    ).split(separator: "\n")
    #expect(lines.count == Self.cases().count)
    for line in lines {
      let name = String(line.prefix { $0 != " " })
      let bytes = [UInt8](try Data(contentsOf: Self.folder.appending(path: name + ".vz")))
      #expect(try Self.line(name, decoder.decode(bytes)) == line)
    }
  }
}
