import VAEZipSupport

/// The reason why a PNG could not be read or written. `description` is one line.
public enum PNGError: Error, Equatable, CustomStringConvertible {
  /// The signature is missing. Holds the bytes in its place.
  case notPNG(found: [UInt8])
  /// The bytes end, at an offset, before the image does.
  case truncated(offset: Int)
  /// The header says that there are no pixels.
  case empty(width: Int, height: Int)
  /// More pixels than the caller's limits allow.
  case tooLarge(width: Int, height: Int, limits: PNG.Limits)
  /// More bytes of metadata than the caller's limit allows.
  case tooMuchMetadata(limit: Int)
  /// The file is too small to hold as many pixels as its header claims, however well compressed.
  case implausible(width: Int, height: Int, bytes: Int)
  /// Any other fault, mostly in the words of libpng ("IDAT: CRC error"). The file had been read up to
  /// the offset.
  case damaged(String, offset: Int)
  /// The source could not be read; the system's words.
  case notRead(String)
  /// libpng could not write; its words.
  case notWritten(String)

  /// One line for a person.
  public var description: String {
    switch self {
    case .notPNG(let found):
      "not a PNG file: expected the signature \(Self.hex(PNG.signature)) at offset 0, found "
        + (found.isEmpty ? "nothing" : Self.hex(found))
    case .truncated(let offset): "truncated PNG: expected more, found its end at offset \(offset)"
    case .empty(let width, let height):
      "invalid PNG: size at offset 16: expected at least 1 × 1, found \(width) × \(height)"
    case .tooLarge(let width, let height, let limits):
      "too large: size at offset 16: the limit is \(limits), found \(width) × \(height)"
    case .tooMuchMetadata(let limit):
      "the PNG's metadata have more than the limit of \(limit) bytes"
    case .implausible(let width, let height, let bytes):
      "damaged PNG: \(bytes) bytes cannot hold \(width)×\(height) pixels"
    case .damaged(let text, let offset): "damaged PNG: \(text), found before offset \(offset)"
    case .notRead(let text): text
    case .notWritten(let text): "cannot write the PNG: \(text)"
    }
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { hexadecimal(UInt64($0), digits: 2) }.joined(separator: " ")
  }
}
