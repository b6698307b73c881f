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
      && picture.sampleBytes == image.depth.bytes
      && picture.pixels == image.pixels && picture.alpha == image.alpha
  }

  @Test(arguments: ["pixel", "gray", "tiles", "text", "alpha", "gray-alpha-16"])
  func goldenFiles(name: String) throws {
    let folder = Repository.golden.appending(path: "Files")
    let model = try Repository.bytes(folder.appending(path: "random.model"))
    let file = try Repository.bytes(folder.appending(path: name + ".vz"))
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
