/// Why a PNG could not be read or written. `description` is one line for a person.
public enum PNGError: Error, Equatable, CustomStringConvertible {
  /// The signature is missing.
  case notPNG
  /// The bytes end before the image does.
  case truncated
  /// The header says that there are no pixels.
  case empty(width: Int, height: Int)
  /// More pixels than the caller's limits allow.
  case tooLarge(width: Int, height: Int, limits: PNG.Limits)
  /// More bytes of metadata than the caller's limit allows.
  case tooMuchMetadata(limit: Int)
  /// The file is too small to hold as many pixels as its header claims, however well compressed.
  case implausible(width: Int, height: Int, bytes: Int)
  /// Bytes after the end of the PNG.
  case trailingBytes(Int)
  /// Anything else that libpng objects to, in its words ("IDAT: CRC error").
  case damaged(String)
  /// The bytes could not be had; the system's words.
  case notRead(String)
  /// libpng could not write; its words.
  case notWritten(String)

  public var description: String {
    switch self {
    case .notPNG: "not a PNG file"
    case .truncated: "truncated PNG: the file ends before the image does"
    case .empty(let width, let height): "the PNG has no pixels (\(width)×\(height))"
    case .tooLarge(let width, let height, let limits):
      "\(width)×\(height) pixels are more than the limit of \(limits)"
    case .tooMuchMetadata(let limit):
      "the PNG's metadata have more than the limit of \(limit) bytes"
    case .implausible(let width, let height, let bytes):
      "damaged PNG: \(bytes) bytes cannot hold \(width)×\(height) pixels"
    case .trailingBytes(let count): "damaged PNG: \(count) bytes after its end"
    case .damaged(let text): "damaged PNG: \(text)"
    case .notRead(let text): text
    case .notWritten(let text): "cannot write the PNG: \(text)"
    }
  }
}
