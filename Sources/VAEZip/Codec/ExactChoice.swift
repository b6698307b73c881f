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
  let mask: ExactMask
  /// XXH64 of the pixels.
  let hash: UInt64
}

/// Chooses which pixels of a tile are exact: those whose bits cost less than the network's bits and errors together.
/// Cells of 8 × 8 pixels are chosen, and then the border of graphics is looked for to the pixel (`ExactGrowth`).
/// Integers, because it decides the bytes of the file.
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
  /// - Returns: nil if no pixel is exact.
  func choose(
    _ index: Int, header: VZHeader, source: TileCoder.Source, original: RowRing
  ) throws(EntropyError) -> EncodedExact? {
    let region = header.region(ofTile: index)
    let samples = original.pixelBytes
    func row(_ y: Int) -> UnsafePointer<UInt8> {
      UnsafePointer(original.row(region.y + y) + region.x * samples)
    }
    let statistics = GraphicsStatistics(
      width: region.width, height: region.height, samples: samples, rows: row)
    let all = statistics.candidates
    guard !all.isEmpty else { return nil }
    let full = ExactMask(width: region.width, height: region.height, isExact: true)
    func encode(_ mask: ExactMask, _ effort: ExactEffort) throws(EntropyError) -> EncodedExact {
      try Self.encode(index, mask, header: header, original: original, effort)
    }
    let candidate = try encode(all, quick)
    if all.isFull, 8 * candidate.bytes.count * Self.clearlyExact < region.width * region.height {
      return effort == quick ? candidate : try encode(all, effort)
    }
    let costs = trial.costs(index, header: header, source: source, original: original)
    let cells = CellChoice(statistics, candidateBits: share * candidate.bytes.count, costs)
    let chosen = cells.closeGaps(
      of: ExactGrowth.grow(cells.mask, statistics, samples: samples, rows: row))
    func total(_ exact: EncodedExact) -> Int {
      (share * exact.bytes.count) << NetworkTrial.fractionBits + costs.total(exact.mask)
    }
    let none = ExactMask(width: region.width, height: region.height, isExact: false)
    var best: (exact: EncodedExact?, total: Int) = (nil, costs.total(none))
    if total(candidate) < best.total { best = (candidate, total(candidate)) }
    // Where most pixels are graphics, the rest may be too, as a gradient is; and a tile without latents saves those.
    let isMostlyGraphics = 2 * all.pixelCount >= full.pixelCount
    for mask in [chosen, full] where mask != all && !mask.isEmpty && (mask != full || isMostlyGraphics) {
      let exact = try encode(mask, quick)
      if total(exact) < best.total || mask == full && isNearly(exact, best.exact) {
        best = (exact, total(exact))
      }
    }
    guard let exact = best.exact, effort != quick else { return best.exact }
    return try encode(exact.mask, effort)
  }

  /// Whether a whole tile takes hardly more than its best pixels. The few that are left cost more than a trial tells,
  /// because the network is not made for what surrounds them.
  private func isNearly(_ full: EncodedExact, _ best: EncodedExact?) -> Bool {
    best.map { 8 * full.bytes.count <= 9 * $0.bytes.count } ?? false
  }

  /// Codes some pixels of a tile.
  ///
  /// - Parameter original: in the depth of `header.exactDepth`.
  static func encode(
    _ index: Int, _ mask: ExactMask, header: VZHeader, original: RowRing, _ effort: ExactEffort
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
        for run in mask.runs(y: y) {
          (base + (y * region.width + run.lowerBound) * pixelBytes)
            .update(from: row + run.lowerBound * pixelBytes, count: run.count * pixelBytes)
        }
      }
    }
    let bytes = try coder.encode(pixels, mask: mask, hasLatents: true, effort: effort)
    return EncodedExact(bytes: bytes, mask: mask, hash: coder.hash(pixels, mask))
  }
}
