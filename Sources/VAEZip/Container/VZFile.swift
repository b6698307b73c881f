import VAEZipImage
import VAEZipSupport

/// The beginning of a .vz file: header, metadata and the tile index.
///
/// Reading it costs microseconds, whatever the picture's size:
///
/// ```swift
/// let file = try VZFile(parsing: bytes)
/// print(file.header.width, file.header.height, file.metadata.chunks.map(\.type))
/// ```
public struct VZFile: Sendable, Equatable {
  /// A tile's entry in the index.
  public struct Entry: Sendable, Equatable {
    /// Offset of the tile's first byte in the file.
    public internal(set) var offset: Int
    /// Bytes of the streams of symbols.
    public let symbols: PerStream<Int>
    /// Bytes of the exact stream; 0 if all pixels come from the model.
    public let exact: Int
    /// Bytes of the alpha stream; 0 if the image has no alpha.
    public let alpha: Int
    /// XXH64 of the tile's bytes, its low 32 bits.
    public let checksum: UInt32

    /// Bytes of the tile.
    public var size: Int { symbols.all.reduce(exact + alpha, +) }

    /// Offset of a stream of symbols in the file.
    package func offset(of stream: SymbolStream) -> Int {
      symbols.all.prefix(stream.rawValue).reduce(offset, +)
    }
    /// Offset of the exact stream in the file.
    package var exactOffset: Int { alphaOffset - exact }
    /// Offset of the alpha stream in the file.
    package var alphaOffset: Int { offset + size - alpha }
  }

  /// Size, format, model, quality and tiles of the image.
  public let header: VZHeader
  /// Ancillary chunks, in the order of the file.
  package let chunks: [VZChunk]
  /// Metadata: color space, resolution, text, dates.
  public var metadata: ImageMetadata { ImageMetadata(chunks) }
  /// Entries of the tile index, in raster order.
  public let tiles: [Entry]
  /// Offset of the trailer in the file.
  public let trailerOffset: Int
  /// Bytes of the whole file.
  public var fileSize: Int { trailerOffset + VZFile.trailerSize(header) }

  /// Reads and checks everything before the tiles. The tiles themselves may be missing.
  ///
  /// - Parameters:
  ///   - bytes: the file, or its beginning.
  ///   - limits: checked before memory that depends on them is allocated.
  public init(
    parsing bytes: [UInt8], limits: Limits = .default
  ) throws(VZError) {
    var reader = ByteReader(bytes)
    let (header, chunksFollow) = try VZHeader.parse(&reader)
    guard header.computedPixels <= limits.pixels else {
      throw .limitExceeded(
        "pixels, in whole cells of 16 × 16", limit: limits.pixels, found: header.computedPixels)
    }
    self.header = header
    chunks = chunksFollow ? try VZChunk.parseList(&reader, limits: limits) : []

    // Each entry has some bytes at least, so this bounds the array by the size of the file.
    let minimum = header.tileCount * Self.minimumEntrySize(header)
    guard minimum <= reader.remaining else {
      throw .truncated(
        .index, offset: reader.offset, expected: minimum, found: reader.remaining)
    }
    let memory = Self.indexMemory(header) + chunks.reduce(0) { $0 + $1.memory }
    guard memory <= limits.memory else {
      throw .limitExceeded("bytes of memory", limit: limits.memory, found: memory)
    }
    let indexStart = reader.offset
    var entries: [Entry] = []
    entries.reserveCapacity(header.tileCount)
    var position = 0
    for tile in 0..<header.tileCount {
      let entry = try Self.entry(tile, &reader, header, offset: position)
      // No overflow: 2²⁸ tiles of at most 2³⁴ bytes.
      position += entry.size
      entries.append(entry)
    }
    try reader.checksum(of: bytes[indexStart..<reader.offset], .index)
    let tilesStart = reader.offset
    // In place: a copy would take as much memory again.
    for tile in entries.indices { entries[tile].offset += tilesStart }
    tiles = entries
    trailerOffset = tilesStart + position
  }

  /// Reads a tile's entry.
  private static func entry(
    _ tile: Int, _ reader: inout ByteReader, _ header: VZHeader, offset: Int
  ) throws(VZError) -> Entry {
    let hasAlpha = header.format.hasAlpha
    func length(_ stream: String) throws(VZError) -> Int {
      Int(try reader.varint("length of tile \(tile)'s \(stream)", of: .index))
    }
    let entry = Entry(
      offset: offset,
      symbols: PerStream(
        hyper: try length("hyper stream"), pass1: try length("pass 1 stream"),
        pass2: try length("pass 2 stream")),
      exact: header.exactDepth == nil ? 0 : try length("exact stream"),
      alpha: hasAlpha ? try length("alpha") : 0,
      checksum: try reader.u32(of: .index))
    guard !hasAlpha || entry.alpha > 0 else {
      throw .invalidField(
        "length of tile \(tile)'s alpha", offset: reader.offset - 5, expected: "at least 1",
        found: "0")
    }
    return entry
  }

  /// Bytes of memory that the index of an image takes.
  package static func indexMemory(_ header: VZHeader) -> Int {
    header.tileCount * MemoryLayout<Entry>.stride
  }
  /// Bytes of memory that the chunks take, and their copies on the way to the picture's metadata.
  package var chunkMemory: Int { chunks.reduce(0) { $0 + $1.memory } }

  /// Bytes in the index of a tile whose streams are as short as can be: lengths and a checksum.
  static func minimumEntrySize(_ header: VZHeader) -> Int {
    7 + (header.exactDepth == nil ? 0 : 1) + (header.format.hasAlpha ? 1 : 0)
  }

  /// The streams of a tile, their checksum compared.
  ///
  /// - Parameters:
  ///   - tile: its number in raster order, 0 ..< `tiles.count`.
  ///   - bytes: the file that this is the layout of.
  package func streams(ofTile tile: Int, in bytes: [UInt8]) throws(VZError) -> TileStreams {
    let entry = tiles[tile]
    let all = try verify(tile: tile, in: bytes)
    func part(_ stream: SymbolStream) -> [UInt8] {
      Array(all.dropFirst(entry.offset(of: stream) - entry.offset).prefix(entry.symbols[stream]))
    }
    return TileStreams(
      symbols: PerStream(hyper: part(.hyper), pass1: part(.pass1), pass2: part(.pass2)),
      exact: Array(all.suffix(entry.exact + entry.alpha).prefix(entry.exact)),
      alpha: Array(all.suffix(entry.alpha)))
  }

  /// Compares a tile's checksum.
  ///
  /// - Returns: the tile's bytes.
  @discardableResult
  package func verify(tile: Int, in bytes: [UInt8]) throws(VZError) -> ArraySlice<UInt8> {
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

  /// The checksums at the end of the file.
  package func trailer(in bytes: [UInt8]) throws(VZError) -> VZTrailer {
    guard bytes.count <= fileSize else {
      throw .trailingBytes(offset: fileSize, count: bytes.count - fileSize)
    }
    var trailer = ByteReader(bytes)
    _ = try trailer.take(trailerOffset, of: .trailer)
    let first = try trailer.u32(of: .trailer)
    guard header.version == 1 else { return .content(first) }
    return .pixels(
      color: first, alpha: header.format.hasAlpha ? try trailer.u32(of: .trailer) : nil)
  }

  /// - Parameter found: of what was decoded; nil if there is nothing to compare.
  package func verifyEnd(of bytes: [UInt8], trailer found: VZTrailer? = nil) throws(VZError) {
    let expected = try trailer(in: bytes)
    if let found { try expected.compare(found) }
  }
}

extension VZFile {
  /// The first bytes of every .vz file.
  public static let signature: [UInt8] = [0xD6, 0x56, 0x5A, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Bytes of the trailer: one checksum, or, in version 1, one of the color and one of the alpha.
  package static func trailerSize(_ header: VZHeader) -> Int {
    header.version == 1 && header.format.hasAlpha ? 8 : 4
  }

  /// What a reader accepts. The format allows more.
  public struct Limits: Sendable, Equatable {
    /// Most pixels that an image costs: those of all cells of 16 × 16 that hold a part of it. So a
    /// picture that is one pixel wide counts sixteen times.
    public var pixels: Int
    /// Most bytes of all chunks together.
    public var chunkBytes: Int
    /// Most bytes of memory that decoding may need, by `ImageDecoder.memoryEstimate`.
    public var memory: Int

    /// Limits; see the properties of the same names. The memory is in bytes.
    public init(pixels: Int = 1 << 30, chunkBytes: Int = 1 << 26, memory: Int = 1 << 32) {
      self.pixels = pixels
      self.chunkBytes = chunkBytes
      self.memory = memory
    }

    /// 2³⁰ pixels, 64 MiB of chunks, 4 GiB of memory.
    public static let `default` = Limits()
  }
}
