import VAEZipContainer
import VAEZipEntropy
import VAEZipExact
import VAEZipInference
import VAEZipLatents

/// Streams of symbols, and what they cost.
struct EncodedSymbols: Sendable {
  var streams = PerStream<[UInt8]>(repeating: [])
  var rates = PerStream(repeating: StreamRate())
  /// Cost of the symbols of latents by the model's tables, in 1/4096 bit; hyper-latents do not count.
  var rate = 0
}

/// A tile's streams, and what they decode to.
struct EncodedTile: Sendable {
  var symbols = EncodedSymbols()
  /// Nil if no pixel is exact.
  private(set) var exact: EncodedExact?
  /// Empty without alpha.
  var alpha: [UInt8] = []
  var hashes = TileHashes()
  /// Whether there are latents. If not, all pixels are exact.
  private(set) var hasLatents = true

  mutating func set(_ exact: EncodedExact, hasLatents: Bool) {
    self.exact = exact
    hashes.exact = exact.hash
    if !hasLatents { removeLatents() }
  }

  /// Says that the tile has no latents.
  mutating func removeLatents() {
    hasLatents = false
    if let first = exact?.bytes.first { exact?.bytes[0] = ExactCoder.withoutLatents(first) }
  }

  var streams: TileStreams {
    TileStreams(symbols: symbols.streams, exact: exact?.bytes ?? [], alpha: alpha)
  }
}

/// Makes the streams of symbols of a tile from its latents.
struct TileEncoder: Sendable {
  let coder: TileCoder
  let costs: RateTable
  let symbolCoders: SymbolCoderPool
  let measuresModelRate: Bool

  init(_ network: EncoderSetup.Network, _ options: EncoderOptions) {
    coder = network.coder
    costs = network.refinement.costs
    symbolCoders = network.symbolCoders
    measuresModelRate = options.measuresModelRate
  }

  /// - Parameters:
  ///   - index: the tile's number in the image, for errors.
  ///   - source: its latents and hyper-latents.
  ///   - quantizer: how symbols are chosen; nil rounds.
  ///   - output: v̂ of the picture; the tile's part of it is written.
  func encode(
    _ index: Int, _ tile: Tile, source: TileCoder.Source, quantizer: RateDistortionQuantizer?,
    output: Rows
  ) throws(CodecError) -> EncodedSymbols {
    var result = EncodedSymbols()
    let symbolCoder = try CodecError.wrap(.hyper, ofTile: index, symbolCoders.take)
    try coder.run(
      tile, source: source, quantizer: quantizer, output: output
    ) { stream, scaleIndexes, symbols throws(CodecError) in
      try CodecError.wrap(stream, ofTile: index) { () throws(EntropyError) in
        let bytes = try symbolCoder.encode(symbols: symbols, scaleIndexes: scaleIndexes)
        if measuresModelRate {
          result.rates[stream] = try symbolCoder.rate(
            symbols: symbols, scaleIndexes: scaleIndexes, bytes: bytes)
        }
        result.rates[stream].bytes = bytes.count
        result.streams[stream] = bytes
        if stream != .hyper { result.rate += costs.sum(symbols, scaleIndexes: scaleIndexes) }
        return symbols
      }
    }
    symbolCoders.giveBack(symbolCoder)
    return result
  }
}
