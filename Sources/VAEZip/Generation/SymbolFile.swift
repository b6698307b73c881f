import VAEZip
import VAEZipContainer
import VAEZipEntropy
import VAEZipFeatures
import VAEZipInference
import VAEZipLatents
import VAEZipModel
import VAEZipSupport

/// A .vz file whose symbols do not come from a picture. Every decoder makes the same picture of it.
public struct GeneratedFile: Sendable {
  /// The .vz file.
  public let bytes: [UInt8]
  /// Information content of its symbols under the model, in bits.
  public let modelBits: Double
}

/// Makes .vz files of symbols, or of latents that no analysis made.
struct SymbolFileWriter: Sendable {
  let header: VZHeader
  let coder: TileCoder
  private let symbolCoders: SymbolCoderPool
  private let threads: Threads
  private let costs: RateTable

  /// - Throws: `FeatureError`: the model's weights cannot be made integers, or memory is short.
  init(_ model: Model, _ header: VZHeader, threads: Int, limits: VZFile.Limits) throws(FeatureError) {
    self.header = header
    self.threads = Threads(threads)
    let tileThreads = self.threads.each(of: header.tileCount)
    coder = try FeatureError.wrap { () throws(CodecError) in
      try CodecError.wrap { () throws(ModelError) in
        try TileCoder(model: model, qualityPosition: Int(header.qualityPosition), threads: tileThreads)
      }
    }
    symbolCoders = SymbolCoderPool(tables: model.tables)
    costs = RateTable(model.tables)
    guard header.computedPixels <= limits.pixels else {
      throw .codec(
        .container(.limitExceeded("pixels", limit: limits.pixels, found: header.computedPixels)))
    }
    let tile = Tile(0, header: header)
    let needed =
      model.memory + VZFile.indexMemory(header) + header.computedPixels
      + min(self.threads.count, header.tileCount)
      * (2 * coder.byteCount((width: tile.width, height: tile.height)))
    guard needed <= limits.memory else { throw .memory(limit: limits.memory, found: needed) }
  }

  /// Writes a file.
  ///
  /// - Parameters:
  ///   - source: latents that become symbols, by tile; nil if `symbols` invents them.
  ///   - symbols: gets a stream's scale indexes and, with a source, its symbols; returns the file's symbols.
  func write(
    source: @Sendable (_ tile: Tile) -> TileCoder.Source? = { _ in nil },
    symbols: @Sendable (_ index: Int, SymbolStream, _ scaleIndexes: [UInt8], _ symbols: [Int16]) -> [Int16]
  ) throws(FeatureError) -> GeneratedFile {
    let tiles = try FeatureError.wrap { () throws(CodecError) in
      try threads.map(header.tileCount) { index throws(CodecError) in
        let tile = Tile(index, header: header)
        return try encode(index, tile, source: source(tile), symbols: symbols)
      }
    }
    let bytes = try FeatureError.wrap { () throws(CodecError) in
      try CodecError.wrap { () throws(VZError) in
        try VZContents(
          header: header, tiles: tiles.map(\.streams),
          trailer: .content(TileHashes.checksum(tiles.map(\.hashes)))
        ).serialized()
      }
    }
    let cost = tiles.reduce(0) { $0 + $1.cost }
    return GeneratedFile(bytes: bytes, modelBits: Double(cost) / Double(1 << RateTable.fractionBits))
  }

  private struct EncodedTile: Sendable {
    var streams = TileStreams()
    var hashes = TileHashes()
    var cost = 0
  }

  private func encode(
    _ index: Int, _ tile: Tile, source: TileCoder.Source?,
    symbols: @Sendable (Int, SymbolStream, [UInt8], [Int16]) -> [Int16]
  ) throws(CodecError) -> EncodedTile {
    let map = FeatureMap(width: tile.width, height: tile.height, channels: coder.latentWidth)
    let output = Rows(all: View(map)).from(-tile.x, -tile.y)
    let symbolCoder = try CodecError.wrap(.hyper, ofTile: index, symbolCoders.take)
    var encoded = EncodedTile()
    try coder.run(
      tile, source: source, output: output
    ) { stream, scaleIndexes, given throws(CodecError) in
      let symbols = symbols(index, stream, scaleIndexes, given)
      encoded.cost += costs.sum(symbols, scaleIndexes: scaleIndexes)
      encoded.streams.symbols[stream] = try CodecError.wrap(
        stream, ofTile: index
      ) { () throws(EntropyError) in
        try symbolCoder.encode(symbols: symbols, scaleIndexes: scaleIndexes)
      }
      return symbols
    }
    symbolCoders.giveBack(symbolCoder)
    encoded.hashes.latents = output.hash(tile, channels: coder.latentWidth)
    withExtendedLifetime(map) {}
    return encoded
  }
}
