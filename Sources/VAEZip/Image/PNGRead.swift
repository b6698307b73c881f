extension PNG {
  /// Reads a PNG of any kind: grey, RGB or palette, with or without alpha or tRNS, 1 to 16 bits,
  /// Adam7 or not.
  ///
  /// 1, 2, 4 bits are scaled to 8 and 16 bits rounded to 8. Alpha is dropped, the colour below it
  /// kept as stored. Colours are not converted: gAMA, iCCP and the like are skipped.
  ///
  /// - Parameter bytes: the whole file.
  /// - Throws: `PNGError`; nothing may follow the end of the PNG, and every checksum must hold.
  public static func read(
    _ bytes: [UInt8], limits: Limits = .default
  ) throws(PNGError) -> Decoded {
    var position = 0
    let reader = try Reader(limits: limits, size: bytes.count) { buffer in
      let count = min(buffer.count, bytes.count - position)
      _ = buffer.update(fromContentsOf: bytes[position..<position + count])
      position += count
      return count
    }
    // No overflow: within the limits.
    let count = reader.width * reader.height * Int(reader.channels.rawValue)
    var outcome: Result<Void, PNGError> = .success(())
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      let rows = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
      outcome = Result { () throws(PNGError) in try reader.read(into: rows) }
      if case .success = outcome { initialized = count }
    }
    try outcome.get()
    try reader.finish()
    let image = Image(
      width: reader.width, height: reader.height, channels: reader.channels, pixels: pixels)
    return Decoded(image: image, notices: reader.notices)
  }
}
