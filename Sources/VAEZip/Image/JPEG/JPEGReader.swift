import CJPEGShim
import VAEZipSupport

/// JPEG (ITU-T T.81) in, through libjpeg-turbo: gray and color of 8 bits; baseline, progressive, arithmetic.
public enum JPEG {
  /// The first bytes of every JPEG file.
  public static let signature: [UInt8] = [0xFF, 0xD8, 0xFF]

  /// Reads a JPEG row by row.
  ///
  /// Exif data, XMP, the color profile and the resolution become the chunks that PNG has for them. The orientation stays
  /// in the Exif data, and the pixels as they are stored. A file that is damaged or ends too early is an error, not a
  /// picture with gray parts.
  ///
  /// No more than a few rows of the image are in memory, unless the file is progressive: then all of its coefficients
  /// are.
  public final class Reader: ImageSource {
    /// In pixels, at least 1.
    public let width: Int
    /// In pixels, at least 1.
    public let height: Int
    /// Gray or RGB, 8 bits.
    public let format: Image.Format
    /// As `Image.metadata`.
    public let metadata: ImageMetadata
    /// What the image lost on the way, a line each: markers that are not kept.
    public let notices: [String]
    /// Bytes of memory that reading takes.
    public let memoryEstimate: Int

    private let source: Source
    private let handle: OpaquePointer
    private var hasStarted = false

    /// Reads the header.
    ///
    /// - Parameters:
    ///   - size: of the file in bytes, if known: a header that promises more than such a file can hold is refused.
    ///   - keepsMetadata: whether `metadata` will be the file's; if not, they are skipped.
    ///   - pull: writes some of the next bytes of the file to memory and returns their number, 0 at the end. It may
    ///     throw `JPEGError.notRead`.
    /// - Throws: `JPEGError`.
    public init(
      limits: PNG.Limits = .default, size: Int? = nil, keepsMetadata: Bool = true,
      pull: @escaping (UnsafeMutableBufferPointer<UInt8>) throws(JPEGError) -> Int
    ) throws(JPEGError) {
      source = Source(pull)
      let read: cjpeg_source = { context, out, capacity in
        guard let context, let out else { return 0 }
        let source = Unmanaged<Source>.fromOpaque(context).takeUnretainedValue()
        return source.read(UnsafeMutableBufferPointer(start: out, count: capacity))
      }
      let most = max(1, limits.metadataBytes)
      guard let handle = cjpeg_reader_create(read, Unmanaged.passUnretained(source).toOpaque(), most) else {
        throw .damaged("out of memory", offset: 0)
      }
      var header = cjpeg_header()
      do throws(JPEGError) {
        try Self.check(cjpeg_reader_header(handle, &header), handle, source)
        try Self.check(header, limits: limits, size: size)
      } catch {
        cjpeg_reader_destroy(handle)
        throw error
      }
      self.handle = handle
      (width, height) = (Int(header.width), Int(header.height))
      format = header.channels == 1 ? .gray : .rgb
      // A few rows of blocks, and all coefficients of a progressive file, 2 bytes each.
      memoryEstimate =
        64 * 4 * width + (header.progressive != 0 ? 2 * Int(header.coefficients) : 0)
      let found = JPEGMetadata(handle, header)
      metadata = keepsMetadata ? found.metadata : ImageMetadata()
      notices = keepsMetadata ? found.notices : []
    }

    deinit { cjpeg_reader_destroy(handle) }

    private static func check(
      _ status: cjpeg_status, _ handle: OpaquePointer, _ source: Source
    ) throws(JPEGError) {
      if let failure = source.failure { throw failure }
      let message = String(cString: cjpeg_reader_message(handle))
      switch status {
      case CJPEG_OK: return
      case CJPEG_TRUNCATED:
        if cjpeg_reader_offset(handle) < 3 { throw .notJPEG(found: source.beginning) }
        throw .truncated(offset: cjpeg_reader_offset(handle))
      case CJPEG_UNSUPPORTED: throw .unsupported(message)
      default:
        guard source.beginning.starts(with: JPEG.signature) else {
          throw .notJPEG(found: source.beginning)
        }
        throw .damaged(message, offset: cjpeg_reader_offset(handle))
      }
    }

    private static func check(_ header: cjpeg_header, limits: PNG.Limits, size: Int?) throws(JPEGError) {
      let (width, height) = (Int(header.width), Int(header.height))
      guard limits.allow(width: width, height: height) else {
        throw .tooLarge(width: width, height: height, limits: limits)
      }
      guard let size, header.arithmetic == 0 else { return }
      // Huffman's codes have at least a bit for each block of 8 × 8 samples of the finest component.
      let (most, overflow) = size.multipliedReportingOverflow(by: 8 * 64)
      guard overflow || width * height <= most else {
        throw .implausible(width: width, height: height, bytes: size)
      }
    }

    private func check(_ status: cjpeg_status) throws(JPEGError) {
      try Self.check(status, handle, source)
    }

    /// Fills memory with the next rows: some whole ones. `alpha` is empty.
    public func read(
      into rows: UnsafeMutableBufferPointer<UInt8>, alpha: UnsafeMutableBufferPointer<UInt8>
    ) throws(JPEGError) {
      if !hasStarted {
        hasStarted = true
        try check(cjpeg_reader_start(handle))
      }
      let stride = width * format.colorBytes
      guard let base = rows.baseAddress else { return }
      for y in 0..<rows.count / stride { try check(cjpeg_reader_row(handle, base + y * stride)) }
    }

    /// Reads the end of the image. To be called after the last row. Bytes that follow it are not looked at: cameras put
    /// other pictures there.
    public func finish() throws(JPEGError) { try check(cjpeg_reader_finish(handle)) }
  }

  /// The bytes of a file on their way to libjpeg.
  private final class Source {
    private let pull: (UnsafeMutableBufferPointer<UInt8>) throws(JPEGError) -> Int
    private(set) var failure: JPEGError?
    /// The first bytes of the file, at most eight.
    private(set) var beginning: [UInt8] = []

    init(_ pull: @escaping (UnsafeMutableBufferPointer<UInt8>) throws(JPEGError) -> Int) { self.pull = pull }

    func read(_ buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
      do throws(JPEGError) {
        let count = try pull(buffer)
        if beginning.count < 8 { beginning += buffer.prefix(min(count, 8 - beginning.count)) }
        return count
      } catch {
        failure = error
        return 0
      }
    }
  }
}
