/// Paths as text that loses no byte.
///
/// Names of files are bytes, and need not be UTF-8. As text, a byte that belongs to no UTF-8 character
/// becomes a scalar of a private-use range, U+10FE80…U+10FEFF, and becomes that byte again when the
/// path is used. The bytes of these scalars themselves are treated in the same way, so that every name
/// has one text and every text one name.
enum PathText {
  /// Scalars that stand for single bytes.
  static let escapes = UInt32(0x10FE80)...0x10FEFF

  /// The scalar that stands for a byte, which is at least 80 hexadecimal.
  private static func escape(_ byte: UInt8) -> Unicode.Scalar {
    Unicode.Scalar(0x10FE00 + UInt32(byte)) ?? "\u{FFFD}"
  }

  /// The text of a path.
  static func text(_ bytes: [UInt8]) -> String {
    var scalars = String.UnicodeScalarView()
    var position = 0
    while position < bytes.count {
      var parser = Unicode.UTF8.ForwardParser()
      var rest = bytes[position...].makeIterator()
      switch parser.parseScalar(from: &rest) {
      case .valid(let encoded):
        let scalar = Unicode.UTF8.decode(encoded)
        if escapes ~= scalar.value {
          for byte in bytes[position..<position + 4] { scalars.append(escape(byte)) }
        } else {
          scalars.append(scalar)
        }
        position += encoded.count
      case .error(let length):
        for byte in bytes[position..<position + length] { scalars.append(escape(byte)) }
        position += length
      case .emptyInput:
        position = bytes.count
      }
    }
    return String(scalars)
  }

  /// The bytes of a path.
  static func bytes(_ text: String) -> [UInt8] {
    guard text.unicodeScalars.contains(where: { escapes ~= $0.value }) else {
      return Array(text.utf8)
    }
    return text.unicodeScalars.flatMap { scalar -> [UInt8] in
      escapes ~= scalar.value
        ? [UInt8(truncatingIfNeeded: scalar.value)] : Array(String(scalar).utf8)
    }
  }

  /// The path as a C string.
  static func withCString<Result>(
    _ text: String, _ body: (UnsafePointer<CChar>) -> Result
  ) -> Result {
    let path = bytes(text).map { CChar(bitPattern: $0) } + [0]
    return path.withUnsafeBufferPointer { path in
      // Never nil: there is the zero at least.
      path.baseAddress.map(body) ?? "".withCString(body)
    }
  }

  /// The path for a report that programs read: what is no UTF-8 becomes U+FFFD.
  static func repaired(_ text: String) -> String { String(decoding: bytes(text), as: UTF8.self) }

  /// The part up to the last slash; empty without one.
  static func directory(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
    return String(decoding: path.utf8[...slash], as: UTF8.self)
  }

  /// The part after the last slash, but for slashes at the end.
  static func name(of path: String) -> String {
    let parts = path.utf8.split(separator: UInt8(ascii: "/"))
    return String(decoding: parts.last ?? ""[...].utf8, as: UTF8.self)
  }

  /// What follows the name's last dot, in lower case; empty without one, and for hidden files.
  static func pathExtension(of path: String) -> String {
    let name = Array(name(of: path).utf8)
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return "" }
    return String(decoding: name[(dot + 1)...], as: UTF8.self).lowercased()
  }

  static func isAbsolute(_ path: String) -> Bool { path.utf8.first == UInt8(ascii: "/") }

  /// The path without empty parts and parts `.`.
  static func normalized(_ path: String) -> String {
    let parts = path.utf8.split(separator: UInt8(ascii: "/"))
      .filter { !$0.elementsEqual(".".utf8) }
    let joined = parts.joined(separator: "/".utf8)
    return (isAbsolute(path) ? "/" : "") + String(decoding: Array(joined), as: UTF8.self)
  }
}
