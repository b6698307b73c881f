// Formats/MODEL.md, "The network" (hyper-latent, first pass, second pass), "Quantization", "Order".

extension Network {
  /// Decodes a tile, or encodes it: the steps are the same but for where symbols come from.
  ///
  /// - Parameters:
  ///   - width: in latent positions.
  ///   - height: in latent positions.
  ///   - symbols: the symbols of a stream, whose scale indexes and means are known by now.
  /// - Returns: v̂.
  func tile(
    width w: Int, height h: Int,
    symbols: (_ stream: SymbolStreamName, _ scaleIndexes: [Int], _ means: [Int]) throws -> [Int]
  ) throws -> Map {
    let hyper = try hyperLatent(width: (w + 3) / 4, height: (h + 3) / 4, symbols: symbols)
    let (features, out) = try hyperSynthesis(hyper, width: w, height: h)
    var latent = Map(w, h, model.latentWidth)
    try pass(.pass1, &latent, out, symbols)
    let refined = out.adding(try context(latent, features))
    try pass(.pass2, &latent, refined, symbols)
    return latent
  }

  private func hyperLatent(
    width: Int, height: Int, symbols: (SymbolStreamName, [Int], [Int]) throws -> [Int]
  ) throws -> Map {
    let f = try model.bits("hyper")
    let means = try interpolated(model.tensor("hyper.mean"), position: position).map { lg in
      sat16((lg + 1 << (15 - f)) >> (16 - f))
    }
    let scaleIndexes = try interpolated(model.tensor("hyper.level"), position: position).map { lg in
      min(max((lg + 1 << 15) >> 16, 0), 63)
    }
    var hyper = Map(width, height, model.hyperWidth)
    let channels = hyper.values.indices.map { $0 % model.hyperWidth }
    let q = try symbols(.hyper, channels.map { scaleIndexes[$0] }, channels.map { means[$0] })
    for index in hyper.values.indices {
      hyper.values[index] = dequantized(q[index], mean: means[channels[index]], fractionBits: f)
    }
    return hyper
  }

  /// Where the latents of a pass are, in the stream's order: x + y even in the first, odd in the second; with a dual checkerboard the other
  /// way round in the second half of the channels.
  func places(
    of stream: SymbolStreamName, width: Int, height: Int
  ) -> [(x: Int, y: Int, c: Int)] {
    let m = model.latentWidth
    let parity = stream == .pass1 ? 0 : 1
    var places: [(x: Int, y: Int, c: Int)] = []
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<m {
          let swapped = model.isDualCheckerboard && c >= m / 2 ? 1 : 0
          if (x + y + swapped) % 2 == parity { places.append((x, y, c)) }
        }
      }
    }
    return places
  }

  private func pass(
    _ stream: SymbolStreamName, _ latent: inout Map, _ distribution: Map,
    _ symbols: (SymbolStreamName, [Int], [Int]) throws -> [Int]
  ) throws {
    let m = model.latentWidth
    let places = places(of: stream, width: latent.width, height: latent.height)
    let means = places.map { distribution[$0.x, $0.y, $0.c] }
    let scaleIndexes = places.map { place in
      let raw = distribution[place.x, place.y, m + place.c]
      return min(max(16 + (raw + 8) >> 4, 0), 63)
    }
    let q = try symbols(stream, scaleIndexes, means)
    let f = try model.bits("latent")
    for (index, place) in places.enumerated() {
      latent[place.x, place.y, place.c] = dequantized(q[index], mean: means[index], fractionBits: f)
    }
  }
}
