import VAEZipInference
import VAEZipSupport

/// A ring of latent rows between the transforms and the tile coder. It is high enough that every thread
/// has a tile while the next row of tiles is filled or drained.
package struct LatentRing {
  /// Rows of tiles in memory.
  package let tileRows: Int
  /// In latent positions; the last row of tiles may be lower.
  package let tileHeight: Int
  private let width, height, channels: Int
  /// Rows in memory.
  private let count: Int

  /// - Parameter delay: how many more rows of tiles must be in memory.
  package init(_ area: TileArea, channels: Int, threads: Threads, delay: Int = 0) {
    tileHeight = area.tileSide
    (width, height, self.channels) = (area.width, area.height, channels)
    tileRows = Self.tileRows(area, threads: threads, delay: delay)
    count = min(tileRows * tileHeight, height)
  }

  /// Rows of tiles that a ring has in memory.
  package static func tileRows(_ area: TileArea, threads: Threads, delay: Int = 0) -> Int {
    let busy = (threads.count + area.columns.count - 1) / area.columns.count
    return min(1 + delay + busy, area.rows.count)
  }

  /// Bytes of the map.
  package var byteCount: Int {
    FeatureMap.byteCount(width: width, height: count, channels: channels, isRing: true)
  }

  /// The ring in latent rows.
  package var schedule: RingSchedule { RingSchedule(height: height, capacity: count) }
  /// A row of tiles as rows of the ring.
  package var tiles: RingRows { RingRows(step: tileHeight) }

  package func makeMap() -> FeatureMap {
    FeatureMap(width: width, height: count, channels: channels, isRing: true)
  }
}
