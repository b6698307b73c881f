import VAEZipContainer
import VAEZipEntropy
import VAEZipExact

/// Where the bytes of a file go.
package struct RateStatistics: Sendable, Equatable {
  /// Over all tiles. All but `bytes` is zero if `EncoderOptions.measuresModelRate` is off.
  package var rates = PerStream(repeating: StreamRate())
  /// Bytes of the exact streams.
  package var exactBytes = 0
  /// Bytes of the alpha streams.
  package var alphaBytes = 0
  /// Exact pixels.
  package var exactPixels = 0
  /// Bytes of the file outside of the streams, metadata among them.
  package var containerBytes = 0

  package init() {}

  /// All streams of symbols together.
  package var streams: StreamRate { rates.all.reduce(StreamRate(), +) }
  /// Information content of all symbols under the model, in bits.
  package var modelBits: Double { streams.modelBits }
  /// Bytes of the whole file.
  package var fileBytes: Int { streams.bytes + exactBytes + alphaBytes + containerBytes }

  /// Adds a tile.
  mutating func add(_ tile: EncodedTile) {
    add(tile.symbols.rates)
    exactBytes += tile.exact?.bytes.count ?? 0
    exactPixels += tile.exact?.mask.pixelCount ?? 0
    alphaBytes += tile.alpha.count
  }

  /// Adds the rates of a tile.
  package mutating func add(_ tile: PerStream<StreamRate>) {
    for stream in SymbolStream.allCases { rates[stream] = rates[stream] + tile[stream] }
  }
}
