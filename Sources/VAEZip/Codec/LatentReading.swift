import VAEZipContainer
import VAEZipInference
import VAEZipLatents

extension ImageDecoder {
  /// Calls `body` with ŷ of each row of each tile of a file, one after the other.
  ///
  /// - Parameter body: gets the row's first latent position in the image, and M values for each position, with the
  ///   fraction bits of `synthesis.latent`. Tiles without latents are left out.
  /// - Throws: as `decode`; the pixels are not looked at.
  package func forEachLatentRow(
    _ bytes: [UInt8], _ body: (_ x: Int, _ y: Int, UnsafeBufferPointer<Int16>) -> Void
  ) throws(CodecError) {
    let file = try CodecError.wrap { () throws(VZError) in
      try VZFile(parsing: bytes, limits: limits)
    }
    let setup = try DecoderSetup(self, file.header, region: nil, goal: .latents)
    try checkMemory(setup.byteCount + file.chunkMemory)
    guard let decoder = setup.network?.tileDecoder else { return }
    let (channels, gains) = (decoder.coder.latentWidth, decoder.coder.quality.inverse)
    for index in 0..<file.header.tileCount {
      let tile = Tile(index, header: file.header)
      let streams = try CodecError.wrap { () throws(VZError) in
        try file.verify(tile: index, in: bytes)
        return try file.streams(ofTile: index, in: bytes)
      }
      if try ExactPixels(streams, tile: index, file.header)?.hasLatents == false { continue }
      let map = FeatureMap(width: tile.width, height: tile.height, channels: channels)
      try decoder.decode(
        index, tile, streams.symbols, output: Rows(all: View(map)).from(-tile.x, -tile.y))
      for y in 0..<tile.height {
        let row = View(map).at(0, y)
        row.scale(by: gains, to: row, channels: channels, width: tile.width, decoder.coder.kernels)
        body(
          tile.x, tile.y + y,
          UnsafeBufferPointer(start: row.pointer, count: tile.width * channels))
      }
      withExtendedLifetime(map) {}
    }
  }
}
