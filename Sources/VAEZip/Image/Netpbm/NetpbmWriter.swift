extension Netpbm {
  /// The two kinds of files that are written.
  public enum Kind: String, Sendable, CaseIterable {
    /// PPM (P6) of color, PGM (P5) of gray; without alpha.
    case ppm
    /// PAM (P7) of any picture.
    case pam
  }

  /// Writes an image row by row. Metadata have no place.
  public final class Writer {
    private let width: Int
    private let format: Image.Format
    private var bytes: [UInt8]

    /// - Throws: `NetpbmError.unsupported` for alpha in a PPM.
    public init(width: Int, height: Int, format: Image.Format, kind: Kind) throws(NetpbmError) {
      self.width = width
      self.format = format
      let maximum = format.depth == .sixteen ? 65535 : 255
      switch kind {
      case .ppm:
        guard !format.hasAlpha else {
          throw .unsupported("the picture has alpha, which PPM and PGM cannot hold; PAM and PNG can")
        }
        bytes = Array("\(format.channels == .gray ? "P5" : "P6")\n\(width) \(height)\n\(maximum)\n".utf8)
      case .pam:
        let type = (format.channels == .gray ? "GRAYSCALE" : "RGB") + (format.hasAlpha ? "_ALPHA" : "")
        bytes = Array(
          """
          P7
          WIDTH \(width)
          HEIGHT \(height)
          DEPTH \(format.samples)
          MAXVAL \(maximum)
          TUPLTYPE \(type)
          ENDHDR

          """.utf8)
      }
    }

    /// Writes the next rows: some whole ones, as `Image.pixels` and `Image.alpha` have them.
    public func write(_ rows: UnsafeBufferPointer<UInt8>, alpha: UnsafeBufferPointer<UInt8>) {
      if !format.hasAlpha, format.depth == format.colorDepth {
        bytes.append(contentsOf: rows)
        return
      }
      let (samples, colorBytes) = (Int(format.channels.rawValue), format.colorDepth.bytes)
      for pixel in 0..<rows.count / format.colorBytes {
        for sample in pixel * samples..<(pixel + 1) * samples {
          // Of 16 bits, v · 257 has the byte v twice.
          for byte in 0..<format.depth.bytes { bytes.append(rows[sample * colorBytes + byte % colorBytes]) }
        }
        for byte in 0..<format.alphaBytes { bytes.append(alpha[pixel * format.alphaBytes + byte]) }
      }
    }

    /// The bytes that were produced since the last call of `take`.
    public func take() -> [UInt8] {
      defer { bytes = [] }
      return bytes
    }
  }
}
