import TestSupport
import Testing
import VAEZip

@Suite struct RoundTripTests {
  static let bytes = Result { try RandomModel.bytes(seed: 3) }

  func model() throws -> Model { try Model(contentsOf: try Self.bytes.get()) }

  static let sizes = [
    (1, 1), (1, 40), (40, 1), (16, 16), (17, 15), (33, 64), (65, 63), (130, 70), (100, 200),
  ]

  @Test(arguments: sizes, [Image.Channels.rgb, .gray])
  func decodedPictureIsTheEncoders(size: (Int, Int), channels: Image.Channels) throws {
    let model = try model()
    let image = TestImage.make(size.0, size.1, channels)
    let decoder = ImageDecoder(models: ModelLibrary([model]), threads: 2)
    for quality in [0, 50, 100] {
      for tileSize in [64, 512] {
        let encoder = try ImageEncoder(
          model: model,
          options: EncoderOptions(
            quality: quality, threads: 2, tileSize: tileSize, choosesExactPixels: false))
        let encoded = try encoder.encodeTrial(image)
        #expect(encoded.reconstruction.width == image.width)
        #expect(encoded.reconstruction.channels == channels)
        #expect(try decoder.decode(encoded.bytes) == encoded.reconstruction)
        #expect(encoded.statistics.fileBytes == encoded.bytes.count)
        #expect(encoded.statistics.modelBits > 0)
      }
    }
  }

  @Test func qualityChangesTheFile() throws {
    let model = try model()
    let image = TestImage.make(96, 96)
    let bits = try [0, 50, 100].map { quality in
      try ImageEncoder(model: model, options: EncoderOptions(quality: quality)).encodeTrial(image)
        .statistics.modelBits
    }
    #expect(bits[0] < bits[1])
    #expect(bits[1] < bits[2])
  }

  @Test(arguments: PassMask.allCases) func threadsDoNotChangeTheBits(masks: PassMask) throws {
    let model = try RandomModel.model(seed: 3, masks: masks)
    let image = TestImage.make(300, 170)
    let encoded = try [1, 2, 5].map { threads in
      try ImageEncoder(
        model: model, options: EncoderOptions(quality: 60, threads: threads, tileSize: 64)
      ).encodeTrial(image)
    }
    #expect(encoded[0].bytes == encoded[1].bytes)
    #expect(encoded[0].bytes == encoded[2].bytes)
    #expect(encoded[0].reconstruction == encoded[1].reconstruction)
    #expect(encoded[0].reconstruction == encoded[2].reconstruction)
    for threads in [1, 2, 5] {
      let decoder = ImageDecoder(models: ModelLibrary([model]), threads: threads)
      #expect(try decoder.decode(encoded[0].bytes) == encoded[0].reconstruction)
    }
  }

  @Test(arguments: [1, 4, 6, 8, 10, 20, 1000]) func stripsDoNotChangeTheBits(stripHeight: Int) throws {
    // More blocks than a strip has rows, and a row wider than a segment.
    try stripsDoNotChangeTheBits(stripHeight, blocks: 6, sizes: [(1100, 40), (30, 170)])
    // Rings that end several times before the picture does, for even and odd numbers of blocks.
    for blocks in 0...3 {
      try stripsDoNotChangeTheBits(stripHeight, blocks: blocks, sizes: [(30, 520)])
    }
  }

  private func stripsDoNotChangeTheBits(
    _ stripHeight: Int, blocks: Int, sizes: [(Int, Int)]
  ) throws {
    let model = try RandomModel.model(seed: 9, blocks: blocks)
    for (width, height) in sizes {
      let image = TestImage.make(width, height)
      var options = EncoderOptions(quality: 60, threads: 2, tileSize: 64)
      let whole = try ImageEncoder(model: model, options: options).encodeTrial(image)
      options.stripHeight = stripHeight
      let strips = try ImageEncoder(model: model, options: options).encodeTrial(image)
      // Bools, so that a failure does not print the arrays.
      #expect((strips.bytes == whole.bytes) == true)
      #expect((strips.reconstruction == whole.reconstruction) == true)
      var decoder = ImageDecoder(models: ModelLibrary([model]), threads: 1)
      decoder.stripHeight = stripHeight
      #expect(try decoder.decode(whole.bytes) == whole.reconstruction)
    }
  }

  @Test func instructionSetsDoNotChangeTheBits() throws {
    let image = TestImage.make(300, 90)
    let bytes = try RandomModel.bytes(seed: 5, width: 64, blocks: 2)
    var first: EncodingTrial?
    for kernels in Kernels.available {
      let model = try Model(contentsOf: bytes, kernels: kernels)
      let encoded = try ImageEncoder(model: model, options: EncoderOptions(quality: 40)).encodeTrial(image)
      if let first {
        #expect(encoded.bytes == first.bytes, "\(kernels)")
        #expect(encoded.reconstruction == first.reconstruction, "\(kernels)")
      } else {
        first = encoded
      }
    }
  }
}
