import VAEZipSupport

/// A whole .vz file in memory: header, chunks and every tile's streams (Formats/VZ.md).
package struct VZContents: Sendable, Equatable {
  package let header: VZHeader
  /// Ancillary chunks, in the order of the file.
  package let chunks: [VZChunk]
  /// `header.tileCount` tiles in raster order.
  package let tiles: [TileStreams]
  /// The checksums of what the tiles decode to.
  package let trailer: VZTrailer

  /// - Throws: `invalidField` if the number of tiles is not the header's, a stream has 2³² bytes
  ///   or more, or there are exact streams or alpha and the header has none.
  package init(
    header: VZHeader, chunks: [VZChunk] = [], tiles: [TileStreams], trailer: VZTrailer
  ) throws(VZError) {
    let hasAlpha = header.format.hasAlpha
    guard tiles.allSatisfy({ $0.alpha.isEmpty != hasAlpha }) else {
      throw .invalidField(
        "alpha", offset: 26, expected: hasAlpha ? "alpha" : "no alpha",
        found: hasAlpha ? "none" : "some")
    }
    guard header.exactDepth != nil || tiles.allSatisfy(\.exact.isEmpty) else {
      throw .invalidField("exact streams", offset: 27, expected: "none", found: "some")
    }
    guard tiles.count == header.tileCount else {
      throw .invalidField(
        "tiles", offset: VZHeader.size, expected: "\(header.tileCount)",
        found: "\(tiles.count)")
    }
    for tile in tiles {
      let longest = tile.all.map(\.count).max() ?? 0
      guard longest <= Int(UInt32.max) else {
        throw .invalidField(
          "length of a stream", offset: VZHeader.size, expected: "at most \(UInt32.max)",
          found: "\(longest)")
      }
    }
    self.header = header
    self.chunks = chunks
    self.tiles = tiles
    self.trailer = trailer
  }

  /// Bytes of the file outside the tiles' streams.
  package var overhead: Int { serializedFront().count + VZFile.trailerSize(header) }

  /// The bytes of the file.
  package func serialized() -> [UInt8] {
    var writer = ByteWriter()
    writer.append(serializedFront())
    for stream in tiles.lazy.flatMap(\.all) { writer.append(stream) }
    for checksum in trailer.all { writer.append(checksum) }
    return writer.bytes
  }

  /// Header, chunks and tile index.
  private func serializedFront() -> [UInt8] {
    var writer = ByteWriter()
    writer.append(header.serialized(chunksFollow: !chunks.isEmpty))
    if !chunks.isEmpty {
      for chunk in chunks { chunk.serialize(to: &writer) }
      writer.append(UInt8(0))
    }
    var index = ByteWriter()
    for tile in tiles {
      for stream in tile.symbols.all { index.append(varint: UInt32(stream.count)) }
      if header.exactDepth != nil { index.append(varint: UInt32(tile.exact.count)) }
      if header.format.hasAlpha { index.append(varint: UInt32(tile.alpha.count)) }
      index.append(Checksum.hash32(Array(tile.all.joined())))
    }
    writer.append(index.bytes)
    writer.append(Checksum.hash32(index.bytes))
    return writer.bytes
  }

  /// Reads a whole file and checks all of it but what the streams decode to.
  ///
  /// - Throws: the first thing that is wrong, from the beginning of the file on.
  package init(parsing bytes: [UInt8], limits: VZFile.Limits = .default) throws(VZError) {
    let file = try VZFile(parsing: bytes, limits: limits)
    guard bytes.count <= file.fileSize else {
      throw .trailingBytes(offset: file.fileSize, count: bytes.count - file.fileSize)
    }
    var tiles: [TileStreams] = []
    tiles.reserveCapacity(file.tiles.count)
    for tile in file.tiles.indices {
      tiles.append(try file.streams(ofTile: tile, in: bytes))
    }
    trailer = try file.trailer(in: bytes)
    self.header = file.header
    self.chunks = file.chunks
    self.tiles = tiles
  }
}
