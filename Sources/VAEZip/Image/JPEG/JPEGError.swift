import VAEZipSupport

/// The reason why a JPEG could not be read. `description` is one line.
public enum JPEGError: Error, Equatable, CustomStringConvertible {
  /// The signature is missing. Holds the bytes in its place.
  case notJPEG(found: [UInt8])
  /// The bytes end, at an offset, before the image does.
  case truncated(offset: Int)
  /// A kind of JPEG that is not read: CMYK, 12 bits a sample, lossless, hierarchical.
  case unsupported(String)
  /// More pixels than the caller's limits allow.
  case tooLarge(width: Int, height: Int, limits: PNG.Limits)
  /// The file is too small to hold as many pixels as its header claims, however well compressed.
  case implausible(width: Int, height: Int, bytes: Int)
  /// Any other fault, mostly in the words of libjpeg. The file had been read up to the offset.
  case damaged(String, offset: Int)
  /// The source could not be read; the system's words.
  case notRead(String)

  /// One line for a person.
  public var description: String {
    switch self {
    case .notJPEG(let found):
      "not a JPEG file: expected ff d8 ff at offset 0, found "
        + (found.isEmpty
          ? "nothing" : found.map { hexadecimal(UInt64($0), digits: 2) }.joined(separator: " "))
    case .truncated(let offset): "truncated JPEG: expected more, found its end at offset \(offset)"
    case .unsupported(let what):
      "a JPEG that is not read: \(what); convert it to gray or RGB of 8 bits, or to PNG"
    case .tooLarge(let width, let height, let limits):
      "too large: the limit is \(limits), found \(width) × \(height)"
    case .implausible(let width, let height, let bytes):
      "damaged JPEG: \(bytes) bytes cannot hold \(width)×\(height) pixels"
    case .damaged(let text, let offset): "damaged JPEG: \(text), found before offset \(offset)"
    case .notRead(let text): text
    }
  }
}
