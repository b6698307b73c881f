/// The encoder that MODEL.md describes: it rounds, and chooses nothing. The library does the same at effort 1.
package struct ReferenceEncoder {
  private let model: ModelFile

  /// - Parameter model: the bytes of a model file.
  package init(model: [UInt8]) throws {
    self.model = try ModelFile(model)
  }

  /// A symbol stream before it becomes bytes.
  package struct Stream: Equatable {
    package var symbols: [Int] = []
    package var scaleIndexes: [Int] = []
  }

  package struct Result {
    /// Of each tile: hyper, first pass, second pass.
    package var tiles: [[Stream]] = []
    /// What a decoder makes of them.
    package var pixels: [UInt8] = []
  }

  /// - Parameters:
  ///   - pixels: row by row, 1 or 3 bytes a pixel.
  ///   - qualityPosition: in 1/256 quality level.
  ///   - tileSize: in pixels.
  package func encode(
    _ pixels: [UInt8], width: Int, height: Int, colors: Int, qualityPosition: Int, tileSize: Int
  ) throws -> Result {
    let network = try Network(model, qualityPosition: qualityPosition)
    let v = try network.analysis(cells(pixels, width, height, colors))
    var decoded = v
    var result = Result()
    let size = tileSize / 16
    for top in stride(from: 0, to: v.height, by: size) {
      for left in stride(from: 0, to: v.width, by: size) {
        let tile = v.crop(min(size, v.width - left), min(size, v.height - top), x: left, y: top)
        let (latent, streams) = try encode(tile, network)
        result.tiles.append(streams)
        decoded.insert(latent, left, top)
      }
    }
    result.pixels = try network.synthesis(
      decoded, width: width, height: height, isGray: colors == 1)
    return result
  }

  /// "Sizes", (pixel − 128) / 128 with 7 fraction bits, and unshuffle 8.
  private func cells(_ pixels: [UInt8], _ width: Int, _ height: Int, _ colors: Int) -> Map {
    let (columns, rows) = ((width + 15) / 16 * 2, (height + 15) / 16 * 2)
    return Map(columns, rows, 192) { x, y, channel in
      let (color, dy, dx) = (channel / 64, channel / 8 % 8, channel % 8)
      let px = min(8 * x + dx, width - 1)
      let py = min(8 * y + dy, height - 1)
      return Int(pixels[(py * width + px) * colors + (colors == 1 ? 0 : color)]) - 128
    }
  }

  /// Rounds the latents of a tile.
  private func encode(_ v: Map, _ network: Network) throws -> (latent: Map, streams: [Stream]) {
    let hyper = try network.hyperAnalysis(v)
    func values(_ stream: SymbolStreamName) -> [Int] {
      if stream == .hyper { return hyper.values }
      return network.places(of: stream, width: v.width, height: v.height).map { v[$0.x, $0.y, $0.c] }
    }
    var streams: [Stream] = []
    let latent = try network.tile(width: v.width, height: v.height) { stream, scaleIndexes, means in
      let f = try model.bits(stream == .hyper ? "hyper" : "latent")
      let symbols = zip(values(stream), means).map { value, mean in
        quantized(value, mean: mean, fractionBits: f)
      }
      streams.append(Stream(symbols: symbols, scaleIndexes: scaleIndexes))
      return symbols
    }
    return (latent, streams)
  }
}
