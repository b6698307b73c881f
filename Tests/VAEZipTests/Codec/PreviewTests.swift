import TestSupport
import Testing
import VAEZip
import VAEZipReference

/// Small pictures of the latents alone.
@Suite struct PreviewTests {
  /// A file of each kind: photographs, exact pixels among others, alpha, gray, 16 bits, one pixel.
  static let images: [Image] = [
    TestImage.make(1, 1), TestImage.make(17, 300), TestImage.make(333, 270, .gray, alpha: true),
    TestImage.make(130, 200, alpha: true, depth: .sixteen), TestGraphic.mixed(300, 200),
    TestGraphic.mixed(200, 130, .gray, alpha: true),
  ]

  private static func decoder(
    _ model: Model, threads: Int = 2, order: UInt64? = nil
  ) -> ImageDecoder {
    var decoder = ImageDecoder(models: ModelLibrary([model]), threads: threads)
    decoder.simulatedOrder = order
    return decoder
  }

  /// The library and the decoder that follows the pages of Formats make the same previews, whatever the number and
  /// the order of threads.
  @Test(arguments: PreviewScale.allCases, [64, 512])
  func equalThoseOfTheReference(scale: PreviewScale, tileSize: Int) throws {
    let bytes = try RandomModel.file(seed: 21, blocks: 2, hasPreview: true).serialized()
    let model = try Model(contentsOf: bytes)
    let reference = try ReferenceDecoder(model: bytes)
    for image in Self.images {
      let file = try ImageEncoder(
        model: model, options: EncoderOptions(tileSize: tileSize, effort: 1)
      ).encode(image).bytes
      let expected = try reference.preview(file, scale: scale.rawValue)
      for (threads, order) in [(1, nil), (3, nil), (3, 5), (2, 99)] as [(Int, UInt64?)] {
        let preview = try Self.decoder(model, threads: threads, order: order)
          .preview(file, scale: scale)
        #expect((preview.width, preview.height) == scale.size(width: image.width, height: image.height))
        #expect(preview.format.channels == image.channels && preview.format.depth == image.depth)
        let isSame = preview.pixels == expected.pixels && preview.alpha == expected.alpha
        #expect(isSame, "\(image.width) × \(image.height)")
      }
    }
  }

  @Test func haveTheSamePixelsOnAllInstructionSets() throws {
    let bytes = try RandomModel.file(seed: 4, width: 64, hasPreview: true).serialized()
    let image = TestImage.make(150, 90)
    let file = try ImageEncoder(model: Model(contentsOf: bytes), options: EncoderOptions(effort: 1))
      .encode(image).bytes
    let previews = try Kernels.available.map { kernels in
      try Self.decoder(Model(contentsOf: bytes, kernels: kernels)).preview(file, scale: .eighth)
    }
    #expect(previews.allSatisfy { $0 == previews[0] })
  }

  /// Without loss there are no latents; a preview has the means of the pixels.
  @Test(arguments: PreviewScale.allCases) func losslessPictures(scale: PreviewScale) throws {
    let image = TestGraphic.slope.make(90, 140, alpha: true, depth: .sixteen, colorDepth: .sixteen)
    let encoder = try ImageEncoder(
      model: RandomModel.model(), options: EncoderOptions(tileSize: 64, isLossless: true))
    let file = try encoder.encode(image).bytes
    let preview = try ImageDecoder().preview(file, scale: scale)
    let expected = try ReferenceDecoder(model: nil).preview(file, scale: scale.rawValue)
    let isSame = preview.pixels == expected.pixels && preview.alpha == expected.alpha
    #expect(isSame)
    #expect(preview.colorDepth == .sixteen)
    // The first cell by hand.
    var (sum, n) = (0, scale.rawValue * scale.rawValue)
    for y in 0..<scale.rawValue {
      for x in 0..<scale.rawValue {
        let place = (y * image.width + x) * 6
        sum += Int(image.pixels[place]) << 8 | Int(image.pixels[place + 1])
      }
    }
    n = (sum + n / 2) / n
    #expect(Array(preview.pixels[..<2]) == [UInt8(n >> 8), UInt8(n & 255)])
  }

  /// A region's preview has the cells that hold a part of it.
  @Test func regions() throws {
    let model = try Model(contentsOf: RandomModel.file(seed: 3, hasPreview: true).serialized())
    let image = TestImage.make(333, 270, alpha: true)
    let file = try ImageEncoder(
      model: model, options: EncoderOptions(tileSize: 64, effort: 1)
    ).encode(image).bytes
    let decoder = Self.decoder(model)
    for scale in PreviewScale.allCases {
      let s = scale.rawValue
      let whole = try decoder.preview(file, scale: scale)
      for region in [
        Region(x: 0, y: 0, width: 333, height: 270), Region(x: 332, y: 269, width: 1, height: 1),
        Region(x: 100, y: 71, width: 40, height: 90), Region(x: 7, y: 8, width: 2, height: 8),
      ] {
        let part = try decoder.preview(file, scale: scale, region: region)
        let x = region.x / s..<(region.x + region.width + s - 1) / s
        let y = region.y / s..<(region.y + region.height + s - 1) / s
        var pixels: [UInt8] = []
        var alpha: [UInt8] = []
        for row in y {
          pixels +=
            whole.pixels[3 * (row * whole.width + x.lowerBound)..<3 * (row * whole.width + x.upperBound)]
          alpha += whole.alpha?[row * whole.width + x.lowerBound..<row * whole.width + x.upperBound] ?? []
        }
        #expect((part.width, part.height) == (x.count, y.count))
        let isSame = part.pixels == pixels && part.alpha == alpha
        #expect(isSame, "\(region)")
      }
      #expect(throws: CodecError.self) {
        try decoder.preview(file, scale: scale, region: Region(x: 333, y: 0, width: 1, height: 1))
      }
    }
  }

  /// A model without a table: means of the decoded pixels.
  @Test(arguments: PreviewScale.allCases) func withoutATable(scale: PreviewScale) throws {
    let model = try RandomModel.model(seed: 3)
    let image = TestImage.make(101, 70, alpha: true)
    let file = try ImageEncoder(model: model, options: EncoderOptions(tileSize: 64, effort: 1))
      .encode(image).bytes
    let decoder = Self.decoder(model)
    let preview = try decoder.preview(file, scale: scale)
    let decoded = try decoder.decode(file)
    // What is kept without loss has the means of its pixels, too.
    let exact = try ImageEncoder(model: model, options: EncoderOptions(isLossless: true)).encode(decoded)
    #expect(try ImageDecoder().preview(exact.bytes, scale: scale) == preview)
  }

  /// A preview proves the file's content, as decoding does, and goes on with damage if told so.
  @Test func damage() throws {
    let model = try Model(contentsOf: RandomModel.file(seed: 3, hasPreview: true).serialized())
    let file = try ImageEncoder(
      model: model, options: EncoderOptions(tileSize: 64, effort: 1)
    ).encode(TestImage.make(130, 130)).bytes
    let decoder = Self.decoder(model)
    for place in stride(from: 0, to: file.count, by: 11) {
      var damaged = file
      damaged[place] ^= 0x10
      #expect(throws: CodecError.self) { try decoder.preview(damaged, scale: .eighth) }
    }
    let layout = try VZFile(parsing: file)
    var damaged = file
    damaged[layout.tiles[4].offset(of: .pass1)] ^= 1
    let sink = DiscardingSink()
    let found = try decoder.preview(damaged, scale: .eighth, keepsGoing: true, to: sink)
    #expect(found.tiles.map(\.index) == [4])
  }

  /// What does not hold for a picture of another size is left out of its metadata.
  @Test func metadata() throws {
    let model = try Model(contentsOf: RandomModel.file(seed: 3, hasPreview: true).serialized())
    var image = TestImage.make(40, 40)
    image.metadata = ImageMetadata(
      try ["pHYs", "tEXt", "gAMA"].map { try #require(ImageMetadata.Chunk(type: $0, data: [1, 0, 2])) })
    let file = try ImageEncoder(model: model, options: EncoderOptions(effort: 1)).encode(image).bytes
    let types = try Self.decoder(model).preview(file, scale: .eighth).metadata.chunks.map(\.type)
    #expect(types == ["tEXt", "gAMA"])
  }

  /// The built-in model has a table, and its previews look like the pictures.
  @Test func ofTheBuiltInModel() throws {
    #expect(try Model.builtIn().preview.value() != nil)
    let image = try PNG.read(contentsOf: Repository.root.appending(path: "Samples/coffee.png")).image
    let file = try ImageEncoder(options: EncoderOptions(effort: 1)).encode(image).bytes
    let lossless = try ImageEncoder(options: EncoderOptions(isLossless: true)).encode(image.color).bytes
    for (scale, least) in [(PreviewScale.eighth, 30.0), (.sixteenth, 33.0)] {
      let preview = try ImageDecoder().preview(file, scale: scale)
      let means = try ImageDecoder().preview(lossless, scale: scale)
      #expect(try Metrics.psnr(means.color, preview.color) > least)
    }
  }
}
