import CPNGShim

extension PNG {
  /// Reads a PNG row by row, as `PNG.read` does whole.
  ///
  /// No more than a row of the image is in memory, unless the file is interlaced (Adam7): then all
  /// of it is from the first row on.
  public final class Reader: ImageSource {
    public let width: Int
    public let height: Int
    public let channels: Image.Channels
    /// Whether the file is interlaced.
    public let isInterlaced: Bool
    /// As `PNG.Decoded.notices`; complete when all rows were read.
    public private(set) var notices: [String] = []

    private let bytes: PNGBytes
    private let handle: OpaquePointer
    private var hasStarted = false
    /// An interlaced image, and how much of it was handed out.
    private var image: [UInt8] = []
    private var offset = 0

    /// Reads the header.
    ///
    /// - Parameters:
    ///   - size: of the file in bytes, if known: a header that promises more than such a file can
    ///     hold is refused.
    ///   - pull: writes the next bytes of the file to memory, as many as it likes; says how many, 0
    ///     at the end. It may throw `PNGError.notRead`.
    /// - Throws: `PNGError`.
    public init(
      limits: Limits = .default, size: Int? = nil,
      pull: @escaping (UnsafeMutableBufferPointer<UInt8>) throws(PNGError) -> Int
    ) throws(PNGError) {
      bytes = PNGBytes(pull)
      // After the signature: IHDR's length and name, then width and height.
      let start = try bytes.peek(24)
      guard !start.isEmpty, start.starts(with: PNG.signature.prefix(start.count)) else {
        throw .notPNG
      }
      if start.count == 24 {
        func size(at offset: Int) -> Int {
          start[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        let (width, height) = (size(at: 16), size(at: 20))
        guard width > 0, height > 0 else { throw .empty(width: width, height: height) }
      }
      let source: cpng_source = { context, out, count in
        guard let context, let out else { return 0 }
        let bytes = Unmanaged<PNGBytes>.fromOpaque(context).takeUnretainedValue()
        return bytes.take(out, count) ? 1 : 0
      }
      let context = Unmanaged.passUnretained(bytes).toOpaque()
      guard let handle = cpng_reader_create(source, context) else {
        throw .damaged("out of memory")
      }
      var header = cpng_header()
      do throws(PNGError) {
        try Self.check(cpng_reader_header(handle, &header), handle, bytes)
        try Self.check(header, limits: limits, size: size)
      } catch {
        cpng_reader_destroy(handle)
        throw error
      }
      self.handle = handle
      (width, height) = (Int(header.width), Int(header.height))
      channels = header.channels == 1 ? .grey : .rgb
      isInterlaced = header.interlaced != 0
      if header.bit_depth == 16 { notices.append("16 bits a sample rounded to 8") }
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
      _ status: cpng_status, _ handle: OpaquePointer, _ bytes: PNGBytes
    ) throws(PNGError) {
      if let failure = bytes.failure { throw failure }
      switch status {
      case CPNG_OK: return
      case CPNG_TRUNCATED: throw .truncated
      default: throw .damaged(String(cString: cpng_reader_message(handle)))
      }
    }

    private func check(_ status: cpng_status) throws(PNGError) {
      try Self.check(status, handle, bytes)
    }

    /// Bytes of memory that reading takes: those of some rows or, if interlaced, of all.
    public var memoryEstimate: Int {
      // libpng has rows of up to 8 bytes a pixel: one, the one above it, and a few of their kind.
      8 * 8 * width + (isInterlaced ? width * height * Int(channels.rawValue) : 0)
    }

    /// Fills memory with the next rows: some whole ones.
    public func read(into rows: UnsafeMutableBufferPointer<UInt8>) throws(PNGError) {
      let stride = width * Int(channels.rawValue)
      let isWhole = rows.count == height * stride
      if !hasStarted {
        hasStarted = true
        var passes: Int32 = 0
        try check(cpng_reader_start(handle, &passes))
        if passes > 1 {
          // Pixels of all passes come together in one memory: the caller's, if it takes them all.
          if isWhole {
            try readPasses(passes, into: rows)
            return
          }
          var image = [UInt8](repeating: 0, count: height * stride)
          try image.withUnsafeMutableBufferPointer { image throws(PNGError) in
            try readPasses(passes, into: image)
          }
          self.image = image
        }
      }
      if !image.isEmpty {
        _ = image.withUnsafeBufferPointer {
          rows.update(fromContentsOf: $0[offset..<offset + rows.count])
        }
        offset += rows.count
        return
      }
      try readPasses(1, into: rows)
    }

    private func readPasses(
      _ passes: Int32, into rows: UnsafeMutableBufferPointer<UInt8>
    ) throws(PNGError) {
      let stride = width * Int(channels.rawValue)
      for _ in 0..<passes {
        for y in 0..<rows.count / stride {
          try check(cpng_reader_row(handle, rows.baseAddress.map { $0 + y * stride }))
        }
      }
    }

    /// Reads the file to its end, behind which there must be nothing.
    public func finish() throws(PNGError) {
      var translucent: Int32 = 0
      try check(cpng_reader_finish(handle, &translucent))
      let trailing = try bytes.countRest()
      guard trailing == 0 else { throw .trailingBytes(trailing) }
      if translucent != 0 { notices.append("alpha dropped") }
    }
  }
}

extension cpng_header {
  /// Of the file's samples, at most 64.
  fileprivate var storedBitsPerPixel: Int {
    let samples = switch color_type {
    case 2: 3
    case 4: 2
    case 6: 4
    default: 1
    }
    return Int(bit_depth) * samples
  }
}
