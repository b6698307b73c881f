extension PNG {
  /// Reads a PNG of any kind: gray, RGB or palette, with or without alpha or tRNS, 1 to 16 bits,
  /// Adam7 or not.
  ///
  /// Color of 1, 2, 4 bits is scaled to 8, and of 16 bits rounded to 8 unless `keepsColorDepth` is set. Alpha is exact, and the color
  /// below it is as stored. Colors are not converted: gAMA, iCCP and the like are metadata.
  ///
  /// Faults that do not reach the pixels are mended, as other readers do, and noted in
  /// `Decoded.notices`: wrong checksums of ancillary chunks (they are dropped), tRNS and PLTE that are
  /// misplaced or surplus, data after the last row, bytes after the end.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - keepsMetadata: whether `Image.metadata` has the file's.
  ///   - keepsColorDepth: whether color of 16 bits stays as it is, for lossless coding.
  /// - Throws: `PNGError`; the checksums of the chunks that hold the pixels must be right.
  public static func read(
    _ bytes: [UInt8], limits: Limits = .default, keepsMetadata: Bool = true,
    keepsColorDepth: Bool = false
  ) throws(PNGError) -> Decoded {
    var position = 0
    let reader = try Reader(
      limits: limits, size: bytes.count, keepsMetadata: keepsMetadata,
      keepsColorDepth: keepsColorDepth
    ) { buffer in
      let count = min(buffer.count, bytes.count - position)
      _ = buffer.update(fromContentsOf: bytes[position..<position + count])
      position += count
      return count
    }
    // No overflow: within the limits.
    let (count, format) = (reader.width * reader.height, reader.format)
    var alpha = [UInt8](repeating: 0, count: count * format.alphaBytes)
    var outcome: Result<Void, PNGError> = .success(())
    let pixels = [UInt8](unsafeUninitializedCapacity: count * format.colorBytes) {
      buffer, initialized in
      let rows = UnsafeMutableBufferPointer(rebasing: buffer[..<(count * format.colorBytes)])
      outcome = Result { () throws(PNGError) in
        try alpha.withUnsafeMutableBufferPointer { alpha throws(PNGError) in
          try reader.read(into: rows, alpha: alpha)
        }
      }
      if case .success = outcome { initialized = rows.count }
    }
    try outcome.get()
    try reader.finish()
    let image = Image(
      width: reader.width, height: reader.height, channels: format.channels, pixels: pixels,
      depth: format.depth, colorDepth: format.colorDepth, alpha: format.hasAlpha ? alpha : nil,
      metadata: reader.metadata)
    return Decoded(image: image, notices: reader.notices)
  }
}
