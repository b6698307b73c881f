import VAEZipContainer
import VAEZipEntropy
import VAEZipExact
import VAEZipImage
import VAEZipInference
import VAEZipLatents
import VAEZipModel

/// The exact pixels that an encoder chose for a tile.
struct EncodedExact: Sendable {
  /// The stream, as for a tile with latents.
  var bytes: [UInt8]
  let map: BlockMap
  /// XXH64 of the pixels.
  let hash: UInt64
}

/// Chooses which blocks of a tile are exact: those whose bits cost less than the network's bits and errors
/// together. Integers, because it decides the bytes of the file.
struct ExactChoice: Sendable {
  let trial: NetworkTrial
  let effort: ExactEffort
  /// Codes what is compared; only the winner is coded with the full effort.
  private let quick = ExactEffort(1)

  init(trial: NetworkTrial, effort: ExactEffort) {
    self.trial = trial
    self.effort = effort
  }

  /// What the full effort leaves of the bits of a quick trial, in 1/8.
  private var share: Int { effort == quick ? 8 : 7 }

  /// A tile with fewer bits a pixel than 1 to this number is exact without a trial of the network.
  private static let clearlyExact = 64

  /// Chooses for one tile.
  ///
  /// - Parameters:
  ///   - source: v and z of the tile.
  ///   - original: the source's pixels, the tile's rows among them.
  /// - Returns: nil if no block is exact.
  func choose(
    _ index: Int, header: VZHeader, source: TileCoder.Source, original: RowRing
  ) throws(EntropyError) -> EncodedExact? {
    let region = header.region(ofTile: index)
    let samples = original.pixelBytes
    let statistics = BlockStatistics(width: region.width, height: region.height, samples: samples) {
      UnsafePointer(original.row(region.y + $0) + region.x * samples)
    }
    let all = statistics.candidates
    guard !all.isEmpty else { return nil }
    let full = BlockMap(width: region.width, height: region.height, isExact: true)
    func encode(_ map: BlockMap, _ effort: ExactEffort) throws(EntropyError) -> EncodedExact {
      try Self.encode(index, map, header: header, original: original, effort)
    }
    let candidate = try encode(all, quick)
    if all.isFull, 8 * candidate.bytes.count * Self.clearlyExact < region.width * region.height {
      return effort == quick ? candidate : try encode(all, effort)
    }
    let costs = trial.costs(index, header: header, source: source, original: original)
    let bits = Self.bits(statistics, total: share * candidate.bytes.count)
    let none = BlockMap(width: region.width, height: region.height, isExact: false)
    var chosen = none
    for row in 0..<all.rows {
      for column in 0..<all.columns where all[column, row] {
        let block = row * all.columns + column
        chosen[column, row] = bits[block] < costs[block]
      }
    }
    func total(_ exact: EncodedExact) -> Int {
      (share * exact.bytes.count) << NetworkTrial.fractionBits + costs.total(exact.map)
    }
    var best: (exact: EncodedExact?, total: Int) = (nil, costs.total(none))
    if total(candidate) < best.total { best = (candidate, total(candidate)) }
    // Where most blocks are graphics, the rest may be too, as a gradient is; and a tile without latents saves those.
    let isMostlyGraphics = 2 * all.blocks.count(where: { $0 }) >= all.blocks.count
    for map in [chosen, full] where map != all && !map.isEmpty && (map != full || isMostlyGraphics) {
      let exact = try encode(map, quick)
      if total(exact) < best.total || map == full && isNearly(exact, best.exact) {
        best = (exact, total(exact))
      }
    }
    guard let exact = best.exact, effort != quick else { return best.exact }
    return try encode(exact.map, effort)
  }

  /// Whether a whole tile takes hardly more than its best blocks. The few blocks that are left cost more than a
  /// trial tells, because the network is not made for what surrounds them.
  private func isNearly(_ full: EncodedExact, _ best: EncodedExact?) -> Bool {
    best.map { 8 * full.bytes.count <= 9 * $0.bytes.count } ?? false
  }

  /// Shares the bits of a stream among its blocks, in 1/4096 bit.
  private static func bits(_ statistics: BlockStatistics, total: Int) -> [Int] {
    let sum = max(statistics.bits.reduce(0, +), 1)
    return statistics.bits.map { ($0 * total << NetworkTrial.fractionBits) / sum }
  }

  /// Codes blocks of a tile.
  ///
  /// - Parameter original: in the depth of `header.exactDepth`.
  static func encode(
    _ index: Int, _ map: BlockMap, header: VZHeader, original: RowRing, _ effort: ExactEffort
  ) throws(EntropyError) -> EncodedExact {
    let region = header.region(ofTile: index)
    let pixelBytes = original.pixelBytes
    let coder = ExactCoder(
      width: region.width, height: region.height, samples: Int(header.channels.rawValue),
      sampleBytes: pixelBytes / Int(header.channels.rawValue))
    var pixels = [UInt8](repeating: 0, count: coder.byteCount)
    pixels.withUnsafeMutableBufferPointer { pixels in
      guard let base = pixels.baseAddress else { return }
      for y in 0..<region.height {
        let row = original.row(region.y + y) + region.x * pixelBytes
        for run in map.runs(row: y / BlockMap.side) {
          (base + (y * region.width + run.lowerBound) * pixelBytes)
            .update(from: row + run.lowerBound * pixelBytes, count: run.count * pixelBytes)
        }
      }
    }
    let bytes = try coder.encode(pixels, map: map, hasLatents: true, effort: effort)
    return EncodedExact(bytes: bytes, map: map, hash: coder.hash(pixels, map))
  }
}
