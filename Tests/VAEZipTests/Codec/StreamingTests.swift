import TestSupport
import Testing
import VAEZip

/// Collects rows until a limit, then fails.
private final class Rows: ImageSink {
  struct Full: Error, Equatable {}
  private(set) var size = (0, 0)
  private(set) var pixels: [UInt8] = []
  private(set) var alpha: [UInt8] = []
  private let limit: Int

  init(limit: Int = .max) { self.limit = limit }

  func begin(
    width: Int, height: Int, format: Image.Format, metadata: ImageMetadata
  ) throws(Full) {
    size = (width, height)
  }

  func write(
    _ rows: UnsafeBufferPointer<UInt8>, alpha: UnsafeBufferPointer<UInt8>
  ) throws(Full) {
    guard pixels.count + rows.count <= limit else { throw Full() }
    pixels += rows
    self.alpha += alpha
  }
}

/// Row by row, from a source and to a sink.
@Suite struct StreamingTests {
  private func model(blocks: Int = 2) throws -> Model {
    try RandomModel.model(seed: 11, blocks: blocks)
  }

  @Test(arguments: [Image.Channels.rgb, .gray], [1, 2, 5])
  func rowsGiveWhatTheWholeGives(channels: Image.Channels, threads: Int) throws {
    let model = try model()
    let sizes = [(1, 1, 0), (70, 300, 1), (300, 33, 2), (161, 178, 0), (129, 200, 1), (90, 64, 2)]
    for (width, height, alphaBytes) in sizes {
      let image = TestImage.make(
        width, height, channels, alpha: alphaBytes > 0, depth: alphaBytes == 2 ? .sixteen : .eight)
      let file = try PNG.write(image)
      for effort in [1, 4] {
        let encoder = try ImageEncoder(
          model: model,
          options: EncoderOptions(
            threads: threads, tileSize: 64, effort: effort, keepsInvisibleColor: width != 70))
        let whole = try encoder.encodeTrial(image)
        var rows: [UInt8] = []
        let source: PNG.Reader = try PNG.Reader(pulling: file, step: 997)
        let streamed = try encoder.encode(from: source, measuresError: true) { rows += $0 }
        #expect((streamed.bytes == whole.bytes) == true)
        #expect((rows == whole.reconstruction.pixels) == true)
        // The error is of what was coded: the image, unless its invisible color was replaced.
        let error = try Metrics.meanSquaredError(image, whole.reconstruction)
        let isReplaced = width == 70 && alphaBytes > 0
        #expect((streamed.meanSquaredError == error) == !isReplaced)
        let sink = Rows()
        try ImageDecoder(models: ModelLibrary([model]), threads: threads)
          .decode(streamed.bytes, to: sink)
        #expect(sink.size == (width, height))
        #expect((sink.pixels == rows) == true)
        #expect((sink.alpha == image.alpha ?? []) == true)
      }
    }
  }

  @Test(arguments: [1, 2, 5]) func networksWithoutBlocks(threads: Int) throws {
    let model = try model(blocks: 0)
    let image = TestImage.make(90, 300)
    let encoder = try ImageEncoder(
      model: model, options: EncoderOptions(threads: threads, tileSize: 64, effort: 1))
    let encoded = try encoder.encodeTrial(image)
    let decoded = try ImageDecoder(models: ModelLibrary([model]), threads: threads)
      .decode(encoded.bytes)
    #expect((decoded == encoded.reconstruction) == true)
  }

  @Test(arguments: [1, 2, 5]) func aSourceThatFails(threads: Int) throws {
    let encoder = try ImageEncoder(
      model: model(), options: EncoderOptions(threads: threads, tileSize: 64, effort: 1))
    let file = try PNG.write(TestImage.make(64, 400))
    do {
      let half: PNG.Reader = try PNG.Reader(pulling: Array(file.prefix(file.count / 2)), step: 100)
      _ = try encoder.encode(from: half)
      Issue.record("half a file was encoded")
    } catch let error as StreamError<PNGError> {
      #expect("\(error)" == "\(PNGError.truncated(offset: file.count / 2))")
    }
  }

  @Test(arguments: [1, 2, 5]) func aSinkThatFails(threads: Int) throws {
    let model = try model()
    let encoded = try ImageEncoder(
      model: model, options: EncoderOptions(tileSize: 64, effort: 1)
    ).encodeTrial(TestImage.make(64, 400))
    let decoder = ImageDecoder(models: ModelLibrary([model]), threads: threads)
    do {
      try decoder.decode(encoded.bytes, to: Rows(limit: 3 * 64 * 100))
      Issue.record("a full sink took everything")
    } catch {
      #expect("\(error)" == "\(Rows.Full())")
    }
  }
}
