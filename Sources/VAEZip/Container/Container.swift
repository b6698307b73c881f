/// The symbol streams of a tile (Formats/VZ-symbols.md says what is in them).
public struct TileStreams: Sendable, Equatable {
  public var hyper: [UInt8]
  public var pass1: [UInt8]
  public var pass2: [UInt8]

  public init(hyper: [UInt8], pass1: [UInt8], pass2: [UInt8]) {
    self.hyper = hyper
    self.pass1 = pass1
    self.pass2 = pass2
  }

  /// Bytes of all streams.
  public var size: Int { hyper.count + pass1.count + pass2.count }
}

/// A .vz file in memory, between its bytes and its symbols (Formats/VZ.md).
public struct Container: Sendable, Equatable {
  /// The first bytes of every .vz file.
  public static let signature: [UInt8] = [0xD6, 0x56, 0x5A, 0x0D, 0x0A, 0x1A, 0x0A]
  static let trailerSize = 4

  /// What a reader accepts of what the format allows.
  public struct Limits: Sendable, Equatable {
    /// Most pixels of an image.
    public var pixels: Int
    /// Most bytes of all chunks together.
    public var chunkBytes: Int
    /// Most bytes of memory that decoding may take, as `Decoder.memoryEstimate` has it.
    public var memory: Int

    public init(pixels: Int = 1 << 30, chunkBytes: Int = 1 << 26, memory: Int = 1 << 32) {
      self.pixels = pixels
      self.chunkBytes = chunkBytes
      self.memory = memory
    }

    public static let `default` = Limits()
  }

  public let header: ContainerHeader
  /// Ancillary chunks, in the order of the file.
  public let chunks: [ContainerChunk]
  /// `header.tileCount` tiles in raster order.
  public let tiles: [TileStreams]
  /// `Checksum.hash32` of the decoded pixels, as `Image.pixels` has them.
  public let pixelChecksum: UInt32

  /// - Throws: `invalidField` if the number of tiles is not the header's, or a stream has 2³² bytes
  ///   or more.
  public init(
    header: ContainerHeader, chunks: [ContainerChunk] = [], tiles: [TileStreams],
    pixelChecksum: UInt32
  ) throws(ContainerError) {
    guard tiles.count == header.tileCount else {
      throw .invalidField(
        "tiles", offset: ContainerHeader.size, expected: "\(header.tileCount)",
        found: "\(tiles.count)")
    }
    for tile in tiles {
      let longest = max(tile.hyper.count, tile.pass1.count, tile.pass2.count)
      guard longest <= Int(UInt32.max) else {
        throw .invalidField(
          "length of a stream", offset: ContainerHeader.size, expected: "at most \(UInt32.max)",
          found: "\(longest)")
      }
    }
    self.header = header
    self.chunks = chunks
    self.tiles = tiles
    self.pixelChecksum = pixelChecksum
  }

  /// Bytes of the file outside the symbol streams.
  public var overhead: Int { serializedFront().count + Self.trailerSize }

  /// The bytes of the file.
  public func serialized() -> [UInt8] {
    var writer = ByteWriter()
    writer.append(serializedFront())
    for tile in tiles {
      writer.append(tile.hyper)
      writer.append(tile.pass1)
      writer.append(tile.pass2)
    }
    writer.append(pixelChecksum)
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
      for stream in [tile.hyper, tile.pass1, tile.pass2] {
        index.append(varint: UInt32(stream.count))
      }
      index.append(Checksum.hash32(tile.hyper + tile.pass1 + tile.pass2))
    }
    writer.append(index.bytes)
    writer.append(Checksum.hash32(index.bytes))
    return writer.bytes
  }

  /// Reads a whole file and checks all of it but the pixels.
  ///
  /// - Throws: the first thing that is wrong, from the beginning of the file on.
  public init(parsing bytes: [UInt8], limits: Limits = .default) throws(ContainerError) {
    let layout = try ContainerLayout(parsing: bytes, limits: limits)
    guard bytes.count <= layout.fileSize else {
      throw .trailingBytes(offset: layout.fileSize, count: bytes.count - layout.fileSize)
    }
    var tiles: [TileStreams] = []
    tiles.reserveCapacity(layout.tiles.count)
    for tile in layout.tiles.indices {
      tiles.append(try layout.streams(ofTile: tile, in: bytes))
    }
    let pixelChecksum = try layout.pixelChecksum(in: bytes)
    self.header = layout.header
    self.chunks = layout.chunks
    self.tiles = tiles
    self.pixelChecksum = pixelChecksum
  }

  /// - Throws: `pixelChecksumMismatch` if `image` is not the picture that was encoded.
  public func verify(_ image: Image) throws(ContainerError) {
    let found = Checksum.hash32(image.pixels)
    guard found == pixelChecksum else {
      throw .pixelChecksumMismatch(expected: pixelChecksum, found: found)
    }
  }
}
