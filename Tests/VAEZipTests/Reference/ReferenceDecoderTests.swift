import Foundation
import TestSupport
import Testing
import VAEZip
import VAEZipReference

/// Whole files through the decoder that follows the pages of Formats alone.
@Suite struct ReferenceDecoderTests {
  private func isSame(_ picture: Picture, _ image: Image) -> Bool {
    (picture.width, picture.height) == (image.width, image.height)
      && picture.colors == Int(image.channels.rawValue)
      && picture.sampleBytes == image.depth.bytes && picture.colorBytes == image.colorDepth.bytes
      && picture.pixels == image.pixels && picture.alpha == image.alpha
  }

  static let files = ["pixel", "gray", "tiles", "text", "alpha", "gray-alpha-16"]

  @Test(
    arguments: files.map { "Files/" + $0 }
      + (files + ["flat", "mixed", "lossless-16", "lossless-gray"]).map { "Version2/" + $0 })
  func goldenFiles(name: String) throws {
    let model = try Repository.bytes(Repository.golden.appending(path: "Files/random.model"))
    let file = try Repository.bytes(Repository.golden.appending(path: name + ".vz"))
    let library = ModelLibrary([try Model(contentsOf: model)])
    let image = try ImageDecoder(models: library).decode(file)
    #expect(isSame(try ReferenceDecoder(model: model).decode(file), image))
  }

  @Test(arguments: [1, 4], PassMask.allCases)
  func filesOfToday(effort: Int, masks: PassMask) throws {
    let bytes = try RandomModel.bytes(seed: 21, blocks: 2, masks: masks)
    let model = try Model(contentsOf: bytes)
    let reference = try ReferenceDecoder(model: bytes)
    for (width, height, quality) in [(70, 100, 30), (129, 17, 90)] {
      for depth in [Image.Depth.eight, .sixteen] {
        var image = TestImage.make(width, height, alpha: depth == .sixteen, depth: depth)
        let text = ImageMetadata.Chunk(type: "tEXt", data: Array("Title\0noise".utf8))
        image.metadata = ImageMetadata([try #require(text)])
        let encoder = try ImageEncoder(
          model: model, options: EncoderOptions(quality: quality, tileSize: 64, effort: effort))
        let encoded = try encoder.encodeTrial(image)
        #expect(isSame(try reference.decode(encoded.bytes), encoded.reconstruction))
      }
    }
  }

  @Test(arguments: [1, 3]) func exactPixels(effort: Int) throws {
    let bytes = try RandomModel.bytes(seed: 21, blocks: 2)
    let encoder = try ImageEncoder(
      model: Model(contentsOf: bytes), options: EncoderOptions(tileSize: 128, effort: effort))
    let reference = try ReferenceDecoder(model: bytes)
    for image in [
      TestGraphic.mixed(300, 200), TestGraphic.mixed(200, 130, .gray, alpha: true),
      TestGraphic.palette.make(140, 90),
    ] {
      let encoded = try encoder.encodeTrial(image)
      #expect(isSame(try reference.decode(encoded.bytes), encoded.reconstruction))
    }
    let deep = TestGraphic.slope.make(90, 140, alpha: true, depth: .sixteen, colorDepth: .sixteen)
    let lossless = try ImageEncoder(
      model: Model(contentsOf: bytes), options: EncoderOptions(tileSize: 64, isLossless: true))
    #expect(isSame(try ReferenceDecoder(model: nil).decode(lossless.encode(deep).bytes), deep))
  }

  @Test func damageIsNoticed() throws {
    let bytes = try RandomModel.bytes(seed: 21)
    let model = try Model(contentsOf: bytes)
    let encoder = try ImageEncoder(model: model, options: EncoderOptions(tileSize: 64, effort: 1))
    let file = try encoder.encodeTrial(TestImage.make(70, 20)).bytes
    let reference = try ReferenceDecoder(model: bytes)
    _ = try reference.decode(file)
    for place in stride(from: 0, to: file.count, by: 7) {
      var damaged = file
      damaged[place] ^= 0x10
      #expect(throws: FormatError.self, "byte \(place)") { try reference.decode(damaged) }
    }
    #expect(throws: FormatError.self) { try reference.decode(file + [0]) }
    #expect(throws: FormatError.self) { try reference.decode(Array(file.dropLast())) }
  }
}
