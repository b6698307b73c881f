import Foundation
import TestSupport
import Testing
import VAEZip

/// Files that were written once and mean the same pixels for ever: those of a small random model in
/// `Tests/Golden/Files` (version 1 of the format) and `Tests/Golden/Version2`, and those of each built-in model in
/// `Tests/Golden/BuiltIn`.
///
///     VAEZIP_MAKE_GOLDEN=1 swift test -c release --filter GoldenFileTests
///
/// makes those of version 2 again, `Tests/Golden/make` those of the built-in model. Do this only when the format
/// changes before it is released.
@Suite(.serialized) struct GoldenFileTests {
  private static let folder = Repository.golden.appending(path: "Version2")
  private static let makes = ProcessInfo.processInfo.environment["VAEZIP_MAKE_GOLDEN"] == "1"

  private struct Case {
    let name: String
    let image: Image
    let quality: Int
    let tileSize: Int
    var isLossless = false
  }

  private static func cases() -> [Case] {
    var text = TestImage.make(40, 23)
    text.metadata = ImageMetadata(
      [("gAMA", [0, 0, 0xB1, 0x8F]), ("tEXt", Array("Title\0golden".utf8))].compactMap {
        ImageMetadata.Chunk(type: $0.0, data: $0.1)
      })
    return [
      Case(name: "pixel", image: TestImage.make(1, 1), quality: 75, tileSize: 512),
      Case(name: "gray", image: TestImage.make(33, 70, .gray), quality: 20, tileSize: 512),
      Case(name: "tiles", image: TestImage.make(150, 90), quality: 60, tileSize: 64),
      Case(name: "text", image: text, quality: 100, tileSize: 64),
      Case(
        name: "alpha", image: TestImage.make(70, 66, alpha: true), quality: 0, tileSize: 64),
      Case(
        name: "gray-alpha-16",
        image: TestImage.make(20, 30, .gray, alpha: true, depth: .sixteen), quality: 50,
        tileSize: 512),
      Case(name: "flat", image: TestGraphic.flat.make(90, 70), quality: 50, tileSize: 64),
      Case(name: "mixed", image: TestGraphic.mixed(300, 200), quality: 75, tileSize: 128),
      Case(
        name: "lossless-16",
        image: TestGraphic.antialiased.make(100, 80, alpha: true, depth: .sixteen, colorDepth: .sixteen),
        quality: 0, tileSize: 64, isLossless: true),
      Case(
        name: "lossless-gray", image: TestImage.make(70, 90, .gray), quality: 0, tileSize: 64,
        isLossless: true),
    ]
  }

  private static func model() throws -> Model {
    try Model(contentsOf: Repository.bytes(Repository.golden.appending(path: "Files/random.model")))
  }

  /// Describes an image in a line: name, size, format, hashes.
  private static func line(_ name: String, _ image: Image) -> String {
    func hash(_ bytes: [UInt8]) -> String { ModelFile.name(ofID: Checksum.hash64(bytes)) }
    let chunks = image.metadata.chunks.map { "\($0.type):\(hash($0.data))" }
    return
      ([
        name, "\(image.width)", "\(image.height)", "\(image.format.samples)×\(image.depth.rawValue)",
        hash(image.pixels), image.alpha.map(hash) ?? "opaque",
      ] + chunks).joined(separator: " ")
  }

  @Test(.enabled(if: makes)) func make() throws {
    try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
    let model = try Self.model()
    var lines = ""
    for made in Self.cases() {
      let encoded = try ImageEncoder(
        model: model,
        options: EncoderOptions(
          quality: made.quality, tileSize: made.tileSize, isLossless: made.isLossless)
      ).encodeTrial(made.image)
      try Data(encoded.bytes).write(to: Self.folder.appending(path: made.name + ".vz"))
      lines += Self.line(made.name, encoded.reconstruction) + "\n"
    }
    try Data(lines.utf8).write(to: Self.folder.appending(path: "images.txt"))
  }

  @Test(arguments: [("Files", 6), ("Version2", 10)])
  func filesMeanTheirPixels(folder: String, count: Int) throws {
    let folder = Repository.golden.appending(path: folder)
    let decoder = ImageDecoder(models: ModelLibrary([try Self.model()]))
    let lines = String(
      decoding: try Data(contentsOf: folder.appending(path: "images.txt")), as: UTF8.self
    ).split(separator: "\n")
    #expect(lines.count == count)
    for line in lines {
      let name = String(line.prefix { $0 != " " })
      let bytes = [UInt8](try Data(contentsOf: folder.appending(path: name + ".vz")))
      #expect(try Self.line(name, decoder.decode(bytes)) == line)
    }
  }

  @Test(arguments: BuiltInModel.all.map { ModelFile.name(ofID: $0.id) }, ["tiny-q75", "rgba16-q75"])
  func filesOfBuiltInModelsMeanTheirPixels(id: String, name: String) throws {
    let golden = Repository.golden.appending(path: "BuiltIn/\(id)/\(name)")
    let expected = try PNG.read(Repository.bytes(golden.appendingPathExtension("png"))).image
    let bytes = try Repository.bytes(golden.appendingPathExtension("vz"))
    #expect(ModelFile.name(ofID: try VZFile(parsing: bytes).header.modelID) == id)
    let isExact = try ImageDecoder().decode(bytes) == expected
    #expect(isExact)
  }
}
