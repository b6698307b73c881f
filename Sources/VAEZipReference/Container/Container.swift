/// A .vz file taken apart: Formats/VZ.md.
struct Container {
  var version = 0
  var width = 0, height = 0
  var modelID: UInt64 = 0
  /// In 1/256 quality level.
  var quality = 0
  /// 1 gray, 3 RGB.
  var colors = 0
  var hasAlpha = false
  /// Of an alpha sample: 1 or 2.
  var sampleBytes = 0
  /// Whether tiles may have exact streams, and the bytes of their samples: 1 or 2.
  var hasExact = false, exactBytes = 1
  /// In pixels.
  var tileSize = 0
  var tiles: [TileBytes] = []
  /// Version 1: checksums of color and alpha. From version 2 on: one of the tiles' hashes.
  var trailer: [Int] = []

  /// The bytes of a tile.
  struct TileBytes {
    /// Hyper, first pass, second pass.
    var symbols: [[UInt8]] = []
    var exact: [UInt8] = []
    var alpha: [UInt8] = []
  }

  /// "Layout": the parts follow each other without gaps.
  init(_ bytes: [UInt8]) throws {
    var cursor = ByteCursor(bytes: bytes)
    if try header(&cursor) { try Self.skipChunks(&cursor) }
    let index = try tileIndex(&cursor)
    for entry in index {
      // "Tiles".
      let start = cursor.position
      let symbols = try entry.lengths.map { try cursor.take($0) }
      let exact = try cursor.take(entry.exactLength)
      let alpha = try cursor.take(entry.alphaLength)
      guard checksum(Array(bytes[start..<cursor.position])) == entry.checksum else {
        throw FormatError("tile checksum")
      }
      tiles.append(TileBytes(symbols: symbols, exact: exact, alpha: alpha))
    }
    // "Trailer".
    trailer = [try cursor.integer(4)]
    if version == 1, hasAlpha { trailer.append(try cursor.integer(4)) }
    guard cursor.position == bytes.count else { throw FormatError("bytes after the trailer") }
  }

  /// "Header".
  /// - Returns: whether chunks follow.
  private mutating func header(_ cursor: inout ByteCursor) throws -> Bool {
    guard try cursor.take(7) == [0xD6, 0x56, 0x5A, 0x0D, 0x0A, 0x1A, 0x0A] else {
      throw FormatError("signature")
    }
    version = try cursor.integer(1)
    guard version == 1 || version == 2 else { throw FormatError("version") }
    width = try cursor.integer(4)
    height = try cursor.integer(4)
    let id = try cursor.take(8)
    modelID = id.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    quality = try cursor.integer(2)
    let format = try cursor.integer(1)
    let tiling = try cursor.integer(1)
    guard try cursor.integer(4) == checksum(Array(cursor.bytes[..<28])) else {
      throw FormatError("header checksum")
    }
    guard (1...1 << 30).contains(width), (1...1 << 30).contains(height), width * height <= 1 << 40
    else { throw FormatError("size") }
    let channels = format & 15
    guard (1...4).contains(channels), [7, 15].contains(format >> 4) else {
      throw FormatError("format")
    }
    colors = channels <= 2 ? 1 : 3
    hasAlpha = channels % 2 == 0
    sampleBytes = (format >> 4 + 1) / 8
    hasExact = tiling & 0x40 != 0
    exactBytes = tiling & 0x20 != 0 ? 2 : 1
    guard (6...14).contains(tiling & 31), hasExact || exactBytes == 1, exactBytes <= sampleBytes,
      version > 1 || !hasExact
    else { throw FormatError("tiling") }
    guard version == 1 || modelID != 0 || hasExact else { throw FormatError("no model") }
    tileSize = 1 << (tiling & 31)
    return tiling & 0x80 != 0
  }

  /// "Chunks": metadata, which no pixel depends on.
  private static func skipChunks(_ cursor: inout ByteCursor) throws {
    repeat {
      let start = cursor.position
      let type = try cursor.take(4)
      guard type.allSatisfy({ (0x41...0x5A).contains($0 & 0xDF) }), type[2] & 0x20 == 0 else {
        throw FormatError("chunk type")
      }
      // This decoder knows no critical chunk.
      guard type[0] & 0x20 != 0 else { throw FormatError("critical chunk") }
      _ = try cursor.take(try cursor.integer(4))
      let sum = checksum(Array(cursor.bytes[start..<cursor.position]))
      guard try cursor.integer(4) == sum else { throw FormatError("chunk checksum") }
    } while cursor.position < cursor.bytes.count && cursor.bytes[cursor.position] != 0
    _ = try cursor.take(1)
  }

  // MARK: Tile index

  private struct IndexEntry {
    /// Of the hyper, the first-pass, the second-pass stream.
    var lengths: [Int] = []
    var exactLength = 0
    var alphaLength = 0
    var checksum = 0
  }

  private func tileIndex(_ cursor: inout ByteCursor) throws -> [IndexEntry] {
    let start = cursor.position
    var entries: [IndexEntry] = []
    for _ in 0..<tileColumns * tileRows {
      var entry = IndexEntry()
      for _ in 0..<3 { entry.lengths.append(try cursor.varint()) }
      if hasExact { entry.exactLength = try cursor.varint() }
      if hasAlpha { entry.alphaLength = try cursor.varint() }
      entry.checksum = try cursor.integer(4)
      entries.append(entry)
    }
    let sum = checksum(Array(cursor.bytes[start..<cursor.position]))
    guard try cursor.integer(4) == sum else { throw FormatError("index checksum") }
    return entries
  }

  private var tileColumns: Int { (width + tileSize - 1) / tileSize }
  private var tileRows: Int { (height + tileSize - 1) / tileSize }

  // MARK: Places of tiles

  struct Rectangle {
    let x, y, width, height: Int
  }

  /// The pixels of a tile. Tiles are numbered in raster order.
  func tile(_ index: Int) -> Rectangle {
    let (x, y) = (index % tileColumns * tileSize, index / tileColumns * tileSize)
    return Rectangle(x: x, y: y, width: min(tileSize, width - x), height: min(tileSize, height - y))
  }

  var latentColumns: Int { (width + 15) / 16 }
  var latentRows: Int { (height + 15) / 16 }

  /// The latent positions of a tile ("Tiles").
  func latentTile(_ index: Int) -> Rectangle {
    let tile = tile(index)
    let (x, y) = (tile.x / 16, tile.y / 16)
    return Rectangle(
      x: x, y: y, width: min(tileSize / 16, latentColumns - x),
      height: min(tileSize / 16, latentRows - y))
  }
}
