import TestSupport
import VAEZip

/// Models with random weights of sensible magnitudes, for tests.
enum RandomModel {
  static func description(width: Int = 32, blocks: Int = 1) -> NetworkDescription {
    NetworkDescription(
      name: "random", transformWidth: width, latentWidth: width, hyperWidth: 32, priorWidth: 32,
      contextWidth: 32, analysisBlocks: blocks, hyperAnalysisBlocks: 1, priorBlocks: 1,
      contextBlocks: 1, synthesisBlocks: blocks, lambdas: [0.001, 0.01, 0.1])
  }

  /// Weights that keep the size of what they are applied to, more or less.
  static func tensors(
    _ description: NetworkDescription, seed: UInt64, posteriorHead: Bool = false
  ) -> [String: [Float]] {
    var random = SplitMix64(seed)
    var tensors: [String: [Float]] = [:]
    for spec in description.parameters(posteriorHead: posteriorHead) {
      let fanIn = spec.shape.dropFirst().reduce(1, *)
      var limit: Float =
        spec.shape.count == 4 ? (3 / Float(fanIn)).squareRoot() : 0.05
      // Distinct means and levels at most positions, and residual branches that stay small.
      if spec.name.hasSuffix("shrink.weight") || spec.name.hasSuffix("merge.weight") {
        limit *= 0.3
      }
      var values = (0..<spec.count).map { _ in random.float(limit) }
      let columns = spec.shape.last ?? 1
      switch spec.name {
      case "gain.forward", "gain.inverse":
        // Steps that become smaller by the level: 1.5 … 4.5 bits before the point.
        values = values.indices.map { 1.5 + 1.5 * Float($0 / columns) + values[$0] }
      case "hyper.mean": values = values.map { $0 * 10 }
      case "hyper.level": values = values.map { 24 + $0 * 100 }
      default: break
      }
      tensors[spec.name] = values
    }
    return tensors
  }

  static func calibration(_ description: NetworkDescription) -> [String: Int] {
    var calibration: [String: Int] = [:]
    for (index, name) in description.calibratedActivations.enumerated() {
      calibration[name] = 9 + index % 4
    }
    calibration["latent"] = 7
    calibration["hyper"] = 6
    return calibration
  }

  static func file(
    seed: UInt64 = 1, width: Int = 32, blocks: Int = 1, dtype: WeightTensor.DType = .f16
  ) throws -> ModelFile {
    let description = description(width: width, blocks: blocks)
    return try ModelFile(
      network: description, calibration: calibration(description),
      tensors: tensors(description, seed: seed), dtype: dtype)
  }

  /// A picture with smooth parts, edges and noise. Its alpha has tiles that are the same everywhere,
  /// slopes, edges and noise.
  static func image(
    _ width: Int, _ height: Int, _ channels: Image.Channels = .rgb, alpha hasAlpha: Bool = false,
    depth: Image.Depth = .eight, seed: UInt64 = 7
  ) -> Image {
    var random = SplitMix64(seed)
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<Int(channels.rawValue) {
          let smooth = 3 * x + 2 * y + 40 * c
          let edge = (x / 7 + y / 5) % 3 == 0 ? 90 : 0
          let noise = Int(random.next() % 24)
          pixels.append(UInt8(truncatingIfNeeded: min(255, (smooth + edge) % 230 + noise)))
        }
      }
    }
    var alpha: [UInt8] = []
    for y in 0..<height where hasAlpha {
      for x in 0..<width {
        let kind = (x >> 6) + (y >> 6)
        let sample = [0x1234, x * y, x > y ? 0xFFFF : 0, Int(random.next() & 0xFFFF)][kind & 3]
        if depth == .sixteen { alpha.append(UInt8(truncatingIfNeeded: sample >> 8)) }
        alpha.append(UInt8(truncatingIfNeeded: sample))
      }
    }
    return Image(
      width: width, height: height, channels: channels, pixels: pixels, depth: depth,
      alpha: hasAlpha ? alpha : nil)
  }
}
