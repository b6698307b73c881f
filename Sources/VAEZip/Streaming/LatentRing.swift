/// A window of latents on a side of the tiles: so many tiles high that all threads can be busy with
/// tiles while a row of them is filled or emptied.
struct LatentRing {
  /// Rows of tiles in memory.
  let tileRows: Int
  /// In latent positions; the last row of tiles may be lower.
  let tileHeight: Int
  private let width, height, channels: Int
  /// Rows in memory.
  private let count: Int

  /// - Parameter delay: how many more rows of tiles must be in memory.
  init(_ area: TileArea, channels: Int, threads: Threads, delay: Int = 0) {
    tileHeight = area.tileSide
    (width, height, self.channels) = (area.width, area.height, channels)
    let busy = (threads.count + area.columns.count - 1) / area.columns.count
    tileRows = min(1 + delay + busy, area.rows.count)
    count = min(tileRows * tileHeight, height)
  }

  /// Bytes of the map.
  var byteCount: Int { FeatureMap.byteCount(width: width, height: count, channels: channels) }

  func makeMap() -> FeatureMap { FeatureMap(width: width, height: count, channels: channels) }

  /// Lets tiles wait for the rows of the latent that they code.
  func wait<Failure>(
    _ pipeline: Pipeline<Failure>, tiles: Pipeline<Failure>.Stage,
    forRows rows: Pipeline<Failure>.Stage
  ) {
    let (tileHeight, height) = (tileHeight, height)
    pipeline.wait(tiles, for: rows) { min(($0 + 1) * tileHeight, height) }
  }

  /// Lets rows of the latent wait for the tiles that they are in.
  ///
  /// - Parameter skipped: how many rows of the tiles are above the first one that is used.
  func wait<Failure>(
    _ pipeline: Pipeline<Failure>, rows: Pipeline<Failure>.Stage,
    forTiles tiles: Pipeline<Failure>.Stage, skipped: Int = 0
  ) {
    let tileHeight = tileHeight
    pipeline.wait(rows, for: tiles) { ($0 + skipped) / tileHeight + 1 }
  }

  /// Lets rows that are written wait until the tiles that were in their place are done with.
  func wait<Failure>(
    _ pipeline: Pipeline<Failure>, rows: Pipeline<Failure>.Stage,
    forRoomBehind tiles: Pipeline<Failure>.Stage
  ) {
    let (tileHeight, count) = (tileHeight, count)
    pipeline.wait(rows, for: tiles) { $0 < count ? 0 : ($0 - count) / tileHeight + 1 }
  }

  /// Lets tiles that are written wait until the rows that were in their place are done with: have been
  /// read, and even those that nobody reads have been written.
  func wait<Failure>(
    _ pipeline: Pipeline<Failure>, tiles: Pipeline<Failure>.Stage,
    forRoomBehind rows: Pipeline<Failure>.Stage, skipped: Int = 0
  ) {
    let (tileHeight, height, count) = (tileHeight, height, count)
    func replaced(_ row: Int) -> Int { min((row + 1) * tileHeight, height) - count }
    pipeline.wait(tiles, for: rows) { replaced($0) - skipped }
    pipeline.wait(tiles, for: tiles) { (replaced($0) + tileHeight - 1) / tileHeight }
  }
}

extension PixelRing {
  /// Lets the stage that writes pixels and the one that uses them, band by band, wait for one
  /// another.
  func connect<Failure>(
    _ pipeline: Pipeline<Failure>, from writer: StackStages<Failure>,
    to reader: Pipeline<Failure>.Stage
  ) {
    let (step, count) = (writer.lastStep, count)
    pipeline.wait(reader, for: writer.last) { writer.lastRows(2 * $0 + 2) }
    pipeline.wait(writer.last, for: reader) { row in
      // The last of the rows of pixels that are written over.
      let oldest = 8 * step * (row + 1) - 1 - count
      return oldest < 0 ? 0 : oldest / 16 + 1
    }
  }
}
