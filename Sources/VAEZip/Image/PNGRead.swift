import CPNGShim

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
    let result = bytes.withUnsafeBufferPointer { bytes in
      Result { () throws(PNGError) in try read(bytes, limits: limits) }
    }
    return try result.get()
  }

  private static func read(
    _ bytes: UnsafeBufferPointer<UInt8>, limits: Limits
  ) throws(PNGError) -> Decoded {
    let reader = try Reader(bytes)
    let header = reader.header
    let (width, height) = (Int(header.width), Int(header.height))
    guard limits.allow(width: width, height: height) else {
      throw .tooLarge(width: width, height: height, limits: limits)
    }
    // Deflate makes at most 1032 bytes of one, so a header that promises more is a forgery.
    let bits = width.multipliedFullWidth(by: height * header.storedBitsPerPixel)
    let (most, overflow) = bytes.count.multipliedReportingOverflow(by: 1032 * 8)
    guard bits.high == 0, overflow || bits.low <= UInt(most) else {
      throw .implausible(width: width, height: height, bytes: bytes.count)
    }
    // No overflow: the product is below 2^31 · 2^31 · 3, and within the limits.
    let count = width * height * Int(header.channels)
    var outcome: Result<Bool, PNGError> = .success(false)
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      outcome = Result { () throws(PNGError) in try reader.readPixels(into: buffer) }
      if case .success = outcome { initialized = count }
    }
    let translucent = try outcome.get()

    var notices: [String] = []
    if header.bit_depth == 16 { notices.append("16 bits a sample rounded to 8") }
    if translucent { notices.append("alpha dropped") }
    let image = Image(
      width: width, height: height, channels: header.channels == 1 ? .grey : .rgb, pixels: pixels)
    return Decoded(image: image, notices: notices)
  }
}

/// A PNG being read; the bytes must outlive it.
private final class Reader {
  private let handle: OpaquePointer
  private(set) var header = cpng_header()

  /// Reads the header.
  init(_ bytes: UnsafeBufferPointer<UInt8>) throws(PNGError) {
    guard !bytes.isEmpty, bytes.starts(with: PNG.signature.prefix(bytes.count)) else { throw .notPNG }
    // After the signature: IHDR's length and name, then width and height.
    if bytes.count >= 24 {
      func size(at offset: Int) -> Int {
        bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
      }
      let (width, height) = (size(at: 16), size(at: 20))
      guard width > 0, height > 0 else { throw .empty(width: width, height: height) }
    }
    guard let handle = cpng_reader_create(bytes.baseAddress, bytes.count) else {
      throw .damaged("out of memory")
    }
    self.handle = handle
    try check(cpng_reader_header(handle, &header))
  }

  deinit { cpng_reader_destroy(handle) }

  private func check(_ status: cpng_status) throws(PNGError) {
    switch status {
    case CPNG_OK: return
    case CPNG_TRUNCATED: throw .truncated
    default: throw .damaged(String(cString: cpng_reader_message(handle)))
    }
  }

  /// Fills `pixels` (height × width × channels bytes); returns whether a pixel was not opaque.
  func readPixels(into pixels: UnsafeMutableBufferPointer<UInt8>) throws(PNGError) -> Bool {
    let stride = Int(header.width) * Int(header.channels)
    var passes: Int32 = 0
    try check(cpng_reader_start(handle, &passes))
    for _ in 0..<passes {
      for y in 0..<Int(header.height) {
        try check(cpng_reader_row(handle, pixels.baseAddress.map { $0 + y * stride }))
      }
    }
    var trailing = 0
    var translucent: Int32 = 0
    try check(cpng_reader_finish(handle, &trailing, &translucent))
    guard trailing == 0 else { throw .trailingBytes(trailing) }
    return translucent != 0
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
