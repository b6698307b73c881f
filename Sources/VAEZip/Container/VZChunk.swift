import VAEZipSupport

/// A chunk of a .vz file (Formats/VZ.md, Chunks): metadata, or something that later versions
/// add. `ImageMetadata` gives chunks their meaning.
package struct VZChunk: Sendable, Equatable {
  /// Four ASCII letters.
  package let type: String
  package let data: [UInt8]

  /// Most bytes of `data` that the format allows.
  package static let maximumLength = Int(Int32.max)

  /// Whoever does not know the type must not decode the file.
  package var isCritical: Bool { type.utf8.first.map { $0 & 0x20 == 0 } ?? true }
  /// May be kept by a program that changes the pixels.
  package var isSafeToCopy: Bool { type.utf8.last.map { $0 & 0x20 != 0 } ?? false }

  /// - Throws: `invalidField` if the type is not four letters of which the third is upper case,
  ///   or if there are too many data.
  package init(type: String, data: [UInt8]) throws(VZError) {
    try self.init(type: Array(type.utf8)[...], data: data, offset: 0)
  }

  private init(type: ArraySlice<UInt8>, data: [UInt8], offset: Int) throws(VZError) {
    self.type = try Self.name(type, offset: offset)
    guard data.count <= Self.maximumLength else {
      throw .invalidField(
        "length of chunk \(self.type)", offset: offset,
        expected: "at most \(Self.maximumLength)", found: "\(data.count)")
    }
    self.data = data
  }

  /// The type as text, if it is one.
  private static func name(
    _ bytes: ArraySlice<UInt8>, offset: Int
  ) throws(VZError) -> String {
    let letters = bytes.allSatisfy { 0x41...0x5A ~= $0 & 0xDF && $0 < 0x80 }
    guard bytes.count == 4, letters, bytes[bytes.startIndex + 2] & 0x20 == 0 else {
      throw .invalidField(
        "chunk type", offset: offset, expected: "four letters, the third upper case",
        found: bytes.map { hexadecimal(UInt64($0), digits: 2) }.joined(separator: " "))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension VZChunk {
  /// Bytes of memory for a chunk, and for its copies on the way to the picture's metadata.
  var memory: Int { Self.memory(data.count) }
  private static func memory(_ length: Int) -> Int { 3 * length + 256 }

  /// Bytes of a chunk beside its data: type, length, checksum.
  static let frameSize = 12

  func serialize(to writer: inout ByteWriter) {
    var chunk = ByteWriter()
    chunk.append(type.utf8)
    chunk.append(UInt32(data.count))
    chunk.append(data)
    writer.append(chunk.bytes)
    writer.append(Checksum.hash32(chunk.bytes))
  }

  /// Reads the list of chunks up to and including the zero byte that ends it.
  /// - Throws: also `unknownCriticalChunk`, and `limitExceeded` for more bytes in all than the limits
  ///   allow, in the file or in memory.
  static func parseList(
    _ reader: inout ByteReader, limits: VZFile.Limits
  ) throws(VZError) -> [VZChunk] {
    let limit = limits.chunkBytes
    var chunks: [VZChunk] = []
    var memory = 0
    var hasProfile = false
    let listStart = reader.offset
    while true {
      let start = reader.offset
      if reader.remaining > 0, reader.bytes[start] == 0 {
        _ = try reader.u8(of: .chunks)
        break
      }
      let type = try reader.take(4, of: .chunks)
      let name = try Self.name(type, offset: start)
      let length = Int(try reader.u32(of: .chunk(name)))
      guard length <= maximumLength else {
        throw .invalidField(
          "length of chunk \(name)", offset: start + 4, expected: "at most \(maximumLength)",
          found: "\(length)")
      }
      let size = start - listStart + length + frameSize
      guard size <= limit else { throw .limitExceeded("bytes of chunks", limit: limit, found: size) }
      memory += Self.memory(length)
      guard memory <= limits.memory else {
        throw .limitExceeded("bytes of memory for chunks", limit: limits.memory, found: memory)
      }
      let data = try reader.take(length, of: .chunk(name))
      try reader.checksum(of: reader.bytes[start..<reader.offset], .chunk(name))
      let chunk = try VZChunk(type: type, data: Array(data), offset: start)
      guard !chunk.isCritical else { throw .unknownCriticalChunk(name, offset: start) }
      if name == ProfileChunk.type {
        memory += Self.memory(try chunk.profileLength(offset: start, isFirst: !hasProfile))
        hasProfile = true
        guard memory <= limits.memory else {
          throw .limitExceeded("bytes of memory for chunks", limit: limits.memory, found: memory)
        }
      }
      chunks.append(chunk)
    }
    guard !chunks.isEmpty else {
      throw .invalidField("chunks", offset: listStart, expected: "at least one", found: "none")
    }
    return chunks
  }

  /// The length of the profile in a zICC chunk, in bytes.
  private func profileLength(offset: Int, isFirst: Bool) throws(VZError) -> Int {
    guard isFirst, let length = ProfileChunk.profileLength(data), ProfileChunk.profile(data) != nil else {
      throw .invalidField(
        "chunk \(type)", offset: offset, expected: "one color profile",
        found: isFirst ? "damaged data" : "a second one")
    }
    return length
  }
}
