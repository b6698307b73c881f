/// The streams of a tile: symbols (Formats/VZ-symbols.md says what is in them), and alpha.
public struct TileStreams: Sendable, Equatable {
  public var hyper: [UInt8]
  public var pass1: [UInt8]
  public var pass2: [UInt8]
  /// Empty if, and only if, the image has no alpha.
  public var alpha: [UInt8]

  public init(hyper: [UInt8], pass1: [UInt8], pass2: [UInt8], alpha: [UInt8] = []) {
    self.hyper = hyper
    self.pass1 = pass1
    self.pass2 = pass2
    self.alpha = alpha
  }

  /// Bytes of all streams.
  public var size: Int { hyper.count + pass1.count + pass2.count + alpha.count }
}

/// A .vz file in memory, between its bytes and its symbols (Formats/VZ.md).
public struct Container: Sendable, Equatable {
  /// The first bytes of every .vz file.
  public static let signature: [UInt8] = [0xD6, 0x56, 0x5A, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Bytes of the trailer: a checksum of the colour, and one of the alpha.
  static func trailerSize(_ format: Image.Format) -> Int { format.hasAlpha ? 8 : 4 }

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
  /// `Checksum.hash32` of the decoded colour, as `Image.pixels` has them.
  public let pixelChecksum: UInt32
  /// `Checksum.hash32` of the alpha, as `Image.alpha` has it; nil if the image has none.
  public let alphaChecksum: UInt32?

  /// - Throws: `invalidField` if the number of tiles is not the header's, a stream has 2³² bytes
  ///   or more, or there is alpha and the header has none, or the reverse.
  public init(
    header: ContainerHeader, chunks: [ContainerChunk] = [], tiles: [TileStreams],
    pixelChecksum: UInt32, alphaChecksum: UInt32? = nil
  ) throws(ContainerError) {
    let hasAlpha = header.format.hasAlpha
    guard hasAlpha == (alphaChecksum != nil), tiles.allSatisfy({ $0.alpha.isEmpty != hasAlpha })
    else {
      throw .invalidField(
        "alpha", offset: 26, expected: hasAlpha ? "alpha" : "no alpha",
        found: hasAlpha ? "none" : "some")
    }
    guard tiles.count == header.tileCount else {
      throw .invalidField(
        "tiles", offset: ContainerHeader.size, expected: "\(header.tileCount)",
        found: "\(tiles.count)")
    }
    for tile in tiles {
      let longest = max(
        tile.hyper.count, tile.pass1.count, tile.pass2.count, tile.alpha.count)
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
    self.alphaChecksum = alphaChecksum
  }

  /// Bytes of the file outside the tiles' streams.
  public var overhead: Int { serializedFront().count + Self.trailerSize(header.format) }

  /// The bytes of the file.
  public func serialized() -> [UInt8] {
    var writer = ByteWriter()
    writer.append(serializedFront())
    for tile in tiles {
      writer.append(tile.hyper)
      writer.append(tile.pass1)
      writer.append(tile.pass2)
      writer.append(tile.alpha)
    }
    writer.append(pixelChecksum)
    if let alphaChecksum { writer.append(alphaChecksum) }
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
      if header.format.hasAlpha { index.append(varint: UInt32(tile.alpha.count)) }
      index.append(Checksum.hash32(tile.hyper + tile.pass1 + tile.pass2 + tile.alpha))
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
    let (pixelChecksum, alphaChecksum) = try layout.checksums(in: bytes)
    self.header = layout.header
    self.chunks = layout.chunks
    self.tiles = tiles
    self.pixelChecksum = pixelChecksum
    self.alphaChecksum = alphaChecksum
  }

  /// - Throws: `pixelChecksumMismatch` or `alphaChecksumMismatch` if `image` is not the picture that
  ///   was encoded.
  public func verify(_ image: Image) throws(ContainerError) {
    let found = Checksum.hash32(image.pixels)
    guard found == pixelChecksum else {
      throw .pixelChecksumMismatch(expected: pixelChecksum, found: found)
    }
    let foundAlpha = Checksum.hash32(image.alpha ?? [])
    if let alphaChecksum, foundAlpha != alphaChecksum {
      throw .alphaChecksumMismatch(expected: alphaChecksum, found: foundAlpha)
    }
  }
}
