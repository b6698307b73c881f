import VAEZipContainer
import VAEZipEntropy
import VAEZipInference
import VAEZipLatents

/// What the streams of a tile consist of.
package struct TileStatistics: Sendable, Equatable {
  package var symbols = PerStream(repeating: SymbolStatistics())
  /// Only if asked for.
  package var rates = PerStream(repeating: StreamRate())
}

/// Makes the latents of a tile from its streams.
struct TileDecoder: Sendable {
  let coder: TileCoder
  let symbolCoders: SymbolCoderPool
  var measuresRate = false

  /// - Parameters:
  ///   - index: the tile's number in the image, for errors.
  ///   - output: v̂ of the picture; the tile's part of it is written.
  @discardableResult
  func decode(
    _ index: Int, _ tile: Tile, _ streams: PerStream<[UInt8]>, output: Rows
  ) throws(CodecError) -> TileStatistics {
    var statistics = TileStatistics()
    let symbolCoder = try CodecError.wrap(.hyper, ofTile: index, symbolCoders.take)
    try coder.run(
      tile, source: nil, output: output
    ) { stream, scaleIndexes, _ throws(CodecError) in
      try CodecError.wrap(stream, ofTile: index) { () throws(EntropyError) in
        let bytes = streams[stream]
        let symbols = try symbolCoder.decode(bytes, scaleIndexes: scaleIndexes)
        statistics.symbols[stream] = symbolCoder.lastStatistics
        if measuresRate {
          statistics.rates[stream] = try symbolCoder.rate(
            symbols: symbols, scaleIndexes: scaleIndexes, bytes: bytes)
        }
        return symbols
      }
    }
    symbolCoders.giveBack(symbolCoder)
    // A stream that codes no symbols must be empty.
    if coder.symbolCount(tile, pass: 1) == 0, !streams.pass2.isEmpty {
      throw .stream(
        tile: index, stream: .pass2,
        .corrupted(expected: "no bytes", found: "\(streams.pass2.count)"))
    }
    return statistics
  }

  /// Replaces a tile that cannot be decoded: all its symbols are zero.
  func replace(_ tile: Tile, output: Rows) {
    coder.run(tile, source: nil, output: output) { _, scaleIndexes, _ in
      [Int16](repeating: 0, count: scaleIndexes.count)
    }
  }
}
