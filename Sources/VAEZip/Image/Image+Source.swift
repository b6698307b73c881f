extension Image {
  /// Reads all of a source.
  ///
  /// - Throws: what the source throws.
  package init<Source: ImageSource>(reading source: Source) throws(Source.Failure) {
    let (count, format) = (source.width * source.height, source.format)
    var pixels = [UInt8](repeating: 0, count: count * format.colorBytes)
    var alpha = [UInt8](repeating: 0, count: count * format.alphaBytes)
    try pixels.withUnsafeMutableBufferPointer { pixels throws(Source.Failure) in
      try alpha.withUnsafeMutableBufferPointer { alpha throws(Source.Failure) in
        try source.read(into: pixels, alpha: alpha)
      }
    }
    try source.finish()
    self.init(
      width: source.width, height: source.height, channels: format.channels, pixels: pixels,
      depth: format.depth, colorDepth: format.colorDepth, alpha: format.hasAlpha ? alpha : nil,
      metadata: source.metadata)
  }
}
