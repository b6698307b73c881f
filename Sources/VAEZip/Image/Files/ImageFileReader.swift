extension ImageFile {
  /// Reads a picture's file of any kind row by row.
  ///
  /// ```swift
  /// let encoded = try encoder.encode(from: ImageFile.Reader { buffer in … })
  /// ```
  public final class Reader: ImageSource {
    /// What the file is.
    public let kind: Kind
    private let reader: AnyReader

    private enum AnyReader {
      case png(PNG.Reader)
      case jpeg(JPEG.Reader)
      case netpbm(Netpbm.Reader)
    }

    /// Reads the header.
    ///
    /// - Parameters:
    ///   - size: of the file in bytes, if known: a header that promises more than such a file can hold is refused.
    ///   - keepsMetadata: whether `metadata` will be the file's; if not, they are skipped.
    ///   - keepsColorDepth: whether color of 16 bits stays as it is; if not, it is rounded to 8.
    ///   - pull: writes some of the next bytes of the file to memory and returns their number, 0 at the end. It may
    ///     throw `ImageFileError.notRead`.
    /// - Throws: `ImageFileError`.
    public init(
      limits: PNG.Limits = .default, size: Int? = nil, keepsMetadata: Bool = true,
      keepsColorDepth: Bool = false,
      pull: @escaping (UnsafeMutableBufferPointer<UInt8>) throws(ImageFileError) -> Int
    ) throws(ImageFileError) {
      let bytes = Beginning(pull)
      let beginning = try bytes.peek(beginningSize)
      guard let kind = Kind(beginning: beginning) else { throw .unknownKind(found: beginning) }
      self.kind = kind
      switch kind {
      case .png:
        reader = .png(
          try Self.wrap { () throws(PNGError) in
            try PNG.Reader(
              limits: limits, size: size, keepsMetadata: keepsMetadata, keepsColorDepth: keepsColorDepth
            ) { buffer throws(PNGError) in
              do throws(ImageFileError) { return try bytes.read(buffer) } catch {
                throw .notRead(error.description)
              }
            }
          })
      case .jpeg:
        reader = .jpeg(
          try Self.wrap { () throws(JPEGError) in
            try JPEG.Reader(limits: limits, size: size, keepsMetadata: keepsMetadata) {
              buffer throws(JPEGError) in
              do throws(ImageFileError) { return try bytes.read(buffer) } catch {
                throw .notRead(error.description)
              }
            }
          })
      case .netpbm:
        reader = .netpbm(
          try Self.wrap { () throws(NetpbmError) in
            try Netpbm.Reader(limits: limits, size: size, keepsColorDepth: keepsColorDepth) {
              buffer throws(NetpbmError) in
              do throws(ImageFileError) { return try bytes.read(buffer) } catch {
                throw .notRead(error.description)
              }
            }
          })
      }
    }

    private static func wrap<Value>(
      _ body: () throws(PNGError) -> Value
    ) throws(ImageFileError) -> Value {
      do { return try body() } catch { throw .png(error) }
    }

    private static func wrap<Value>(
      _ body: () throws(JPEGError) -> Value
    ) throws(ImageFileError) -> Value {
      do { return try body() } catch { throw .jpeg(error) }
    }

    private static func wrap<Value>(
      _ body: () throws(NetpbmError) -> Value
    ) throws(ImageFileError) -> Value {
      do { return try body() } catch { throw .netpbm(error) }
    }

    /// In pixels, at least 1.
    public var width: Int {
      switch reader {
      case .png(let reader): reader.width
      case .jpeg(let reader): reader.width
      case .netpbm(let reader): reader.width
      }
    }

    /// In pixels, at least 1.
    public var height: Int {
      switch reader {
      case .png(let reader): reader.height
      case .jpeg(let reader): reader.height
      case .netpbm(let reader): reader.height
      }
    }

    /// What the image's samples are.
    public var format: Image.Format {
      switch reader {
      case .png(let reader): reader.format
      case .jpeg(let reader): reader.format
      case .netpbm(let reader): reader.format
      }
    }

    /// As `Image.metadata`; complete after `finish`. What a JPEG has is in the chunks that PNG has for it.
    public var metadata: ImageMetadata {
      switch reader {
      case .png(let reader): reader.metadata
      case .jpeg(let reader): reader.metadata
      case .netpbm(let reader): reader.metadata
      }
    }

    /// What the image lost on the way, a line each, for the caller to print; complete after `finish`.
    public var notices: [String] {
      switch reader {
      case .png(let reader): reader.notices
      case .jpeg(let reader): reader.notices
      case .netpbm(let reader): reader.notices
      }
    }

    /// Bytes of memory that reading takes.
    public var memoryEstimate: Int {
      switch reader {
      case .png(let reader): reader.memoryEstimate
      case .jpeg(let reader): reader.memoryEstimate
      case .netpbm(let reader): reader.memoryEstimate
      }
    }

    /// Fills memory with the next rows: some whole ones. Without alpha, `alpha` is empty.
    public func read(
      into rows: UnsafeMutableBufferPointer<UInt8>, alpha: UnsafeMutableBufferPointer<UInt8>
    ) throws(ImageFileError) {
      switch reader {
      case .png(let reader):
        try Self.wrap { () throws(PNGError) in try reader.read(into: rows, alpha: alpha) }
      case .jpeg(let reader):
        try Self.wrap { () throws(JPEGError) in try reader.read(into: rows, alpha: alpha) }
      case .netpbm(let reader):
        try Self.wrap { () throws(NetpbmError) in try reader.read(into: rows, alpha: alpha) }
      }
    }

    /// Reads the rest of the file. To be called after the last row.
    public func finish() throws(ImageFileError) {
      switch reader {
      case .png(let reader): try Self.wrap { () throws(PNGError) in try reader.finish() }
      case .jpeg(let reader): try Self.wrap { () throws(JPEGError) in try reader.finish() }
      case .netpbm(let reader): try Self.wrap { () throws(NetpbmError) in try reader.finish() }
      }
    }
  }

  /// The bytes of a file, whose first ones can be looked at before they are read.
  private final class Beginning {
    private let pull: (UnsafeMutableBufferPointer<UInt8>) throws(ImageFileError) -> Int
    private var ready: [UInt8] = []
    private var isAtEnd = false

    init(_ pull: @escaping (UnsafeMutableBufferPointer<UInt8>) throws(ImageFileError) -> Int) {
      self.pull = pull
    }

    /// The first bytes, as many as there are of `count`.
    func peek(_ count: Int) throws(ImageFileError) -> [UInt8] {
      while ready.count < count, !isAtEnd {
        var part = [UInt8](repeating: 0, count: count - ready.count)
        let outcome = part.withUnsafeMutableBufferPointer { buffer in
          Result { () throws(ImageFileError) in try pull(buffer) }
        }
        let got = try outcome.get()
        isAtEnd = got == 0
        ready += part.prefix(got)
      }
      return ready
    }

    func read(_ buffer: UnsafeMutableBufferPointer<UInt8>) throws(ImageFileError) -> Int {
      guard !ready.isEmpty else { return isAtEnd ? 0 : try pull(buffer) }
      let count = min(ready.count, buffer.count)
      _ = buffer.update(fromContentsOf: ready[..<count])
      ready.removeFirst(count)
      return count
    }
  }

  /// Reads a picture's file of any kind.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - keepsMetadata: whether `Image.metadata` has the file's.
  ///   - keepsColorDepth: whether color of 16 bits stays as it is, for lossless coding.
  /// - Throws: `ImageFileError`.
  public static func read(
    _ bytes: [UInt8], limits: PNG.Limits = .default, keepsMetadata: Bool = true,
    keepsColorDepth: Bool = false
  ) throws(ImageFileError) -> PNG.Decoded {
    var position = 0
    let reader = try Reader(
      limits: limits, size: bytes.count, keepsMetadata: keepsMetadata, keepsColorDepth: keepsColorDepth
    ) { buffer in
      let count = min(buffer.count, bytes.count - position)
      _ = buffer.update(fromContentsOf: bytes[position..<position + count])
      position += count
      return count
    }
    // No overflow: within the limits. Memory grows with the rows that come out, so that a forged header costs little.
    var (pixels, alpha): ([UInt8], [UInt8]) = ([], [])
    var row = [UInt8](repeating: 0, count: reader.width * reader.format.colorBytes)
    var alphaRow = [UInt8](repeating: 0, count: reader.width * reader.format.alphaBytes)
    for _ in 0..<reader.height {
      let outcome = row.withUnsafeMutableBufferPointer { row in
        alphaRow.withUnsafeMutableBufferPointer { alpha in
          Result { () throws(ImageFileError) in try reader.read(into: row, alpha: alpha) }
        }
      }
      try outcome.get()
      pixels += row
      alpha += alphaRow
    }
    try reader.finish()
    let format = reader.format
    let image = Image(
      width: reader.width, height: reader.height, channels: format.channels, pixels: pixels,
      depth: format.depth, colorDepth: format.colorDepth, alpha: format.hasAlpha ? alpha : nil,
      metadata: reader.metadata)
    return PNG.Decoded(image: image, notices: reader.notices)
  }
}
