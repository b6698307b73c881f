/// Makes the checksums of mutated files right, as far as their structure can be followed. Without them, a
/// mutation would hardly ever come further than the first one.
enum Repair {
  // MARK: .vz files

  /// - Parameter modelID: is put into the header; nil leaves what is there. A file without a model stays one.
  static func container(_ file: [UInt8], modelID: UInt64? = nil) -> [UInt8] {
    var bytes = file
    guard bytes.count > VZHeader.size else { return bytes }
    if let modelID, bytes[16..<24].contains(where: { $0 != 0 }) {
      for index in 0..<8 { bytes[16 + index] = UInt8(truncatingIfNeeded: modelID >> (8 * index)) }
    }
    store(Checksum.hash32(bytes[..<28]), at: 28, in: &bytes)
    var header = ByteReader(bytes)
    guard let (parsed, chunksFollow) = try? VZHeader.parse(&header) else { return bytes }
    var offset = VZHeader.size
    if chunksFollow {
      while offset + 8 <= bytes.count, bytes[offset] != 0 {
        let length = (0..<4).reversed().reduce(0) { $0 << 8 | Int(bytes[offset + 4 + $1]) }
        guard length <= bytes.count - offset - 12 else { return bytes }
        let end = offset + 8 + length
        store(Checksum.hash32(bytes[offset..<end]), at: end, in: &bytes)
        offset = end + 4
      }
      offset += 1
    }
    return index(bytes, from: offset, header: parsed)
  }

  /// Index and tiles.
  private static func index(
    _ file: [UInt8], from start: Int, header: VZHeader
  ) -> [UInt8] {
    var bytes = file
    var offset = start
    func varint() -> Int? {
      var value = 0
      for shift in stride(from: 0, to: 35, by: 7) {
        guard offset < bytes.count else { return nil }
        value |= Int(bytes[offset] & 0x7F) << shift
        offset += 1
        if bytes[offset - 1] < 0x80 { return value }
      }
      return nil
    }
    var tiles: [(size: Int, checksum: Int)] = []
    for _ in 0..<min(header.tileCount, 1024) {
      var size = 0
      let streams = 3 + (header.exactDepth == nil ? 0 : 1) + (header.format.hasAlpha ? 1 : 0)
      for _ in 0..<streams {
        guard let length = varint() else { return bytes }
        size += length
      }
      guard offset + 4 <= bytes.count else { return bytes }
      tiles.append((size, offset))
      offset += 4
    }
    let end = offset
    guard end + 4 <= bytes.count else { return bytes }
    offset += 4
    for tile in tiles {
      guard tile.size <= bytes.count - offset else { break }
      store(Checksum.hash32(bytes[offset..<offset + tile.size]), at: tile.checksum, in: &bytes)
      offset += tile.size
    }
    store(Checksum.hash32(bytes[start..<end]), at: end, in: &bytes)
    return bytes
  }

  private static func store(_ value: UInt32, at offset: Int, in bytes: inout [UInt8]) {
    for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
  }

  // MARK: PNG

  static func png(_ file: [UInt8]) -> [UInt8] {
    var bytes = file
    var offset = 8
    while offset + 12 <= bytes.count {
      let length = (0..<4).reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
      guard length <= bytes.count - offset - 12 else { return bytes }
      let end = offset + 8 + length
      var crc = UInt32.max
      for byte in bytes[offset + 4..<end] {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 0 ? 0 : 0xEDB8_8320) }
      }
      for index in 0..<4 { bytes[end + index] = UInt8(truncatingIfNeeded: ~crc >> (24 - 8 * index)) }
      offset = end + 4
    }
    return bytes
  }
}
