import Foundation
import TestSupport
import Testing
import VAEZip

/// .vz files that were written once: whatever changes later, they mean these pixels for ever. Half of them are
/// of a small random model that lies beside them, the others of the built-in one.
///
///     VAEZIP_MAKE_GOLDEN=random,photo swift test -c release --filter GoldenFileTests
///
/// makes those of both models anew, or of the one that is named: to be done when the format changes before it is
/// released, or for the first files of a new built-in model; never otherwise.
@Suite(.serialized) struct GoldenFileTests {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appending(path: "../../Golden/Files").standardizedFileURL
  private static let made =
    (ProcessInfo.processInfo.environment["VAEZIP_MAKE_GOLDEN"] ?? "").split(separator: ",")
    .map(String.init)

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
      Case(name: "grey", image: RandomModel.image(33, 70, .grey), quality: 20, tileSize: 512),
      Case(name: "tiles", image: RandomModel.image(150, 90), quality: 60, tileSize: 64),
      Case(name: "text", image: text, quality: 100, tileSize: 64),
      Case(
        name: "alpha", image: RandomModel.image(70, 66, alpha: true), quality: 0, tileSize: 64),
      Case(
        name: "grey-alpha-16",
        image: RandomModel.image(20, 30, .grey, alpha: true, depth: .sixteen), quality: 50,
        tileSize: 512),
    ]
  }

  private static func model(_ name: String) throws -> Model {
    guard name == "random" else { return try Model.builtIn() }
    return try Model(
      contentsOf: [UInt8](Data(contentsOf: folder.appending(path: "random.model"))))
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

  private static func lines() throws -> [String] {
    String(
      decoding: try Data(contentsOf: folder.appending(path: "images.txt")), as: UTF8.self
    ).split(separator: "\n").map(String.init)
  }

  @Test(.enabled(if: !made.isEmpty)) func make() throws {
    let manager = FileManager.default
    try manager.createDirectory(at: Self.folder, withIntermediateDirectories: true)
    var lines = (try? Self.lines()) ?? []
    for name in Self.made {
      if name == "random" {
        try Data(RandomModel.file(seed: 12, blocks: 2).serialized())
          .write(to: Self.folder.appending(path: "random.model"))
      }
      let model = try Self.model(name)
      lines.removeAll { $0.hasPrefix(name + "-") }
      for made in Self.cases() {
        let encoded = try Encoder(
          model: model,
          options: EncoderOptions(quality: made.quality, tileSize: made.tileSize)
        ).encode(made.image)
        let file = "\(name)-\(made.name)"
        try Data(encoded.bytes).write(to: Self.folder.appending(path: file + ".vz"))
        lines.append(Self.line(file, encoded.reconstruction))
      }
    }
    try Data((lines.sorted().joined(separator: "\n") + "\n").utf8)
      .write(to: Self.folder.appending(path: "images.txt"))
  }

  @Test func filesMeanTheirPixels() throws {
    let decoder = Decoder(models: ModelLibrary([try Self.model("random")]))
    let lines = try Self.lines()
    #expect(lines.count >= 12)
    for line in lines {
      let name = String(line.prefix { $0 != " " })
      let bytes = [UInt8](try Data(contentsOf: Self.folder.appending(path: name + ".vz")))
      #expect(try Self.line(name, decoder.decode(bytes)) == line)
    }
  }
}
