import VAEZip
import VAEZipExact
import VAEZipInference
import VAEZipLatents
import VAEZipModel
import VAEZipSupport

/// What a tile's streams say.
struct TileFeatures: Sendable {
  let tile: Tile
  /// Nil for a tile without latents.
  let rates: TileRates?
  /// Nil if no pixel is exact.
  let exact: ExactMask?
}

/// All that is prepared before the first tile.
struct LatentSetup: Sendable {
  let model: Model
  let header: VZHeader
  let coder: TileCoder
  private let costs: RateTable
  private let entropy: SymbolEntropy
  private let networkBits: Int

  /// - Parameter threads: of the whole picture.
  init(_ model: Model, _ header: VZHeader, threads: Int) throws(CodecError) {
    self.model = model
    self.header = header
    let tileThreads = Threads(threads).each(of: header.tileCount)
    coder = try CodecError.wrap { () throws(ModelError) in
      try TileCoder(
        model: model, qualityPosition: Int(header.qualityPosition), threads: tileThreads)
    }
    costs = RateTable(model.tables)
    entropy = SymbolEntropy(model.tables)
    networkBits = LayerPlan(model.network, calibration: model.calibration).bits("synthesis.latent")
  }

  private var grid: Grid { Grid(width: header.width, height: header.height) }

  /// A map of the picture's latents.
  func makeMap() -> FeatureMap {
    FeatureMap(width: grid.latentWidth, height: grid.latentHeight, channels: coder.latentWidth)
  }

  /// - Parameter copies: maps of latents in memory at the same time.
  func check(_ limits: VZFile.Limits, copies: Int) throws(FeatureError) {
    let pixels = header.computedPixels
    guard pixels <= limits.pixels else {
      throw .codec(.container(.limitExceeded("pixels", limit: limits.pixels, found: pixels)))
    }
    let map = FeatureMap.byteCount(
      width: grid.latentWidth, height: grid.latentHeight, channels: coder.latentWidth)
    let tile = Tile(0, header: header)
    // Each map becomes an array, and maybe one of Float. Pixels are there twice.
    let needed =
      copies * 4 * map + 6 * pixels + model.memory
      + Threads().count * coder.byteCount((width: tile.width, height: tile.height))
    guard needed <= limits.memory else { throw .memory(limit: limits.memory, found: needed) }
  }

  /// Adds the rates of a stream.
  func add(
    _ stream: SymbolStream, _ symbols: [Int16], _ scaleIndexes: [UInt8], to rates: inout TileRates
  ) {
    rates.add(
      stream, symbols, scaleIndexes: scaleIndexes, coder: coder, costs: costs, entropy: entropy)
  }

  /// Puts the tiles together.
  func picture(
    _ tiles: [TileFeatures], quantized: FeatureMap, unquantized: FeatureMap?
  ) -> PictureLatents {
    let (width, height) = (grid.latentWidth, grid.latentHeight)
    let (hyperWidth, hyperHeight) = ((width + 3) / 4, (height + 3) / 4)
    var bits = LatentMap<Float>(width: width, height: height, repeating: 0)
    var expectedBits = bits
    var isCoded = LatentMap<Bool>(width: width, height: height, repeating: false)
    var hyperBits = LatentMap<Float>(width: hyperWidth, height: hyperHeight, repeating: 0)
    var hyper = LatentMap<Int16>(
      width: hyperWidth, height: hyperHeight, channels: coder.hyperWidth, repeating: 0)
    for features in tiles {
      guard let rates = features.rates else { continue }
      let tile = features.tile
      for y in 0..<tile.height {
        for x in 0..<tile.width {
          bits[tile.x + x, tile.y + y] = rates.bits[y * tile.width + x]
          expectedBits[tile.x + x, tile.y + y] = rates.expectedBits[y * tile.width + x]
          isCoded[tile.x + x, tile.y + y] = features.exact?.isExact(latentX: x, latentY: y) != true
        }
      }
      let columns = (tile.width + 3) / 4
      for (index, value) in rates.hyperBits.enumerated() {
        let (x, y) = (tile.x / 4 + index % columns, tile.y / 4 + index / columns)
        hyperBits[x, y] = value
        for channel in 0..<coder.hyperWidth {
          hyper[x, y, channel] = rates.hyper[index * coder.hyperWidth + channel]
        }
      }
    }
    return PictureLatents(
      width: header.width, height: header.height, modelID: model.id,
      qualityPosition: Int(header.qualityPosition), quantized: quantized.latentMap,
      unquantized: unquantized?.latentMap, fractionBits: coder.latentBits, hyper: hyper,
      hyperFractionBits: coder.hyperBits, bits: bits, expectedBits: expectedBits, hyperBits: hyperBits,
      isCoded: isCoded, inverse: coder.quality.inverse, networkBits: networkBits)
  }
}

extension FeatureMap {
  /// The values without the border.
  fileprivate var latentMap: LatentMap<Int16> {
    var values: [Int16] = []
    values.reserveCapacity(width * height * channels)
    for y in 0..<height {
      values += UnsafeBufferPointer(start: pixel(0, y), count: width * channels)
    }
    return LatentMap(width: width, height: height, channels: channels, values: values)
  }
}
