import CPNGShim
import VAEZipSupport

extension PNG {
  /// How much time `write` spends on a smaller file.
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

  /// Writes an image as a PNG of its format, with its metadata, not interlaced.
  ///
  /// - Returns: the whole file.
  /// - Throws: `PNGError.notWritten`.
  public static func write(
    _ image: Image, compression: Compression = .fast
  ) throws(PNGError) -> [UInt8] {
    let writer = try Writer(
      width: image.width, height: image.height, format: image.format, metadata: image.metadata,
      compression: compression)
    var file: [UInt8] = []
    file.reserveCapacity(image.pixels.count / 2 + 1024)
    let stride = image.width * image.format.colorBytes
    let alphaStride = image.width * image.format.alphaBytes
    try image.pixels.withUnsafeBufferPointer { pixels throws(PNGError) in
      try (image.alpha ?? []).withUnsafeBufferPointer { alpha throws(PNGError) in
        for y in 0..<image.height {
          try writer.write(
            UnsafeBufferPointer(rebasing: pixels[y * stride..<(y + 1) * stride]),
            alpha: UnsafeBufferPointer(rebasing: alpha[y * alphaStride..<(y + 1) * alphaStride]))
          file.append(contentsOf: writer.take())
        }
      }
    }
    try writer.finish()
    file.append(contentsOf: writer.take())
    return file
  }

  /// Writes a PNG row by row, as `PNG.write` does whole.
  public final class Writer {
    private let handle: OpaquePointer
    private let width: Int
    private let format: Image.Format
    private let metadata: ImageMetadata
    /// A row as PNG has it, if that is not the image's own color.
    private var row: [UInt8] = []
    private var hasStarted = false

    /// - Throws: `PNGError.notWritten`.
    public init(
      width: Int, height: Int, format: Image.Format, metadata: ImageMetadata = ImageMetadata(),
      compression: Compression = .fast
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
          wide, high, Int32(format.samples), Int32(format.depth.rawValue), settings.level,
          settings.filter, settings.strategy)
      else { throw .notWritten("out of memory, or too large for PNG") }
      self.handle = handle
      (self.width, self.format, self.metadata) = (width, format, metadata)
      if format.hasAlpha || format.depth != format.colorDepth {
        row = [UInt8](repeating: 0, count: width * format.samples * format.depth.bytes)
      }
    }

    deinit { cpng_writer_destroy(handle) }

    /// Writes the next rows: some whole ones, as `Image.pixels` and `Image.alpha` have them.
    /// - Throws: `PNGError.notWritten`.
    public func write(
      _ rows: UnsafeBufferPointer<UInt8>, alpha: UnsafeBufferPointer<UInt8>
    ) throws(PNGError) {
      if !hasStarted {
        hasStarted = true
        try check(cpng_writer_start(handle))
        try writeChunks(followingPixels: false)
      }
      let stride = width * format.colorBytes
      for y in 0..<rows.count / stride {
        guard let color = rows.baseAddress.map({ $0 + y * stride }) else { return }
        if row.isEmpty {
          try check(cpng_writer_row(handle, color))
        } else {
          interleave(color, alpha.baseAddress.map { $0 + y * width * format.alphaBytes })
          try check(cpng_writer_row(handle, row))
        }
      }
    }

    /// Ends the file, after its last row.
    /// - Throws: `PNGError.notWritten`.
    public func finish() throws(PNGError) {
      try writeChunks(followingPixels: true)
      try check(cpng_writer_finish(handle))
    }

    /// Makes `row`: color in the format's depth, v · 257 of each byte v if it has fewer bits, and alpha.
    private func interleave(_ color: UnsafePointer<UInt8>, _ alpha: UnsafePointer<UInt8>?) {
      let (samples, sampleBytes) = (Int(format.channels.rawValue), format.depth.bytes)
      let colorBytes = format.colorDepth.bytes
      row.withUnsafeMutableBufferPointer { row in
        var place = 0
        for x in 0..<width {
          for c in 0..<samples {
            for byte in 0..<sampleBytes {
              row[place] = color[(x * samples + c) * colorBytes + byte % colorBytes]
              place += 1
            }
          }
          guard let alpha, format.hasAlpha else { continue }
          for byte in 0..<sampleBytes {
            row[place] = alpha[x * sampleBytes + byte]
            place += 1
          }
        }
      }
    }

    private func writeChunks(followingPixels: Bool) throws(PNGError) {
      for chunk in metadata.chunks where chunk.followsPixels == followingPixels {
        try check(cpng_writer_chunk(handle, chunk.type, chunk.data, chunk.data.count))
      }
    }

    /// The bytes that were produced since the last call of `take`. They are valid until the
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
