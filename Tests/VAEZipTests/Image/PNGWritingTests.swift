import TestSupport
import Testing
import VAEZip

@Suite struct PNGWritingTests {
  @Test(arguments: [Image.Channels.gray, .rgb])
  func whatIsWrittenIsRead(channels: Image.Channels) throws {
    for (width, height) in [(1, 1), (3, 200), (257, 5)] {
      let count = width * height * Int(channels.rawValue)
      let image = Image(
        width: width, height: height, channels: channels,
        pixels: (0..<count).map { UInt8(truncatingIfNeeded: TestPNG.noise($0, 3, 1) & 15 + $0 / 7) })
      for compression in [PNG.Compression.fast, .none, .level(1), .level(9), .level(99)] {
        let file = try PNG.write(image, compression: compression)
        let decoded = try PNG.read(file)
        #expect(decoded.image == image)
        #expect(decoded.notices == [])
      }
    }
  }

  @Test func writingIsDeterministic() throws {
    let pixels = (0..<90 * 70 * 3).map { UInt8($0 & 63) }
    let image = Image(width: 90, height: 70, channels: .rgb, pixels: pixels)
    #expect(try PNG.write(image) == PNG.write(image))
    #expect(try PNG.write(image).count < 18_900)
  }
}
