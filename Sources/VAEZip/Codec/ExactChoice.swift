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
  /// The latents below exact pixels alone.
  let free: FreeLatents
  /// XXH64 of the pixels.
  let hash: UInt64
}

/// Chooses which pixels of a tile are exact: those whose bits cost less than the network's bits and errors together.
/// Cells of 8 × 8 pixels are chosen, and then the border of graphics is looked for to the pixel (`ExactGrowth`).
/// Integers, because it decides the bytes of the file.
struct ExactChoice: Sendable {
  let trial: NetworkTrial
  let analysis: FilledAnalysis
  let effort: ExactEffort
  /// Codes what is compared; only the winner is coded with the full effort.
  private let quick = ExactEffort(1)

  init(trial: NetworkTrial, analysis: FilledAnalysis, effort: ExactEffort) {
    self.trial = trial
    self.analysis = analysis
    self.effort = effort
  }

  /// What an encoder chose for a tile.
  struct Chosen {
    var exact: EncodedExact
    /// The latents for the other pixels; nil if there are none.
    var filled: FilledLatents?
    /// Bits and errors together, in 1/4096 bit.
    fileprivate let total: Int
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
  ) throws(EntropyError) -> Chosen? {
    let region = header.region(ofTile: index)
    let statistics = GraphicsStatistics(
      width: region.width, height: region.height, samples: original.pixelBytes,
      rows: original.rows(of: region))
    let candidates = statistics.candidates
    guard !candidates.isEmpty else { return nil }
    let first = try Self.encode(index, candidates, header: header, original: original, quick)
    var best: Chosen?
    if candidates.isFull, 8 * first.bytes.count * Self.clearlyExact < region.width * region.height {
      best = Chosen(exact: first, total: 0)
    } else {
      best = try compare(
        index, header: header, source: source, original: original, statistics, candidates: first)
    }
    if let exact = best?.exact, effort != quick {
      best?.exact = try Self.encode(index, exact.mask, header: header, original: original, effort)
    }
    return best
  }

  /// Compares a tile without exact pixels, one that is exact where that costs less, and one that is exact as a whole.
  private func compare(
    _ index: Int, header: VZHeader, source: TileCoder.Source, original: RowRing,
    _ statistics: GraphicsStatistics, candidates: EncodedExact
  ) throws(EntropyError) -> Chosen? {
    let region = header.region(ofTile: index)
    let costs = trial.costs(index, header: header, source: source, original: original)
    let cells = CellChoice(statistics, candidateBits: share * candidates.bytes.count, costs)
    let mask = cells.closeGaps(
      of: ExactGrowth.grow(
        cells.mask, statistics, samples: original.pixelBytes, rows: original.rows(of: region)))
    var best: Chosen?
    if !mask.isEmpty, !mask.isFull {
      let chosen = try chosen(index, header: header, source: source, original: original, mask)
      if chosen.total < costs.total { best = chosen }
    }
    // Where most pixels are graphics, the rest may be too, as a gradient is; and a tile without latents saves those.
    let graphics = max(mask.pixelCount, candidates.mask.pixelCount)
    guard 2 * graphics >= region.width * region.height else { return best }
    let full = ExactMask(width: region.width, height: region.height, isExact: true)
    let exact =
      candidates.mask.isFull
      ? candidates : try Self.encode(index, full, header: header, original: original, quick)
    let total = bits(exact)
    if total < best?.total ?? costs.total || isNearly(exact, best?.exact) {
      best = Chosen(exact: exact, total: total)
    }
    return best
  }

  /// Codes a tile by a mask, and measures what its other pixels cost.
  private func chosen(
    _ index: Int, header: VZHeader, source: TileCoder.Source, original: RowRing, _ mask: ExactMask
  ) throws(EntropyError) -> Chosen {
    let exact = try Self.encode(index, mask, header: header, original: original, quick)
    let filled = analysis.latents(
      index, header: header, latent: source.latent, original: original, mask: mask)
    let costs = trial.costs(
      index, header: header,
      source: TileCoder.Source(
        latent: View(filled.latent), hyper: filled.hyper, isFree: exact.free.positions,
        isFreeHyper: exact.free.hyperPositions),
      original: original, exact: mask)
    return Chosen(exact: exact, filled: filled, total: bits(exact) + costs.total)
  }

  /// Bits of a stream that was made quickly, in 1/4096 bit.
  private func bits(_ exact: EncodedExact) -> Int {
    (share * exact.bytes.count) << NetworkTrial.fractionBits
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
    let rows = original.rows(of: region)
    var pixels = [UInt8](repeating: 0, count: coder.byteCount)
    pixels.withUnsafeMutableBufferPointer { pixels in
      guard let base = pixels.baseAddress else { return }
      for y in 0..<region.height {
        let row = rows(y)
        for run in mask.runs(y: y) {
          (base + (y * region.width + run.lowerBound) * pixelBytes)
            .update(from: row + run.lowerBound * pixelBytes, count: run.count * pixelBytes)
        }
      }
    }
    let bytes = try coder.encode(pixels, mask: mask, hasLatents: true, effort: effort)
    return EncodedExact(bytes: bytes, mask: mask, free: FreeLatents(mask), hash: coder.hash(pixels, mask))
  }
}

extension RowRing {
  /// Where the pixels of each row of a region are.
  fileprivate func rows(of region: Region) -> (_ y: Int) -> UnsafePointer<UInt8> {
    { UnsafePointer(self.row(region.y + $0) + region.x * self.pixelBytes) }
  }
}
