/// Reads the integers of Formats/VZ.md from bytes, one after the other. Never reads behind the end.
struct ByteReader {
  /// All bytes; indices begin at 0.
  let bytes: ArraySlice<UInt8>
  private(set) var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

  var remaining: Int { bytes.count - offset }

  /// The next `count` bytes, not copied.
  mutating func take(
    _ count: Int, of part: ContainerError.Part
  ) throws(ContainerError) -> ArraySlice<UInt8> {
    guard count <= remaining else {
      throw .truncated(part, offset: offset, expected: count, found: remaining)
    }
    defer { offset += count }
    return bytes[offset..<offset + count]
  }

  mutating func u8(of part: ContainerError.Part) throws(ContainerError) -> UInt8 {
    try integer(of: part)
  }
  mutating func u16(of part: ContainerError.Part) throws(ContainerError) -> UInt16 {
    try integer(of: part)
  }
  mutating func u32(of part: ContainerError.Part) throws(ContainerError) -> UInt32 {
    try integer(of: part)
  }
  mutating func u64(of part: ContainerError.Part) throws(ContainerError) -> UInt64 {
    try integer(of: part)
  }

  private mutating func integer<T: FixedWidthInteger & UnsignedInteger>(
    of part: ContainerError.Part
  ) throws(ContainerError) -> T {
    let slice = try take(T.bitWidth / 8, of: part)
    var value: T = 0
    for byte in slice.reversed() { value = T(truncatingIfNeeded: UInt64(value) << 8) | T(byte) }
    return value
  }

  /// An unsigned LEB128 of at most 32 bits in its shortest form.
  mutating func varint(
    _ name: String, of part: ContainerError.Part
  ) throws(ContainerError) -> UInt32 {
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
  mutating func checksum(
    of covered: ArraySlice<UInt8>, _ part: ContainerError.Part
  ) throws(ContainerError) {
    let start = offset
    let expected = try u32(of: part)
    let found = Checksum.hash32(covered)
    guard expected == found else {
      throw .checksumMismatch(part, offset: start, expected: expected, found: found)
    }
  }
}
