import VAEZipContainer
import VAEZipEntropy
import VAEZipLatents
import VAEZipModel

/// What the symbols of a tile cost, and its hyper-latents.
struct TileRates: Sendable {
  let tile: Tile
  /// By position of the tile.
  private(set) var bits, expectedBits: [Float]
  /// By position of the hyper-latents.
  private(set) var hyperBits: [Float] = []
  /// ẑ
  private(set) var hyper: [Int16] = []

  init(_ tile: Tile) {
    self.tile = tile
    bits = [Float](repeating: 0, count: tile.width * tile.height)
    expectedBits = bits
  }

  /// Adds a stream.
  mutating func add(
    _ stream: SymbolStream, _ symbols: [Int16], scaleIndexes: [UInt8], coder: TileCoder, costs: RateTable,
    entropy: SymbolEntropy
  ) {
    guard stream != .hyper else {
      addHyper(symbols, scaleIndexes, coder, costs)
      return
    }
    let width = tile.width
    coder.forEachRun(tile, stream == .pass1 ? 0 : 1) { y, run in
      for index in 0..<run.count {
        let place = y * width + run.x + 2 * index
        let part = run.start + index * run.stride..<run.start + index * run.stride + run.channels
        bits[place] += Self.bits(costs.sum(part, of: symbols, scaleIndexes: scaleIndexes))
        expectedBits[place] += Float(part.reduce(0.0) { $0 + entropy.bits[Int(scaleIndexes[$1])] })
      }
    }
  }

  private mutating func addHyper(
    _ symbols: [Int16], _ scaleIndexes: [UInt8], _ coder: TileCoder, _ costs: RateTable
  ) {
    let channels = coder.hyperWidth
    hyperBits = stride(from: 0, to: symbols.count, by: channels).map { start in
      Self.bits(costs.sum(start..<start + channels, of: symbols, scaleIndexes: scaleIndexes))
    }
    let means = coder.quality.hyperMean
    hyper = symbols.indices.map { index in
      saturated(Int32(symbols[index]) << Int32(coder.hyperBits) + Int32(means[index % channels]))
    }
  }

  private static func bits(_ cost: Int) -> Float { Float(cost) / Float(1 << RateTable.fractionBits) }
}
