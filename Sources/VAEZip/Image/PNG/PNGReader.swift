import CPNGShim
import VAEZipSupport

extension PNG {
  /// Reads a PNG row by row, as `PNG.read` does whole.
  ///
  /// No more than a row of the image is in memory, unless the file is interlaced (Adam7): then all
  /// of it is from the first row on. Metadata are in memory.
  public final class Reader: ImageSource {
    /// In pixels, at least 1.
    public let width: Int
    /// In pixels, at least 1.
    public let height: Int
    /// What the image's samples are.
    public let format: Image.Format
    /// Whether the file is interlaced.
    public let isInterlaced: Bool
    /// As `Image.metadata`; complete after `finish`.
    public var metadata: ImageMetadata { ImageMetadata(chunks.kept) }

    private let limits: Limits
    private let bytes: PNGBytes
    private let chunks: PNGChunkFilter
    private let handle: OpaquePointer
    /// Bytes of a pixel as libpng hands it over: color, then alpha.
    private var pixelBytes: Int { format.colorBytes + format.alphaBytes }
    private var hasStarted = false
    /// Room for a row of pixels; or an interlaced image, and how many rows of it were handed out.
    private var memory: [UInt8] = []
    private var rowsDone = 0

    /// Reads the header.
    ///
    /// - Parameters:
    ///   - size: of the file in bytes, if known: a header that promises more than such a file can
    ///     hold is refused.
    ///   - keepsMetadata: whether `metadata` will be the file's; if not, they are skipped.
    ///   - keepsColorDepth: whether color of 16 bits stays as it is; if not, it is rounded to 8.
    ///   - pull: writes some of the next bytes of the file to memory and returns their number, 0
    ///     at the end. It may throw `PNGError.notRead`.
    /// - Throws: `PNGError`.
    public init(
      limits: Limits = .default, size: Int? = nil, keepsMetadata: Bool = true,
      keepsColorDepth: Bool = false,
      pull: @escaping (UnsafeMutableBufferPointer<UInt8>) throws(PNGError) -> Int
    ) throws(PNGError) {
      self.limits = limits
      bytes = PNGBytes(pull)
      let start = try bytes.peek(PNG.signature.count)
      guard !start.isEmpty, start.starts(with: PNG.signature.prefix(start.count)) else {
        throw .notPNG(found: start)
      }
      guard start.count == PNG.signature.count else { throw .truncated(offset: start.count) }
      chunks = PNGChunkFilter(bytes, metadataLimit: keepsMetadata ? max(0, limits.metadataBytes) : nil)
      let source: cpng_source = { context, out, count in
        guard let context, let out else { return 0 }
        let chunks = Unmanaged<PNGChunkFilter>.fromOpaque(context).takeUnretainedValue()
        return chunks.take(out, count) ? 1 : 0
      }
      let context = Unmanaged.passUnretained(chunks).toOpaque()
      guard let handle = cpng_reader_create(source, context) else {
        throw .damaged("out of memory", offset: 0)
      }
      var header = cpng_header()
      do throws(PNGError) {
        try Self.check(cpng_reader_header(handle, &header), handle, bytes, chunks)
        try Self.check(header, limits: limits, size: size)
      } catch {
        cpng_reader_destroy(handle)
        throw error
      }
      self.handle = handle
      (width, height) = (Int(header.width), Int(header.height))
      format = Image.Format(
        channels: header.channels == 1 ? .gray : .rgb, hasAlpha: header.alpha_bytes != 0,
        depth: header.bit_depth == 16 ? .sixteen : .eight,
        colorDepth: keepsColorDepth && header.bit_depth == 16 ? .sixteen : .eight)
      isInterlaced = header.interlaced != 0
    }

    /// As `PNG.Decoded.notices`; complete after `finish`.
    public var notices: [String] {
      var notices: [String] = []
      if format.depth != format.colorDepth {
        notices.append(
          "16 bits a sample of color rounded to 8" + (isHDR ? "; high dynamic range will show steps" : ""))
      }
      if chunks.isAnimated { notices.append("animated; only the first picture is read") }
      if !chunks.dropped.isEmpty { notices.append("chunks not kept: \(chunks.dropped.text)") }
      return notices + (chunks.faults.notice.map { [$0] } ?? [])
    }

    /// Whether the transfer function is that of PQ or HLG (cICP: ITU-T H.273, 16 and 18).
    private var isHDR: Bool {
      chunks.kept.contains { chunk in
        chunk.type == "cICP" && chunk.data.count == 4 && [16, 18].contains(chunk.data[1])
      }
    }

    deinit { cpng_reader_destroy(handle) }

    private static func check(_ header: cpng_header, limits: Limits, size: Int?) throws(PNGError) {
      let (width, height) = (Int(header.width), Int(header.height))
      guard limits.allow(width: width, height: height) else {
        throw .tooLarge(width: width, height: height, limits: limits)
      }
      guard let size else { return }
      // Deflate makes at most 1032 bytes of one, so a header that promises more is a forgery.
      let bits = width.multipliedFullWidth(by: height * header.storedBitsPerPixel)
      let (most, overflow) = size.multipliedReportingOverflow(by: 1032 * 8)
      guard bits.high == 0, overflow || bits.low <= UInt(most) else {
        throw .implausible(width: width, height: height, bytes: size)
      }
    }

    private static func check(
      _ status: cpng_status, _ handle: OpaquePointer, _ bytes: PNGBytes, _ chunks: PNGChunkFilter
    ) throws(PNGError) {
      if let failure = bytes.failure ?? chunks.failure { throw failure }
      switch status {
      case CPNG_OK: return
      case CPNG_TRUNCATED: throw .truncated(offset: bytes.taken)
      default:
        throw .damaged(String(cString: cpng_reader_message(handle)), offset: bytes.taken)
      }
    }

    private func check(_ status: cpng_status) throws(PNGError) {
      try Self.check(status, handle, bytes, chunks)
    }

    /// Bytes of memory that reading takes: those of some rows or, if interlaced, of all, and of the
    /// metadata before the pixels.
    public var memoryEstimate: Int {
      // libpng has rows of up to 8 bytes a pixel: one, the one above it, and a few of their kind.
      8 * 8 * width + (isInterlaced ? width * height * pixelBytes : 0) + chunks.memory
    }

    /// Fills memory with the next rows: some whole ones. Without alpha, `alpha` is empty.
    public func read(
      into rows: UnsafeMutableBufferPointer<UInt8>, alpha: UnsafeMutableBufferPointer<UInt8>
    ) throws(PNGError) {
      let count = rows.count / (width * format.colorBytes)
      if !hasStarted {
        hasStarted = true
        var passes: Int32 = 0
        try check(cpng_reader_start(handle, format.colorDepth == .sixteen ? 1 : 0, &passes))
        if passes > 1, !format.hasAlpha, count == height {
          // Pixels of all passes come together in one memory: the caller's, if it takes them all.
          try readRows(height, passes: passes, into: rows)
          return
        }
        if passes > 1 || format.hasAlpha {
          let height = passes > 1 ? height : 1
          var memory = [UInt8](repeating: 0, count: height * width * pixelBytes)
          if passes > 1 {
            try memory.withUnsafeMutableBufferPointer { memory throws(PNGError) in
              try readRows(height, passes: passes, into: memory)
            }
          }
          self.memory = memory
        }
      }
      if memory.isEmpty {
        try readRows(count, passes: 1, into: rows)
      } else {
        for y in 0..<count { try readFromMemory(row: y, rows, alpha) }
      }
    }

    private func readRows(
      _ count: Int, passes: Int32, into rows: UnsafeMutableBufferPointer<UInt8>
    ) throws(PNGError) {
      let stride = width * pixelBytes
      for _ in 0..<passes {
        for y in 0..<count {
          try check(cpng_reader_row(handle, rows.baseAddress.map { $0 + y * stride }))
        }
      }
    }

    /// Hands out a row that is in memory, or comes into it now, as color and alpha.
    private func readFromMemory(
      row y: Int, _ rows: UnsafeMutableBufferPointer<UInt8>,
      _ alpha: UnsafeMutableBufferPointer<UInt8>
    ) throws(PNGError) {
      let (colorBytes, alphaBytes, pixelBytes) = (format.colorBytes, format.alphaBytes, pixelBytes)
      try memory.withUnsafeMutableBufferPointer { memory throws(PNGError) in
        guard let color = rows.baseAddress.map({ $0 + y * width * colorBytes }),
          let base = memory.baseAddress
        else { return }
        if !isInterlaced { try check(cpng_reader_row(handle, base)) }
        let row = base + (isInterlaced ? rowsDone * width * pixelBytes : 0)
        rowsDone += 1
        guard let alpha = alpha.baseAddress.map({ $0 + y * width * alphaBytes }), alphaBytes > 0
        else {
          color.update(from: row, count: width * colorBytes)
          return
        }
        for x in 0..<width {
          for c in 0..<colorBytes { color[x * colorBytes + c] = row[x * pixelBytes + c] }
          for a in 0..<alphaBytes {
            alpha[x * alphaBytes + a] = row[x * pixelBytes + colorBytes + a]
          }
        }
      }
    }

    /// Reads the rest of the file: metadata after the pixels. To be called after the last row.
    public func finish() throws(PNGError) {
      chunks.rowsAreComplete = true
      try check(cpng_reader_finish(handle))
      try chunks.finish(surplusPixels: cpng_reader_has_surplus(handle) != 0)
    }
  }
}

extension cpng_header {
  /// Of the file's samples, at most 64.
  fileprivate var storedBitsPerPixel: Int {
    let samples =
      switch color_type {
      case 2: 3
      case 4: 2
      case 6: 4
      default: 1
      }
    return Int(bit_depth) * samples
  }
}
