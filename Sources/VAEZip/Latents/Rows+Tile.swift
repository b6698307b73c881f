import VAEZipInference
import VAEZipSupport

extension Rows {
  /// XXH64 of the values of a tile's positions, in row-major order.
  package func hash(_ tile: Tile, channels: Int) -> UInt64 {
    let checksum = RunningChecksum()
    for y in 0..<tile.height {
      let row = UnsafeRawBufferPointer(
        start: at(tile.x, tile.y + y).pointer,
        count: tile.width * channels * MemoryLayout<Int16>.stride)
      checksum.update(row.assumingMemoryBound(to: UInt8.self))
    }
    return checksum.hash64
  }

  /// Makes the values of a tile's positions zero.
  package func clear(_ tile: Tile, channels: Int) {
    for y in 0..<tile.height {
      at(tile.x, tile.y + y).pointer.update(repeating: 0, count: tile.width * channels)
    }
  }
}
