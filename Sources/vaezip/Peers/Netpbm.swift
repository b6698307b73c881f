import VAEZip

/// The formats of cjpeg and djpeg.
extension Netpbm {
  /// A PPM, or a PGM of gray.
  ///
  /// - Parameter image: without alpha; otherwise nothing comes out.
  static func write(_ image: Image) -> [UInt8] {
    guard let writer = try? Writer(width: image.width, height: image.height, format: image.format, kind: .ppm)
    else { return [] }
    image.pixels.withUnsafeBufferPointer {
      writer.write($0, alpha: UnsafeBufferPointer(start: nil, count: 0))
    }
    return writer.take()
  }

  /// - Returns: nil if the bytes are no picture of 8 bits.
  static func read(_ bytes: [UInt8]) -> Image? {
    guard let image = try? ImageFile.read(bytes, keepsMetadata: false).image, image.depth == .eight else {
      return nil
    }
    return image
  }
}
