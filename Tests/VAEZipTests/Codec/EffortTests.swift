import Testing
import VAEZip

@Suite struct EffortTests {
  /// What an encoder spends effort on is a lower bits + λ · squared error.
  private func objective(
    _ image: Image, _ model: Model, effort: Int, quality: Int, threads: Int = 1
  ) throws -> (objective: Double, bytes: [UInt8]) {
    let encoder = try Encoder(
      model: model,
      options: EncoderOptions(quality: quality, threads: threads, tileSize: 64, effort: effort))
    let encoded = try encoder.encode(image)
    let decoded = try Decoder(models: ModelLibrary([model]), threads: threads).decode(encoded.bytes)
    #expect(decoded == encoded.reconstruction)
    let pixels = Double(image.width * image.height)
    let error = try Metrics.meanSquaredError(image, decoded)
    return (
      encoded.statistics.modelBits / pixels + model.lambda(at: encoder.levelPosition) * error,
      encoded.bytes
    )
  }

  @Test(arguments: [Image.Channels.rgb, .grey])
  func everyEffortDecodes(channels: Image.Channels) throws {
    let model = try Model(contentsOf: RandomModel.file().serialized())
    let image = RandomModel.image(150, 83, channels)
    for effort in EncoderOptions.efforts {
      _ = try objective(image, model, effort: effort, quality: 40)
    }
  }

  @Test func threadsAndInstructionSetsDoNotMatter() throws {
    let file = try RandomModel.file().serialized()
    let image = RandomModel.image(150, 140)
    var files: Set<[UInt8]> = []
    for kernels in Kernels.available {
      let model = try Model(contentsOf: file, kernels: kernels)
      for threads in [1, 3] {
        files.insert(
          try objective(image, model, effort: 6, quality: 60, threads: threads).bytes)
      }
    }
    #expect(files.count == 1)
  }

  @Test func effortsOutOfRangeAreRefused() throws {
    let model = try Model(contentsOf: RandomModel.file().serialized())
    for effort in [-1, 0, 10] {
      #expect(throws: CodecError.self) {
        _ = try Encoder(model: model, options: EncoderOptions(effort: effort))
      }
    }
  }
}
