/// PGM, PPM and PAM in and out: the plain formats of netpbm, for pipes.
public enum Netpbm {
  /// Reads a PGM (P2, P5), PPM (P3, P6) or PAM (P7) row by row; of several pictures, the first.
  ///
  /// Samples up to 255 become 8 bits, larger ones 16: a maxval that is neither 255 nor 65535 is scaled, and noted.
  public final class Reader: ImageSource {
    /// In pixels, at least 1.
    public let width: Int
    /// In pixels, at least 1.
    public let height: Int
    /// What the image's samples are.
    public let format: Image.Format
    /// There are none.
    public var metadata: ImageMetadata { ImageMetadata() }
    /// What the image lost on the way, a line each; complete after `finish`.
    public private(set) var notices: [String] = []

    private let bytes: NetpbmBytes
    private let header: NetpbmHeader
    private var row: [UInt8]

    /// Reads the header.
    ///
    /// - Parameters:
    ///   - size: of the file in bytes, if known: a header that promises more than such a file holds is refused.
    ///   - keepsColorDepth: whether color of 16 bits stays as it is; if not, it is rounded to 8.
    ///   - pull: writes some of the next bytes of the file to memory and returns their number, 0 at the end. It may
    ///     throw `NetpbmError.notRead`.
    /// - Throws: `NetpbmError`.
    public init(
      limits: PNG.Limits = .default, size: Int? = nil, keepsColorDepth: Bool = false,
      pull: @escaping (UnsafeMutableBufferPointer<UInt8>) throws(NetpbmError) -> Int
    ) throws(NetpbmError) {
      bytes = NetpbmBytes(pull)
      header = try NetpbmHeader(bytes)
      (width, height) = (header.width, header.height)
      guard limits.allow(width: width, height: height) else {
        throw .tooLarge(width: width, height: height, limits: limits)
      }
      // No overflow: within the limits. A plain sample has a digit and a space.
      let least = width * height * header.samples * (header.isPlain ? 2 : header.sampleBytes) - 1
      if let size, size < least { throw .implausible(width: width, height: height, bytes: size) }
      let isDeep = header.maximum > 255
      format = Image.Format(
        channels: header.samples < 3 ? .gray : .rgb, hasAlpha: header.samples % 2 == 0,
        depth: isDeep ? .sixteen : .eight, colorDepth: isDeep && keepsColorDepth ? .sixteen : .eight)
      row = Array(repeating: 0, count: width * header.samples * header.sampleBytes)
      if ![255, 65535].contains(header.maximum) {
        notices.append("samples up to \(header.maximum) scaled to \(isDeep ? 65535 : 255)")
      }
      if format.depth != format.colorDepth { notices.append("16 bits a sample of color rounded to 8") }
    }

    /// Bytes of memory that reading takes: those of a row.
    public var memoryEstimate: Int { row.count + 1 << 16 }

    /// Fills memory with the next rows: some whole ones. Without alpha, `alpha` is empty.
    public func read(
      into rows: UnsafeMutableBufferPointer<UInt8>, alpha: UnsafeMutableBufferPointer<UInt8>
    ) throws(NetpbmError) {
      let colors = Int(format.channels.rawValue)
      var (place, alphaPlace) = (0, 0)
      for _ in 0..<rows.count / (width * format.colorBytes) {
        try readRow()
        for pixel in 0..<width {
          for sample in 0..<header.samples {
            let value = try self.sample(pixel * header.samples + sample)
            if sample < colors {
              place = Self.put(value, in: rows, at: place, from: format.depth, to: format.colorDepth)
            } else {
              alphaPlace = Self.put(value, in: alpha, at: alphaPlace, from: format.depth, to: format.depth)
            }
          }
        }
      }
    }

    /// Brings a row into memory as a file that is not plain has it.
    private func readRow() throws(NetpbmError) {
      guard header.isPlain else {
        // The standard library's function rethrows any error.
        let outcome = row.withUnsafeMutableBufferPointer { row in
          Result { () throws(NetpbmError) in try bytes.take(row) }
        }
        return try outcome.get()
      }
      var place = 0
      while place < row.count {
        let value = try NetpbmHeader.number(bytes, "a sample")
        guard value <= header.maximum else { throw damage(value) }
        if header.sampleBytes == 2 { row[place] = UInt8(truncatingIfNeeded: value >> 8) }
        row[place + header.sampleBytes - 1] = UInt8(truncatingIfNeeded: value)
        place += header.sampleBytes
      }
    }

    /// A sample of the row, in 8 or 16 bits.
    @inline(__always)
    private func sample(_ index: Int) throws(NetpbmError) -> Int {
      let value =
        header.sampleBytes == 2 ? Int(row[2 * index]) << 8 | Int(row[2 * index + 1]) : Int(row[index])
      guard value <= header.maximum else { throw damage(value) }
      let full = header.sampleBytes == 2 ? 65535 : 255
      return header.maximum == full ? value : (value * full + header.maximum / 2) / header.maximum
    }

    private func damage(_ value: Int) -> NetpbmError {
      .damaged("a sample of \(value), more than maxval \(header.maximum)", offset: bytes.taken)
    }

    /// Writes a sample in the depth that is asked for; returns the place after it.
    @inline(__always)
    private static func put(
      _ value: Int, in memory: UnsafeMutableBufferPointer<UInt8>, at place: Int, from: Image.Depth,
      to: Image.Depth
    ) -> Int {
      guard to == .sixteen else {
        // v / 257 to the nearest, as everywhere (Formats/VZ.md, Header).
        memory[place] = UInt8(truncatingIfNeeded: from == .eight ? value : (255 * value + 32895) >> 16)
        return place + 1
      }
      memory[place] = UInt8(truncatingIfNeeded: value >> 8)
      memory[place + 1] = UInt8(truncatingIfNeeded: value)
      return place + 2
    }

    /// Looks at what follows the picture. To be called after the last row.
    public func finish() throws(NetpbmError) {
      while let byte = try bytes.next() {
        guard NetpbmHeader.isSpace(byte) else {
          notices.append("only the first picture is read; more bytes follow it")
          return
        }
      }
    }
  }
}
