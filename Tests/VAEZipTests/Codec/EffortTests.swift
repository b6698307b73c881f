import TestSupport
import Testing
import VAEZip

@Suite struct EffortTests {
  /// The cost that effort lowers, bits + λ · squared error a pixel; and the file.
  private func objective(
    _ image: Image, _ model: Model, effort: Int, quality: Int, threads: Int = 1,
    stripHeight: Int? = nil
  ) throws -> (objective: Double, bytes: [UInt8]) {
    var options = EncoderOptions(
      quality: quality, threads: threads, tileSize: 64, effort: effort)
    options.stripHeight = stripHeight
    let encoder = try ImageEncoder(model: model, options: options)
    let encoded = try encoder.encodeTrial(image)
    let decoded = try ImageDecoder(models: ModelLibrary([model]), threads: threads).decode(encoded.bytes)
    #expect(decoded == encoded.reconstruction)
    let pixels = Double(image.width * image.height)
    let error = try Metrics.meanSquaredError(image, decoded)
    return (
      encoded.statistics.modelBits / pixels + model.lambda(at: encoder.qualityPosition) * error,
      encoded.bytes
    )
  }

  @Test(arguments: [Image.Channels.rgb, .gray])
  func everyEffortDecodes(channels: Image.Channels) throws {
    let model = try RandomModel.model()
    let image = TestImage.make(150, 83, channels)
    for effort in EncoderOptions.efforts {
      _ = try objective(image, model, effort: effort, quality: 40)
    }
  }

  @Test(arguments: [0, 1, 2, 3])
  func threadsStripsAndInstructionSetsDoNotMatter(blocks: Int) throws {
    let file = try RandomModel.bytes(blocks: blocks)
    // Higher than the rings of rows, and of odd size.
    let image = TestImage.make(149, 333)
    var files: Set<[UInt8]> = []
    for kernels in Kernels.available {
      let model = try Model(contentsOf: file, kernels: kernels)
      for (threads, stripHeight) in [(1, nil), (3, 1), (2, 5)] {
        files.insert(
          try objective(
            image, model, effort: 4, quality: 60, threads: threads, stripHeight: stripHeight
          ).bytes)
      }
    }
    #expect(files.count == 1)
  }
}
