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
    let writer = try Writer(
      width: image.width, height: image.height, channels: image.channels, compression: compression)
    var file: [UInt8] = []
    file.reserveCapacity(image.pixels.count / 2 + 1024)
    let stride = image.width * Int(image.channels.rawValue)
    let outcome = image.pixels.withUnsafeBufferPointer { pixels in
      Result { () throws(PNGError) in
        for y in 0..<image.height {
          try writer.write(UnsafeBufferPointer(rebasing: pixels[y * stride..<(y + 1) * stride]))
          file.append(contentsOf: writer.take())
        }
      }
    }
    try outcome.get()
    try writer.finish()
    file.append(contentsOf: writer.take())
    return file
  }

  /// Writes a PNG row by row, as `PNG.write` does whole.
  public final class Writer {
    private let handle: OpaquePointer
    private let rowBytes: Int
    private var hasStarted = false

    /// - Throws: `PNGError.notWritten`.
    public init(
      width: Int, height: Int, channels: Image.Channels, compression: Compression = .fast
    ) throws(PNGError) {
      let settings: (level: Int32, filter: cpng_filter, strategy: cpng_strategy) =
        switch compression {
        case .fast: (1, CPNG_FILTER_SUB, CPNG_STRATEGY_RLE)
        case .level(let level):
          (Int32(max(1, min(level, 9))), CPNG_FILTER_ADAPTIVE, CPNG_STRATEGY_LZ)
        case .none: (0, CPNG_FILTER_NONE, CPNG_STRATEGY_LZ)
        }
      guard let wide = UInt32(exactly: width), let high = UInt32(exactly: height),
        let handle = cpng_writer_create(
          wide, high, Int32(channels.rawValue), settings.level, settings.filter,
          settings.strategy)
      else { throw .notWritten("out of memory, or too large for PNG") }
      self.handle = handle
      rowBytes = width * Int(channels.rawValue)
    }

    deinit { cpng_writer_destroy(handle) }

    /// Writes the next rows: some whole ones.
    /// - Throws: `PNGError.notWritten`.
    public func write(_ rows: UnsafeBufferPointer<UInt8>) throws(PNGError) {
      if !hasStarted {
        hasStarted = true
        try check(cpng_writer_start(handle))
      }
      for y in 0..<rows.count / rowBytes {
        try check(cpng_writer_row(handle, rows.baseAddress.map { $0 + y * rowBytes }))
      }
    }

    /// Ends the file, after its last row.
    /// - Throws: `PNGError.notWritten`.
    public func finish() throws(PNGError) { try check(cpng_writer_finish(handle)) }

    /// The bytes of the file that came of the calls since the last take. They are good until the
    /// next call.
    public func take() -> UnsafeBufferPointer<UInt8> {
      var bytes: UnsafePointer<UInt8>?
      let count = cpng_writer_take(handle, &bytes)
      return UnsafeBufferPointer(start: bytes, count: count)
    }

    private func check(_ status: cpng_status) throws(PNGError) {
      guard status == CPNG_OK else {
        throw .notWritten(String(cString: cpng_writer_message(handle)))
      }
    }
  }
}
