/// The reader of pictures' files, for JPEG, PPM, PGM and PAM; `PNGTarget` is for PNG. What it reads is written as a PAM and
/// read again.
struct ImageTarget: FuzzTarget {
  private static let limits = PNG.Limits(
    width: 1 << 12, height: 1 << 12, pixels: 1 << 14, metadataBytes: 1 << 16)

  func run(_ input: [UInt8]) throws {
    do throws(ImageFileError) {
      let decoded = try ImageFile.read(input, limits: Self.limits, keepsColorDepth: true)
      _ = decoded.image.turned(decoded.image.metadata.orientation)
      let again = try ImageFile.read(Self.pam(decoded.image), limits: Self.limits, keepsColorDepth: true)
        .image
      precondition(again.pixels == decoded.image.pixels && again.alpha == decoded.image.alpha)
    } catch {
      check(error)
    }
  }

  private static func pam(_ image: Image) -> [UInt8] {
    guard
      let writer = try? Netpbm.Writer(
        width: image.width, height: image.height, format: image.format, kind: .pam)
    else { preconditionFailure("no PAM") }
    image.pixels.withUnsafeBufferPointer { pixels in
      (image.alpha ?? []).withUnsafeBufferPointer { alpha in writer.write(pixels, alpha: alpha) }
    }
    return writer.take()
  }

  func seeds() throws -> [[UInt8]] {
    let plain = ["P2\n2 1 # a\n255\n1 2", "P3\n1 1\n9\n1 2 9", "P5\n2 2\n255\nabcd", "P6\n1 1\n300\nabcdef"]
    return plain.map { Array($0.utf8) }
      + [Self.pam(TestImage.make(9, 3, alpha: true)), Self.pam(TestImage.make(3, 9, .gray, depth: .sixteen))]
  }
}
