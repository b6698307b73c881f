import Foundation
import VAEZip

/// Finds the fixed-point positions of a model's activations with which its integers cost least.
///
/// More fraction bits round less, until large activations no longer fit in 16 bits, or a layer that
/// also reads coarser activations has too few bits left for its weights. The best balance differs from
/// layer to layer, so it is measured: coordinate descent, a bit at a time, on the rate and the
/// distortion of the integer codec itself.
package struct Calibration {
  /// Its own positions don't matter.
  private let file: ModelFile
  private let images: [Image]
  private let threads: Int

  /// More fraction bits than this gain nothing and make shifts large.
  static let mostFractionBits = 12
  /// A change must lower the cost by this part: smaller gains may be these images' alone.
  private static let leastGain = 1e-4

  package init(file: ModelFile, images: [Image], threads: Int) {
    self.file = file
    self.images = images
    self.threads = threads
  }

  /// The most fraction bits with which twice the largest magnitude seen still fits in 16 bits.
  static func fractionBits(largest: Double) -> Int {
    min(max(Int(log2(32767 / (2 * max(largest, 1e-3))).rounded(.down)), 0), mostFractionBits)
  }

  /// - Parameters:
  ///   - start: fraction bits by activation.
  ///   - limit: ends the search early, with the best so far.
  ///   - progress: is told the part of the search that is done, 0…1.
  package func refined(
    _ start: [String: Int], until limit: TimeLimit = TimeLimit(),
    progress: (Double) -> Void = { _ in }
  ) throws -> [String: Int] {
    var best = start
    guard var cost = try cost(best, until: limit) else { return start }
    let groups = groups
    for (index, names) in groups.enumerated() {
      progress(Double(index) / Double(groups.count))
      for change in [1, -1] where !limit.isReached {
        var hasGained = false
        while true {
          let changed = best.merging(names.map { ($0, 0) }) { bits, _ in
            min(max(bits + change, 1), Self.mostFractionBits)
          }
          guard changed != best, let found = try self.cost(changed, until: limit),
            found < cost - Self.leastGain
          else { break }
          (best, cost, hasGained) = (changed, found, true)
        }
        if hasGained { break }
      }
    }
    return best
  }

  /// Activations whose positions move together: first all of a part, as one that is rounded coarsely
  /// makes finer ones after it pointless; then those outside of blocks, one by one.
  private var groups: [[String]] {
    let names = file.network.calibratedActivations
    let parts = ["context", "prior", "hyperanalysis", "analysis", "synthesis"]
    return parts.map { part in names.filter { $0.hasPrefix(part + ".") } }
      + names.filter { !$0.contains(".block") }.map { [$0] }
  }

  /// The mean logarithm of bits per pixel + λ · mean squared error, over the images and every second
  /// quality level; nil if some layer can't have these positions, or the limit is reached.
  private func cost(_ calibration: [String: Int], until limit: TimeLimit) throws -> Double? {
    var file = file
    file.calibration = calibration
    let model = try Model(contentsOf: file.serialized())
    guard (try? model.prepare()) != nil else { return nil }
    var (sum, count) = (0.0, 0.0)
    for image in images {
      for level in stride(from: 0, to: file.network.levels, by: 2) {
        guard !limit.isReached else { return nil }
        let encoded = try ImageEncoder(
          model: model,
          options: EncoderOptions(
            qualityPosition: level * 256, threads: threads, effort: 1, choosesExactPixels: false)
        ).encodeTrial(image)
        let rate = encoded.statistics.modelBits / Double(image.width * image.height)
        let squaredError = 255 * 255 * pow(10, -0.1 * (try Metrics.psnr(image, encoded.reconstruction)))
        sum += log(rate + file.network.lambdas[level] * squaredError)
        count += 1
      }
    }
    return sum / count
  }
}
