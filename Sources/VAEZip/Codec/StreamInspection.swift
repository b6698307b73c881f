import VAEZipContainer
import VAEZipInference
import VAEZipLatents
import VAEZipSupport

extension ImageDecoder {
  /// Where the bytes of a file go, and the information content of its symbols.
  ///
  /// - Throws: as `decode`; the pixels are not looked at.
  package func rateStatistics(_ bytes: [UInt8]) throws(CodecError) -> RateStatistics {
    let contents = try contents(bytes)
    var statistics = RateStatistics()
    for tile in try decodeTiles(contents, measuresRate: true) { statistics.add(tile.rates) }
    statistics.alphaBytes = contents.tiles.reduce(0) { $0 + $1.alpha.count }
    statistics.containerBytes = bytes.count - statistics.streams.bytes - statistics.alphaBytes
    return statistics
  }

  /// Segments, frames and bits of each tile's streams.
  ///
  /// - Throws: as `decode`; the pixels are not looked at.
  package func streamStatistics(_ bytes: [UInt8]) throws(CodecError) -> [TileStatistics] {
    try decodeTiles(contents(bytes), measuresRate: false)
  }

  private func contents(_ bytes: [UInt8]) throws(CodecError) -> VZContents {
    try CodecError.wrap { () throws(VZError) in try VZContents(parsing: bytes, limits: limits) }
  }

  /// Decodes all streams, and nothing else.
  private func decodeTiles(
    _ contents: VZContents, measuresRate: Bool
  ) throws(CodecError) -> [TileStatistics] {
    let setup = try DecoderSetup(self, contents.header, region: nil)
    var decoder = setup.tileDecoder
    decoder.measuresRate = measuresRate
    let (grid, header) = (setup.window.grid, contents.header)
    let latent = FeatureMap(
      width: grid.latentWidth, height: grid.latentHeight, channels: decoder.coder.latentWidth)
    return try setup.threads.map(header.tileCount) { [decoder] index throws(CodecError) in
      try decoder.decode(
        index, Tile(index, header: header), contents.tiles[index].symbols,
        output: Rows(all: View(latent)))
    }
  }
}
