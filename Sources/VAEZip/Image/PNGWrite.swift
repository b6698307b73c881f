import CPNGShim

extension PNG {
  /// How hard `write` tries: the trade of time against size.
  public enum Compression: Sendable, Equatable {
    /// The default: each row's differences to the left, run lengths and Huffman codes. Measured on
    /// photographs (zlib 1.2.13): 22…28 ms a megapixel, smaller than zlib's level 1 (25…37 ms), and
    /// 10 % above its level 6 with all filters (180…200 ms).
    case fast
    /// All filters tried for each row, zlib at `level` (1…9).
    case level(Int)
    /// Not compressed at all.
    case none
  }

  /// Writes an image as a PNG of 8 bits a sample, grey or RGB, not interlaced.
  ///
  /// - Returns: the whole file.
  /// - Throws: `PNGError.notWritten`.
  public static func write(
    _ image: Image, compression: Compression = .fast
  ) throws(PNGError) -> [UInt8] {
    let settings: (level: Int32, filter: cpng_filter, strategy: cpng_strategy) =
      switch compression {
      case .fast: (1, CPNG_FILTER_SUB, CPNG_STRATEGY_RLE)
      case .level(let level): (Int32(max(1, min(level, 9))), CPNG_FILTER_ADAPTIVE, CPNG_STRATEGY_LZ)
      case .none: (0, CPNG_FILTER_NONE, CPNG_STRATEGY_LZ)
      }
    return try write(
      image, level: settings.level, filter: settings.filter, strategy: settings.strategy)
  }

  package static func write(
    _ image: Image, level: Int32, filter: cpng_filter, strategy: cpng_strategy
  ) throws(PNGError) -> [UInt8] {
    guard let width = UInt32(exactly: image.width), let height = UInt32(exactly: image.height),
      let writer = cpng_writer_create(
        width, height, Int32(image.channels.rawValue), level, filter, strategy)
    else { throw .notWritten("out of memory, or too large for PNG") }
    defer { cpng_writer_destroy(writer) }

    var file: [UInt8] = []
    file.reserveCapacity(image.pixels.count / 2 + 1024)
    func check(_ status: cpng_status) throws(PNGError) {
      guard status == CPNG_OK else {
        throw .notWritten(String(cString: cpng_writer_message(writer)))
      }
      var bytes: UnsafePointer<UInt8>?
      let count = cpng_writer_take(writer, &bytes)
      file.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
    }
    try check(cpng_writer_start(writer))
    let stride = image.width * Int(image.channels.rawValue)
    let rows = image.pixels.withUnsafeBufferPointer { pixels in
      Result { () throws(PNGError) in
        for y in 0..<image.height {
          try check(cpng_writer_row(writer, pixels.baseAddress.map { $0 + y * stride }))
        }
      }
    }
    try rows.get()
    try check(cpng_writer_finish(writer))
    return file
  }
}
