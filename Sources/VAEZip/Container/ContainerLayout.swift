/// Where everything is in a .vz file: its header, its chunks and its tile index, without the tiles.
///
/// This is what decoding a region, going on in spite of damage, or reporting on a file begins with.
public struct ContainerLayout: Sendable, Equatable {
  /// A tile's entry in the index.
  public struct Entry: Sendable, Equatable {
    /// Of the tile's first byte in the file.
    public let offset: Int
    /// Bytes of the streams, in the order of the file.
    public let hyper: Int
    public let pass1: Int
    public let pass2: Int
    /// 0 if the image has no alpha.
    public let alpha: Int
    /// Of the tile's bytes.
    public let checksum: UInt32

    /// Bytes of the tile.
    public var size: Int { hyper + pass1 + pass2 + alpha }
  }

  public let header: ContainerHeader
  /// Ancillary ones.
  public let chunks: [ContainerChunk]
  /// In raster order.
  public let tiles: [Entry]
  /// Of the trailer in the file.
  public let trailerOffset: Int
  /// Bytes of the whole file.
  public var fileSize: Int { trailerOffset + Container.trailerSize(header.format) }

  /// Reads everything in front of the tiles, and checks it. The tiles themselves need not be there.
  ///
  /// - Parameters:
  ///   - bytes: the file, or its beginning.
  ///   - limits: checked before memory that depends on them is allocated.
  public init(
    parsing bytes: [UInt8], limits: Container.Limits = .default
  ) throws(ContainerError) {
    var reader = ByteReader(bytes)
    let (header, chunksFollow) = try ContainerHeader.parse(&reader)
    let pixels = header.width * header.height
    guard pixels <= limits.pixels else {
      throw .limitExceeded("pixels", limit: limits.pixels, found: pixels)
    }
    self.header = header
    chunks =
      chunksFollow ? try ContainerChunk.parseList(&reader, limit: limits.chunkBytes) : []

    // Each entry has some bytes at least, so this bounds the array by the size of the file.
    let hasAlpha = header.format.hasAlpha
    let minimum = header.tileCount * (hasAlpha ? 8 : Self.minimumEntrySize)
    guard minimum <= reader.remaining else {
      throw .truncated(
        .index, offset: reader.offset, expected: minimum, found: reader.remaining)
    }
    let indexStart = reader.offset
    var entries: [Entry] = []
    entries.reserveCapacity(header.tileCount)
    var position = 0
    for tile in 0..<header.tileCount {
      let entry = Entry(
        offset: position,
        hyper: Int(try reader.varint("length of tile \(tile)'s hyper stream", of: .index)),
        pass1: Int(try reader.varint("length of tile \(tile)'s pass 1 stream", of: .index)),
        pass2: Int(try reader.varint("length of tile \(tile)'s pass 2 stream", of: .index)),
        alpha: hasAlpha ? Int(try reader.varint("length of tile \(tile)'s alpha", of: .index)) : 0,
        checksum: try reader.u32(of: .index))
      guard !hasAlpha || entry.alpha > 0 else {
        throw .invalidField(
          "length of tile \(tile)'s alpha", offset: reader.offset - 5, expected: "at least 1",
          found: "0")
      }
      // No overflow: 2²⁸ tiles of at most 2³⁴ bytes.
      position += entry.size
      entries.append(entry)
    }
    try reader.checksum(of: bytes[indexStart..<reader.offset], .index)
    let tilesStart = reader.offset
    tiles = entries.map { entry in
      Entry(
        offset: tilesStart + entry.offset, hyper: entry.hyper, pass1: entry.pass1,
        pass2: entry.pass2, alpha: entry.alpha, checksum: entry.checksum)
    }
    trailerOffset = tilesStart + position
  }

  /// Bytes in the index of a tile whose streams are empty: three lengths and a checksum.
  static let minimumEntrySize = 7

  /// The streams of a tile, their checksum compared.
  ///
  /// - Parameters:
  ///   - tile: its number in raster order, 0 ..< `tiles.count`.
  ///   - bytes: the file that this is the layout of.
  public func streams(ofTile tile: Int, in bytes: [UInt8]) throws(ContainerError) -> TileStreams {
    let entry = tiles[tile]
    let all = try verify(tile: tile, in: bytes)
    return TileStreams(
      hyper: Array(all.prefix(entry.hyper)),
      pass1: Array(all.dropFirst(entry.hyper).prefix(entry.pass1)),
      pass2: Array(all.dropFirst(entry.hyper + entry.pass1).prefix(entry.pass2)),
      alpha: Array(all.suffix(entry.alpha)))
  }

  /// Compares a tile's checksum.
  ///
  /// - Returns: the tile's bytes.
  @discardableResult
  func verify(tile: Int, in bytes: [UInt8]) throws(ContainerError) -> ArraySlice<UInt8> {
    let entry = tiles[tile]
    // Negative if the file ends before the tile: then even one without bytes is not there.
    let found = bytes.count - entry.offset
    guard entry.size <= found else {
      throw .truncated(
        .tile(tile), offset: entry.offset, expected: entry.size, found: max(0, found))
    }
    let all = bytes[entry.offset..<entry.offset + entry.size]
    let checksum = Checksum.hash32(all)
    guard checksum == entry.checksum else {
      throw .checksumMismatch(
        .tile(tile), offset: entry.offset, expected: entry.checksum, found: checksum)
    }
    return all
  }

  /// The checksums of the pixels, which are the end of the file: of colour and, if there is any, of
  /// alpha.
  func checksums(in bytes: [UInt8]) throws(ContainerError) -> (colour: UInt32, alpha: UInt32?) {
    guard bytes.count <= fileSize else {
      throw .trailingBytes(offset: fileSize, count: bytes.count - fileSize)
    }
    var trailer = ByteReader(bytes)
    _ = try trailer.take(trailerOffset, of: .trailer)
    let colour = try trailer.u32(of: .trailer)
    return (colour, header.format.hasAlpha ? try trailer.u32(of: .trailer) : nil)
  }

  /// - Parameter found: of the decoded pixels; nil if there is nothing to compare.
  func verifyEnd(
    of bytes: [UInt8], checksums found: (colour: UInt32, alpha: UInt32)? = nil
  ) throws(ContainerError) {
    let expected = try checksums(in: bytes)
    guard let found else { return }
    guard found.colour == expected.colour else {
      throw .pixelChecksumMismatch(expected: expected.colour, found: found.colour)
    }
    if let alpha = expected.alpha, found.alpha != alpha {
      throw .alphaChecksumMismatch(expected: alpha, found: found.alpha)
    }
  }
}
