import Foundation
import VAEZip

/// Finds the fixed-point positions of a model's activations with which its integers cost least.
///
/// More fraction bits round less, until large activations no longer fit in 16 bits, and until a layer
/// that reads them beside coarser ones has few bits left for its weights. What matters of all that
/// differs from layer to layer, so it is measured: coordinate descent, a bit at a time, on the rate
/// and the distortion of the integer codec itself.
package struct Calibration {
  /// The model but for its positions.
  private let file: ModelFile
  private let images: [Image]
  private let threads: Int

  /// More fraction bits than this gain nothing and make shifts large.
  static let mostFractionBits = 12
  /// A change must gain this part of the cost: less may be these images' own.
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

  /// - Parameter start: fraction bits by activation.
  package func refined(_ start: [String: Int]) throws -> [String: Int] {
    var best = start
    guard var cost = try cost(best) else { return start }
    for names in groups {
      for change in [1, -1] {
        var hasGained = false
        while true {
          let changed = best.merging(names.map { ($0, 0) }) { bits, _ in
            min(max(bits + change, 1), Self.mostFractionBits)
          }
          guard changed != best, let found = try self.cost(changed), found < cost - Self.leastGain
          else { break }
          (best, cost, hasGained) = (changed, found, true)
        }
        if hasGained { break }
      }
    }
    return best
  }

  /// What moves together: all of a part, since what one activation rounds away another need not keep;
  /// then the activations outside of blocks, one by one.
  private var groups: [[String]] {
    let names = file.description.calibratedActivations
    let parts = ["context", "prior", "hyperanalysis", "analysis", "synthesis"]
    return parts.map { part in names.filter { $0.hasPrefix(part + ".") } }
      + names.filter { !$0.contains(".block") }.map { [$0] }
  }

  /// The mean logarithm of bits per pixel + λ · mean squared error, over the images and every second
  /// quality level; nil if some layer can't have these positions.
  private func cost(_ calibration: [String: Int]) throws -> Double? {
    var file = file
    file.calibration = calibration
    let model = try Model(contentsOf: file.serialized())
    guard (try? model.prepare()) != nil else { return nil }
    var (sum, count) = (0.0, 0.0)
    for image in images {
      for level in stride(from: 0, to: file.description.levels, by: 2) {
        let encoded = try Encoder(
          model: model,
          options: EncoderOptions(levelPosition: level * 256, threads: threads, effort: 1)
        ).encode(image)
        let rate = encoded.statistics.modelBits / Double(image.width * image.height)
        let squaredError = 255 * 255 * pow(10, -0.1 * (try Metrics.psnr(image, encoded.reconstruction)))
        sum += log(rate + file.description.lambdas[level] * squaredError)
        count += 1
      }
    }
    return sum / count
  }
}
