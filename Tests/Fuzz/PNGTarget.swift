/// The PNG reader. What it reads is written and read again.
struct PNGTarget: FuzzTarget {
  private static let limits = PNG.Limits(
    width: 1 << 12, height: 1 << 12, pixels: 1 << 14, metadataBytes: 1 << 16)

  func run(_ input: [UInt8]) throws {
    for bytes in [input, Repair.png(input)] {
      do throws(PNGError) {
        let decoded = try PNG.read(bytes, limits: Self.limits)
        let again = try PNG.read(PNG.write(decoded.image), limits: Self.limits)
        precondition(again.image == decoded.image)
      } catch {
        check(error)
        if case .notWritten = error { throw error }
      }
    }
  }

  func seeds() throws -> [[UInt8]] {
    let sizes = [(1, 1), (9, 7), (40, 3)]
    var files: [[UInt8]] = []
    for (index, (width, height)) in sizes.enumerated() {
      for channels in [Image.Channels.gray, .rgb] {
        var image = TestImage.make(
          width, height, channels, alpha: index != 0, depth: index == 1 ? .sixteen : .eight)
        let chunks = [("gAMA", [0, 0, 0xB1, 0x8F]), ("tEXt", Array("Title\0a".utf8))]
        image.metadata = ImageMetadata(
          chunks.compactMap { ImageMetadata.Chunk(type: $0.0, data: $0.1) })
        files.append(try PNG.write(image))
      }
    }
    // An interlaced palette, of which libpng makes RGBA.
    let palette = TestPNG(
      width: 9, height: 9, bitDepth: 4, colorType: 3, interlaced: true
    ) { x, y, _ in (x + y) & 3 }
    return files + [palette.encoded()]
  }
}
