import CXXHash

// Formats/VZ.md, "Conventions".

/// Reads a file from its front.
struct ByteCursor {
  let bytes: [UInt8]
  var position = 0

  mutating func take(_ count: Int) throws -> [UInt8] {
    guard count <= bytes.count - position else { throw FormatError("the file ends early") }
    position += count
    return Array(bytes[position - count..<position])
  }

  /// An unsigned little-endian integer of so many bytes.
  mutating func integer(_ count: Int) throws -> Int {
    try take(count).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// An unsigned LEB128 of at most 32 bits, in its shortest form.
  mutating func varint() throws -> Int {
    var value = 0
    for group in 0..<5 {
      let byte = try integer(1)
      value |= (byte & 0x7F) << (7 * group)
      if byte < 0x80 {
        guard byte != 0 || group == 0, value < 1 << 32 else { throw FormatError("varint") }
        return value
      }
    }
    throw FormatError("varint")
  }
}

/// XXH64 with seed 0.
func hash(_ bytes: [UInt8]) -> UInt64 { XXH64(bytes, bytes.count, 0) }

/// The low 32 bits of XXH64.
func checksum(_ bytes: [UInt8]) -> Int { Int(hash(bytes) & 0xFFFF_FFFF) }
