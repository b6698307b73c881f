/// The container reader. A file has one form only: what was read is written as the same bytes.
struct ContainerTarget: FuzzTarget {
  private static let limits = VZFile.Limits(pixels: 1 << 26, chunkBytes: 1 << 16)

  func run(_ input: [UInt8]) throws {
    for bytes in [input, Repair.container(input)] {
      do throws(VZError) {
        let layout = try VZFile(parsing: bytes, limits: Self.limits)
        for tile in layout.tiles.indices.prefix(64) {
          _ = try layout.streams(ofTile: tile, in: bytes)
        }
        let container = try VZContents(parsing: bytes, limits: Self.limits)
        precondition(container.serialized() == bytes)
      } catch {
        check(error)
      }
    }
  }

  func seeds() throws -> [[UInt8]] {
    var files: [[UInt8]] = []
    for (format, side) in [
      (Image.Format.gray, 1), (.rgb, 150),
      (Image.Format(channels: .rgb, hasAlpha: true, depth: .sixteen), 70),
    ] {
      let header = try VZHeader(
        width: side, height: 100, format: format, modelID: 7, qualityPosition: 300,
        tileSizeLog2: 6, exactDepth: side == 150 ? .eight : nil)
      let tiles = (0..<header.tileCount).map { tile in
        TileStreams(
          symbols: PerStream(
            hyper: Array(repeating: 1, count: tile), pass1: Array(repeating: 2, count: 130),
            pass2: []),
          exact: Array(repeating: 3, count: side == 150 ? tile * 70 : 0),
          alpha: format.hasAlpha ? [255, 255] : [])
      }
      let chunks = [
        try VZChunk(type: "tEXt", data: [65, 0, 66]), try VZChunk(type: "prIv", data: []),
      ]
      files.append(
        try VZContents(
          header: header, chunks: side == 1 ? [] : chunks, tiles: tiles, trailer: .content(5)
        ).serialized())
    }
    return files
  }
}
