import VAEZipContainer
import VAEZipEntropy
import VAEZipExact
import VAEZipImage
import VAEZipInference
import VAEZipLatents
import VAEZipModel
import VAEZipSupport

/// What the blocks of a tile cost through the network: bits and squared error together, measured by coding and
/// decoding the tile alone. Integers, because an encoder decides by them what is in the file.
struct NetworkTrial: Sendable {
  let coder: TileCoder
  let quantizer: RateDistortionQuantizer?
  let costs: RateTable
  let synthesis: SynthesisNetwork
  let cost: LagrangianCost

  /// Fraction bits of a cost: it is in 1/4096 bit.
  static let fractionBits = RateTable.fractionBits

  /// - Parameters:
  ///   - source: v and z of the tile.
  ///   - original: the source's pixels.
  func costs(
    _ index: Int, header: VZHeader, source: TileCoder.Source, original: RowRing
  ) -> BlockCosts {
    let tile = Tile(index, header: header)
    let region = header.region(ofTile: index)
    var costs = BlockCosts(region)
    let map = FeatureMap(width: tile.width, height: tile.height, channels: coder.latentWidth)
    let latent = Rows(all: View(map))
    coder.run(
      tile, source: source, quantizer: quantizer, output: latent.from(-tile.x, -tile.y)
    ) { stream, scaleIndexes, symbols in
      addRate(stream, scaleIndexes, symbols, tile, to: &costs)
      return symbols
    }
    let grid = Grid(width: region.width, height: region.height)
    let decoded = RowRing(
      grid, pixelBytes: original.pixelBytes, bands: (region.height + 15) / 16)
    let pipeline = Pipeline<Never>()
    _ = synthesis.add(
      to: pipeline, latent: latent, gains: coder.quality.inverse, pixels: decoded,
      threads: coder.threads, stripHeight: nil)
    pipeline.run(threads: coder.threads)
    addError(original, decoded, region, to: &costs)
    withExtendedLifetime(map) {}
    return costs
  }

  /// Bytes of memory that a trial takes.
  func byteCount(_ header: VZHeader) -> Int {
    let (x, y) = header.bounds(ofTile: 0)
    let (tile, grid) = (Tile(0, header: header), Grid(width: x.count, height: y.count))
    return coder.byteCount((width: tile.width, height: tile.height))
      + FeatureMap.byteCount(width: tile.width, height: tile.height, channels: coder.latentWidth)
      + RowRing.byteCount(grid, pixelBytes: header.format.colorBytes, bands: grid.latentHeight)
      + synthesis.byteCount(grid, threads: coder.threads, stripHeight: nil)
  }

  private func addRate(
    _ stream: SymbolStream, _ scaleIndexes: [UInt8], _ symbols: [Int16], _ tile: Tile,
    to costs: inout BlockCosts
  ) {
    func sum(_ part: Range<Int>) -> Int {
      self.costs.sum(part, of: symbols, scaleIndexes: scaleIndexes)
    }
    // A position of z stands for 64 × 64 pixels, one of v for 16 × 16.
    if stream == .hyper {
      for block in costs.rates.indices {
        costs.rates[block] += sum(block * coder.hyperWidth..<(block + 1) * coder.hyperWidth)
      }
      return
    }
    let pass = stream == .pass1 ? 0 : 1
    coder.forEachRun(tile, pass) { y, run in
      for index in 0..<run.count {
        let start = run.start + index * run.stride
        costs.add(rate: sum(start..<start + run.channels), x: 16 * (run.x + 2 * index), y: 16 * y)
      }
    }
  }

  private func addError(
    _ original: RowRing, _ decoded: RowRing, _ region: Region, to costs: inout BlockCosts
  ) {
    let (samples, side) = (original.pixelBytes, BlockMap.side)
    for y in 0..<region.height {
      let (source, picture) = (original.row(region.y + y) + region.x * samples, decoded.row(y))
      for x in stride(from: 0, to: region.width, by: side) {
        var sum = 0
        for place in x * samples..<min(x + side, region.width) * samples {
          let difference = Int(source[place]) - Int(picture[place])
          sum += difference * difference
        }
        costs.add(error: cost(rate: 0, squaredError: sum), x: x, y: y)
      }
    }
  }
}

/// What the blocks of a tile cost through the network, in raster order, in 1/4096 bit.
struct BlockCosts {
  private let map: BlockMap
  /// Bits.
  fileprivate(set) var rates: [Int]
  /// Weighted errors.
  private(set) var errors: [Int]

  fileprivate init(_ region: Region) {
    map = BlockMap(width: region.width, height: region.height, isExact: false)
    rates = [Int](repeating: 0, count: map.blocks.count)
    errors = rates
  }

  fileprivate mutating func add(rate: Int = 0, error: Int = 0, x: Int, y: Int) {
    let block = y / BlockMap.side * map.columns + x / BlockMap.side
    rates[block] += rate
    errors[block] += error
  }

  /// Of a block that is not exact.
  subscript(block: Int) -> Int { rates[block] + errors[block] }

  /// Of all blocks, those of a map being exact. Beside the others, an exact block still needs latents: about half of
  /// its bits.
  func total(_ exact: BlockMap) -> Int {
    exact.blocks.indices.reduce(0) { sum, block in
      guard exact.blocks[block] else { return sum + self[block] }
      return sum + (isBesideOthers(block, exact) ? rates[block] / 2 : 0)
    }
  }

  private func isBesideOthers(_ block: Int, _ exact: BlockMap) -> Bool {
    let (row, column) = block.quotientAndRemainder(dividingBy: map.columns)
    for y in max(row - 1, 0)...min(row + 1, map.rows - 1) {
      for x in max(column - 1, 0)...min(column + 1, map.columns - 1) where !exact[x, y] { return true }
    }
    return false
  }
}
