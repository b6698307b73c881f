import VAEZipSupport

/// The reason why a PGM, PPM or PAM file could not be read, or written. `description` is one line.
public enum NetpbmError: Error, Equatable, CustomStringConvertible {
  /// The signature is missing. Holds the bytes in its place.
  case notNetpbm(found: [UInt8])
  /// The bytes end, at an offset, before the image does.
  case truncated(offset: Int)
  /// The header or a sample breaks a rule; found before the offset.
  case damaged(String, offset: Int)
  /// A kind of file that is not read, or a picture that cannot be written.
  case unsupported(String)
  /// More pixels than the caller's limits allow.
  case tooLarge(width: Int, height: Int, limits: PNG.Limits)
  /// The file is too small to hold as many pixels as its header claims.
  case implausible(width: Int, height: Int, bytes: Int)
  /// The source could not be read; the system's words.
  case notRead(String)

  /// One line for a person.
  public var description: String {
    switch self {
    case .notNetpbm(let found):
      "not a PGM, PPM or PAM file: expected P2, P3, P5, P6 or P7 at offset 0, found "
        + (found.isEmpty
          ? "nothing" : found.map { hexadecimal(UInt64($0), digits: 2) }.joined(separator: " "))
    case .truncated(let offset):
      "truncated PGM, PPM or PAM file: expected more, found its end at offset \(offset)"
    case .damaged(let text, let offset):
      "damaged PGM, PPM or PAM file: \(text), found before offset \(offset)"
    case .unsupported(let text): text
    case .tooLarge(let width, let height, let limits):
      "too large: the limit is \(limits), found \(width) × \(height)"
    case .implausible(let width, let height, let bytes):
      "truncated PGM, PPM or PAM file: \(bytes) bytes cannot hold \(width)×\(height) pixels"
    case .notRead(let text): text
    }
  }
}
