import VAEZipContainer
import VAEZipEntropy
import VAEZipInference
import VAEZipLatents

/// A tile's streams, and what they cost.
struct EncodedTile: Sendable {
  var symbols = PerStream<[UInt8]>(repeating: [])
  var rates = PerStream(repeating: StreamRate())
}

/// Makes the streams of a tile from its latents.
struct TileEncoder: Sendable {
  let coder: TileCoder
  /// How symbols are chosen; nil rounds.
  let quantizer: RateDistortionQuantizer?
  let symbolCoders: SymbolCoderPool
  let measuresModelRate: Bool

  init(_ setup: EncoderSetup) {
    coder = setup.refinement.coder
    quantizer = setup.refinement.finalQuantizer
    symbolCoders = setup.symbolCoders
    measuresModelRate = setup.options.measuresModelRate
  }

  /// - Parameters:
  ///   - index: the tile's number in the image, for errors.
  ///   - source: its latents and hyper-latents.
  ///   - output: v̂ of the picture; the tile's part of it is written.
  func encode(
    _ index: Int, _ tile: Tile, source: TileCoder.Source, output: Rows
  ) throws(CodecError) -> EncodedTile {
    var result = EncodedTile()
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
        result.symbols[stream] = bytes
        return symbols
      }
    }
    symbolCoders.giveBack(symbolCoder)
    return result
  }
}
