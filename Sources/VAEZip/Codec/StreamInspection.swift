import VAEZipContainer
import VAEZipExact
import VAEZipInference
import VAEZipLatents
import VAEZipSupport

extension ImageDecoder {
  /// Where the bytes of a file go, and the information content of its symbols.
  ///
  /// - Throws: as `decode`; the pixels are not looked at.
  package func rateStatistics(_ bytes: [UInt8]) throws(CodecError) -> RateStatistics {
    let file = try wholeFile(bytes)
    var statistics = RateStatistics()
    for tile in try decodeTiles(file, bytes, measuresRate: true) { statistics.add(tile.rates) }
    statistics.alphaBytes = file.tiles.reduce(0) { $0 + $1.alpha }
    statistics.exactPixels = try CodecError.wrap { () throws(VZError) in
      try file.exactPixels(in: bytes)
    }
    statistics.exactBytes = file.tiles.reduce(0) { $0 + $1.exact }
    statistics.containerBytes = bytes.count - statistics.fileBytes
    return statistics
  }

  /// Segments, frames and bits of each tile's streams.
  ///
  /// - Throws: as `decode`; the pixels are not looked at.
  package func streamStatistics(_ bytes: [UInt8]) throws(CodecError) -> [TileStatistics] {
    try decodeTiles(wholeFile(bytes), bytes, measuresRate: false)
  }

  /// A file all of whose checksums are right, but for those of the pixels.
  private func wholeFile(_ bytes: [UInt8]) throws(CodecError) -> VZFile {
    try CodecError.wrap { () throws(VZError) in
      let file = try VZFile(parsing: bytes, limits: limits)
      for tile in file.tiles.indices { try file.verify(tile: tile, in: bytes) }
      try file.verifyEnd(of: bytes)
      return file
    }
  }

  /// Decodes all streams, and nothing else: a tile's memory on each thread, whatever the image's size.
  private func decodeTiles(
    _ file: VZFile, _ bytes: [UInt8], measuresRate: Bool
  ) throws(CodecError) -> [TileStatistics] {
    let header = file.header
    let region = header.region(ofTile: 0)
    let setup = try DecoderSetup(self, header, region: region, goal: .latents)
    guard var decoder = setup.network?.tileDecoder else {
      return Array(repeating: TileStatistics(), count: header.tileCount)
    }
    decoder.measuresRate = measuresRate
    let channels = decoder.coder.latentWidth
    let (width, height) = ((region.width + 15) / 16, (region.height + 15) / 16)
    let threads = Threads(self.threads)
    let tiles = threads.count * FeatureMap.byteCount(width: width, height: height, channels: channels)
    // Statistics come with as many copies as results have on their way.
    let results = 3 * MemoryLayout<TileStatistics>.stride * header.tileCount
    try checkMemory(setup.byteCount + file.chunkMemory + tiles + results)
    return try threads.map(header.tileCount) { [decoder] index throws(CodecError) in
      let tile = Tile(index, header: header)
      let map = FeatureMap(width: tile.width, height: tile.height, channels: channels)
      let streams = try CodecError.wrap { () throws(VZError) in
        try file.streams(ofTile: index, in: bytes)
      }
      // A tile without latents has no symbols.
      if let first = streams.exact.first, ExactCoder.isWithoutLatents(first) { return TileStatistics() }
      return try decoder.decode(
        index, tile, streams.symbols, output: Rows(all: View(map)).from(-tile.x, -tile.y))
    }
  }
}

extension VZFile {
  /// Number of exact pixels. Maps that cannot be read count as full; only decoding tells.
  package func exactPixels(in bytes: [UInt8]) throws(VZError) -> Int {
    var count = 0
    for (index, entry) in tiles.enumerated() where entry.exact > 0 {
      let stream = try streams(ofTile: index, in: bytes).exact
      let coder = ExactRing.coder(index, of: header)
      count += coder.exactPixels(stream)
    }
    return count
  }
}
