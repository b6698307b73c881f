import VAEZipContainer
import VAEZipEntropy
import VAEZipExact
import VAEZipImage
import VAEZipInference
import VAEZipLatents
import VAEZipModel
import VAEZipSupport

/// What the cells of a tile (8 × 8 pixels) cost through the network: bits and squared error together, measured by coding and
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
  ///   - exact: pixels whose errors do not count.
  func costs(
    _ index: Int, header: VZHeader, source: TileCoder.Source, original: RowRing, exact: ExactMask? = nil
  ) -> CellCosts {
    let tile = Tile(index, header: header)
    let region = header.region(ofTile: index)
    var costs = CellCosts(region)
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
    addError(original, decoded, region, exact, to: &costs)
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
    to costs: inout CellCosts
  ) {
    func sum(_ part: Range<Int>) -> Int {
      self.costs.sum(part, of: symbols, scaleIndexes: scaleIndexes)
    }
    // A position of z stands for 8 × 8 cells, one of v for 2 × 2.
    if stream == .hyper {
      let columns = (tile.width + 3) / 4
      for place in 0..<symbols.count / coder.hyperWidth {
        let rate = sum(place * coder.hyperWidth..<(place + 1) * coder.hyperWidth)
        costs.add(rate: rate, x: 8 * (place % columns), y: 8 * (place / columns), side: 8)
      }
      return
    }
    let pass = stream == .pass1 ? 0 : 1
    coder.forEachRun(tile, pass) { y, run in
      for index in 0..<run.count {
        let start = run.start + index * run.stride
        costs.add(rate: sum(start..<start + run.channels), x: 2 * (run.x + 2 * index), y: 2 * y, side: 2)
      }
    }
  }

  private func addError(
    _ original: RowRing, _ decoded: RowRing, _ region: Region, _ exact: ExactMask?,
    to costs: inout CellCosts
  ) {
    let (samples, side) = (original.pixelBytes, ExactMask.side)
    var sums = [Int](repeating: 0, count: costs.columns)
    for y in 0..<region.height {
      let (source, picture) = (original.row(region.y + y) + region.x * samples, decoded.row(y))
      for (column, x) in stride(from: 0, to: region.width, by: side).enumerated() {
        let word = exact?[column, y / side] ?? 0
        if word == .max { continue }
        for place in x * samples..<min(x + side, region.width) * samples {
          if word != 0, exact?.isExact(x: place / samples, y: y) == true { continue }
          let difference = Int(source[place]) - Int(picture[place])
          sums[column] += difference * difference
        }
      }
      guard y % side == side - 1 || y == region.height - 1 else { continue }
      for column in sums.indices {
        costs.add(error: cost(rate: 0, squaredError: sums[column]), column: column, row: y / side)
        sums[column] = 0
      }
    }
  }
}

/// What the cells of a tile cost through the network, in raster order, in 1/4096 bit.
struct CellCosts {
  /// Of no use but for its size.
  private let cells: ExactMask
  /// Bits.
  private(set) var rates: [Int]
  /// Weighted errors.
  private(set) var errors: [Int]

  fileprivate init(_ region: Region) {
    cells = ExactMask(width: region.width, height: region.height, isExact: false)
    rates = [Int](repeating: 0, count: cells.count)
    errors = rates
  }

  /// Cells side by side.
  var columns: Int { cells.columns }

  /// Shares bits among `side` × `side` cells, as far as they are inside of the tile.
  fileprivate mutating func add(rate: Int, x: Int, y: Int, side: Int) {
    let (right, bottom) = (min(x + side, columns), min(y + side, cells.rows))
    guard x < right, y < bottom else { return }
    let share = rate / ((right - x) * (bottom - y))
    for row in y..<bottom {
      for column in x..<right { rates[row * columns + column] += share }
    }
  }

  fileprivate mutating func add(error: Int, column: Int, row: Int) { errors[row * columns + column] += error }

  /// Of a cell.
  subscript(cell: Int) -> Int { rates[cell] + errors[cell] }

  /// Of the whole tile.
  var total: Int { rates.reduce(0, +) + errors.reduce(0, +) }
}
