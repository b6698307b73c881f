import Testing
import VAEZip

/// A PNG's bytes, a few at a time.
private func reader(_ file: [UInt8], step: Int) throws -> PNG.Reader {
  var position = 0
  return try PNG.Reader(size: file.count) { buffer in
    let count = min(step, buffer.count, file.count - position)
    _ = buffer.update(fromContentsOf: file[position..<position + count])
    position += count
    return count
  }
}

/// Collects rows, and fails at one of them.
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

@Suite struct StreamTests {
  private func model(blocks: Int = 2) throws -> Model {
    try Model(contentsOf: RandomModel.file(seed: 11, blocks: blocks).serialized())
  }

  @Test(arguments: [Image.Channels.rgb, .gray], [1, 2, 5])
  func rowsGiveWhatTheWholeGives(channels: Image.Channels, threads: Int) throws {
    let model = try model()
    let sizes = [(1, 1, 0), (70, 300, 1), (300, 33, 2), (161, 178, 0), (129, 200, 1), (90, 64, 2)]
    for (width, height, alphaBytes) in sizes {
      let image = RandomModel.image(
        width, height, channels, alpha: alphaBytes > 0, depth: alphaBytes == 2 ? .sixteen : .eight)
      let file = try PNG.write(image)
      for effort in [1, 4] {
        let encoder = try ImageEncoder(
          model: model,
          options: EncoderOptions(
            threads: threads, tileSize: 64, effort: effort, keepsInvisibleColor: width != 70))
        let whole = try encoder.encodeTrial(image)
        var rows: [UInt8] = []
        let source: PNG.Reader = try reader(file, step: 997)
        let streamed = try encoder.encode(from: source, measuresError: true) { rows += $0 }
        #expect((streamed.bytes == whole.bytes) == true)
        #expect((rows == whole.reconstruction.pixels) == true)
        // Of what was coded: that is the image, unless its invisible color was replaced.
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
    let image = RandomModel.image(90, 300)
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
    let file = try PNG.write(RandomModel.image(64, 400))
    do {
      let half: PNG.Reader = try reader(Array(file.prefix(file.count / 2)), step: 100)
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
    ).encodeTrial(RandomModel.image(64, 400))
    let decoder = ImageDecoder(models: ModelLibrary([model]), threads: threads)
    do {
      try decoder.decode(encoded.bytes, to: Rows(limit: 3 * 64 * 100))
      Issue.record("a full sink took everything")
    } catch {
      #expect("\(error)" == "\(Rows.Full())")
    }
  }

  @Test func interlacedAndUnreadableFiles() throws {
    let noAlpha = UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
    var png = TestPNG(width: 23, height: 50, bitDepth: 8, colorType: 2, interlaced: true) {
      x, y, c in (7 * x + 5 * y + 60 * c) & 255
    }
    let interlaced = png.encoded()
    png.interlaced = false
    let whole = try PNG.read(png.encoded()).image
    for step in [1, 70, 100_000] {
      let reader = try reader(interlaced, step: step)
      #expect(reader.isInterlaced)
      var pixels = [UInt8](repeating: 0, count: whole.pixels.count)
      try pixels.withUnsafeMutableBufferPointer { pixels throws(PNGError) in
        for y in stride(from: 0, to: 50, by: 10) {
          try reader.read(
            into: UnsafeMutableBufferPointer(rebasing: pixels[y * 69..<(y + 10) * 69]),
            alpha: noAlpha)
        }
        try reader.finish()
      }
      #expect((pixels == whole.pixels) == true)
    }
    var pulls = 0
    let broken = try PNG.Reader { buffer throws(PNGError) in
      pulls += 1
      guard pulls < 3 else { throw .notRead("no such luck") }
      let part = interlaced[(pulls - 1) * 60..<pulls * 60]
      _ = buffer.update(fromContentsOf: part)
      return part.count
    }
    var row = [UInt8](repeating: 0, count: whole.pixels.count)
    #expect(throws: PNGError.notRead("no such luck")) {
      try row.withUnsafeMutableBufferPointer { row throws(PNGError) in 
        try broken.read(into: row, alpha: noAlpha)
      }
    }
  }
}
