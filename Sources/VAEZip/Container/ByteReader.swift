import VAEZipSupport

/// Reads the integers of Formats/VZ.md from bytes, one after the other. Never reads past the end.
package struct ByteReader {
  /// All bytes; indices begin at 0.
  package let bytes: ArraySlice<UInt8>
  package private(set) var offset = 0

  package init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

  package var remaining: Int { bytes.count - offset }

  /// The next `count` bytes, not copied.
  package mutating func take(
    _ count: Int, of part: VZError.Part
  ) throws(VZError) -> ArraySlice<UInt8> {
    guard count <= remaining else {
      throw .truncated(part, offset: offset, expected: count, found: remaining)
    }
    defer { offset += count }
    return bytes[offset..<offset + count]
  }

  mutating func u8(of part: VZError.Part) throws(VZError) -> UInt8 {
    try integer(of: part)
  }
  mutating func u16(of part: VZError.Part) throws(VZError) -> UInt16 {
    try integer(of: part)
  }
  mutating func u32(of part: VZError.Part) throws(VZError) -> UInt32 {
    try integer(of: part)
  }
  mutating func u64(of part: VZError.Part) throws(VZError) -> UInt64 {
    try integer(of: part)
  }

  private mutating func integer<T: FixedWidthInteger & UnsignedInteger>(
    of part: VZError.Part
  ) throws(VZError) -> T {
    let slice = try take(T.bitWidth / 8, of: part)
    var value: T = 0
    for byte in slice.reversed() { value = T(truncatingIfNeeded: UInt64(value) << 8) | T(byte) }
    return value
  }

  /// An unsigned LEB128 of at most 32 bits in its shortest form.
  package mutating func varint(
    _ name: String, of part: VZError.Part
  ) throws(VZError) -> UInt32 {
    let start = offset
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 35, by: 7) {
      let byte = try u8(of: part)
      value |= UInt64(byte & 0x7F) << shift
      guard byte & 0x80 == 0 else { continue }
      guard byte != 0 || shift == 0 else {
        throw .invalidField(
          name, offset: start, expected: "the shortest form of a number",
          found: "\(offset - start) bytes for \(value)")
      }
      guard let result = UInt32(exactly: value) else { break }
      return result
    }
    throw .invalidField(name, offset: start, expected: "at most \(UInt32.max)", found: "more")
  }

  /// Reads a checksum and compares it with that of `covered`.
  package mutating func checksum(
    of covered: ArraySlice<UInt8>, _ part: VZError.Part
  ) throws(VZError) {
    let start = offset
    let expected = try u32(of: part)
    let found = Checksum.hash32(covered)
    guard expected == found else {
      throw .checksumMismatch(part, offset: start, expected: expected, found: found)
    }
  }
}
