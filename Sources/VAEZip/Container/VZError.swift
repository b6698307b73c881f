import VAEZipSupport

/// The reason why bytes cannot be read as a .vz file: the place, what was expected and what was found.
/// The description is one line.
public enum VZError: Error, Sendable, Equatable {
  /// A part of the file, in the words of Formats/VZ.md.
  public enum Part: Sendable, Equatable {
    /// The first seven bytes.
    case signature
    /// The first 32 bytes.
    case header
    /// A chunk of a type.
    case chunk(String)
    /// The list of chunks.
    case chunks
    /// The tile index.
    case index
    /// A tile by its number in raster order.
    case tile(Int)
    /// The checksums at the end.
    case trailer
  }

  /// The file does not begin as a .vz file does. Holds its first bytes, at most seven.
  case notVZ(found: [UInt8])
  /// Begins almost as a .vz file does: line ends were converted, or bytes cut to 7 bits.
  case textTransfer(found: [UInt8])
  /// A version that this reader does not know.
  case unsupportedVersion(UInt8)
  /// The file ends inside a part: `expected` bytes from `offset` on, `found` are left.
  case truncated(Part, offset: Int, expected: Int, found: Int)
  /// The checksum stored at `offset` is `expected`; that of the bytes is `found`.
  case checksumMismatch(Part, offset: Int, expected: UInt32, found: UInt32)
  /// A field has a value outside what the format allows.
  case invalidField(String, offset: Int, expected: String, found: String)
  /// A valid size that exceeds the reader's limit.
  case limitExceeded(String, limit: Int, found: Int)
  /// A critical chunk of an unknown type. The file must not be decoded.
  case unknownCriticalChunk(String, offset: Int)
  /// Bytes after the end of the file.
  case trailingBytes(offset: Int, count: Int)
  /// The decoded pixels are not those that were encoded.
  case pixelChecksumMismatch(expected: UInt32, found: UInt32)
  /// The decoded alpha is not what was encoded.
  case alphaChecksumMismatch(expected: UInt32, found: UInt32)
  /// What the streams decode to (latents, exact pixels, alpha) is not what was encoded.
  case contentChecksumMismatch(expected: UInt32, found: UInt32)
}

extension VZError.Part: CustomStringConvertible {
  /// The part's name in messages.
  public var description: String {
    switch self {
    case .signature: "signature"
    case .header: "header"
    case .chunk(let type): "chunk \(type)"
    case .chunks: "chunks"
    case .index: "tile index"
    case .tile(let number): "tile \(number)"
    case .trailer: "trailer"
    }
  }
}

extension VZError: CustomStringConvertible {
  /// One line for a person.
  public var description: String {
    switch self {
    case .notVZ(let found):
      found.isEmpty
        ? "not a .vz file: it is empty"
        : "not a .vz file: expected the signature \(hex(VZFile.signature)) at offset 0, "
          + "found \(hex(found))"
    case .textTransfer(let found):
      "damaged .vz file: it was transferred as text: expected the signature "
        + "\(hex(VZFile.signature)) at offset 0, found \(hex(found))"
    case .unsupportedVersion(let version):
      "unknown .vz version: expected 1 or \(VZHeader.version) at offset 7, found \(version)"
    case .truncated(let part, let offset, let expected, let found):
      "truncated .vz file: \(part) at offset \(offset): expected \(expected) bytes, found \(found)"
    case .checksumMismatch(let part, let offset, let expected, let found):
      "damaged .vz file: \(part): expected the checksum \(hex(expected)) stored at offset "
        + "\(offset), found \(hex(found))"
    case .invalidField(let name, let offset, let expected, let found):
      "invalid .vz file: \(name) at offset \(offset): expected \(expected), found \(found)"
    case .limitExceeded(let name, let limit, let found):
      "too large: \(name): the limit is \(limit), found \(found)"
    case .unknownCriticalChunk(let type, let offset):
      "unsupported .vz file: unknown critical chunk \(type) at offset \(offset)"
    case .trailingBytes(let offset, let count):
      "invalid .vz file: expected its end at offset \(offset), found \(count) more bytes"
    case .pixelChecksumMismatch(let expected, let found):
      "wrong pixels: expected the checksum \(hex(expected)), found \(hex(found))"
    case .alphaChecksumMismatch(let expected, let found):
      "wrong alpha: expected the checksum \(hex(expected)), found \(hex(found))"
    case .contentChecksumMismatch(let expected, let found):
      "wrong content: expected the checksum \(hex(expected)) of latents, exact pixels and alpha, "
        + "found \(hex(found))"
    }
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { hexadecimal(UInt64($0), digits: 2) }.joined(separator: " ")
  }

  private func hex(_ value: UInt32) -> String { hexadecimal(UInt64(value), digits: 8) }
}
