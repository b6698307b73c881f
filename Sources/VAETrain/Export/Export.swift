import Foundation
import VAEZip

/// From a trained network to a model file: the averaged weights, the calibration that turns
/// activations into integers, and the probability tables.
struct Export {
  let network: TorchNetwork
  let images: CropSource
  let options: TrainingOptions
  let threads: Int

  private static let calibrationBatches = 24
  /// Crops whose symbols fit the tables, at each quality level.
  private static let tableImages = 64

  /// - Precondition: the network holds the weights to export (the moving average), and computes in
  ///   floating point.
  func model(name: String) throws -> ModelFile {
    var file = try calibrated(name: name)
    // Which symbols the encoder takes depends on what they cost.
    for _ in 0..<2 {
      let counts = try symbolCounts(file)
      file.tensors[ScaleTables.tensorName] = Self.tensor(.fitted(to: counts))
    }
    return file
  }

  /// The model with probabilities of Gaussians.
  func calibrated(name: String) throws -> ModelFile {
    var description = network.description
    description.name = name
    var tensors = try network.parameters.read(.values)
    // The file holds scale levels themselves, the network what its learning rate suits.
    tensors["hyper.level"] = tensors["hyper.level"]?.map {
      $0 * Float(TorchNetwork.levelScale) + Float(TorchNetwork.levelOffset)
    }
    let largest = try largestActivations()
    let fractionBits = Dictionary(
      uniqueKeysWithValues: description.calibratedActivations.map {
        ($0, Calibration.fractionBits(largest: largest[$0] ?? 0))
      })
    var file = try ModelFile(
      description: description, calibration: fractionBits, tensors: tensors,
      extraTensors: [ScaleTables.tensorName: Self.tensor(.gaussian())])
    file.calibration = try Calibration(
      file: file, images: try calibrationImages(), threads: threads
    ).refined(fractionBits)
    return file
  }

  private static func tensor(_ tables: ScaleTables) -> WeightTensor {
    WeightTensor(int32: tables.tensor, shape: ScaleTables.tensorShape)
  }

  private func crop(_ size: Int, using random: inout SplitMix64) throws -> Image {
    let pixels = try images.crops(1, size: size, using: &random).converted(to: .float32).floats()
    return Image(width: size, height: size, channels: .rgb, pixels: pixels.map { UInt8($0) })
  }

  /// The symbols of random training crops at all quality levels, as the encoder chooses them.
  private func symbolCounts(_ file: ModelFile) throws -> SymbolCounts {
    let model = try Model(contentsOf: file.serialized())
    var random = SplitMix64(seed: options.seed ^ 0x5B01)
    var counts = SymbolCounts()
    for level in 0..<file.description.levels {
      let encoder = try Encoder(
        model: model, options: EncoderOptions(levelPosition: level * 256, threads: threads))
      for _ in 0..<Self.tableImages {
        let crop = try crop(min(options.cropSize, 256), using: &random)
        counts = counts + (try encoder.encode(crop).statistics.streams.counts)
      }
    }
    return counts
  }

  /// Some training crops. The first and the second are covered by squares and by small rectangles of
  /// the extremes of all colours: what charts and text have, photographs hardly.
  private func calibrationImages() throws -> [Image] {
    var random = SplitMix64(seed: options.seed ^ 0xB175)
    let size = min(options.cropSize, 256)
    var images = try (0..<12).map { _ in try crop(size, using: &random) }
    let side = size / 4
    for y in 0..<4 {
      for x in 0..<4 where (x + y) % 2 == 0 {
        images[0].fill(x * side..<(x + 1) * side, y * side..<(y + 1) * side, corner: y * 2 + x / 2)
      }
    }
    for _ in 0..<size * 2 {
      let x = Int.random(in: 0..<size, using: &random)
      let y = Int.random(in: 0..<size, using: &random)
      let width = Int.random(in: 1...min(24, size - x), using: &random)
      let height = Int.random(in: 1...min(24, size - y), using: &random)
      images[1].fill(x..<x + width, y..<y + height, corner: Int.random(in: 0..<8, using: &random))
    }
    return images
  }

  /// The largest magnitude of every activation, from random training crops at all quality levels.
  private func largestActivations() throws -> [String: Double] {
    var largest: [String: Double] = [:]
    network.observer = { name, tensor in largest[name] = max(largest[name] ?? 0, tensor.maxAbs()) }
    defer { network.observer = nil }
    var random = SplitMix64(seed: options.seed ^ 0xCA11_B8A7)
    let levels = network.description.levels
    let size = min(options.cropSize, 256)
    try network.torch.withoutGradients {
      for _ in 0..<Self.calibrationBatches {
        let pixels = images.crops(levels, size: size, using: &random).asPixels()
        _ = network.measure(
          pixels, positions: (0..<levels).map(Double.init), posterior: options.posterior,
          distortion: options.distortion, sampling: false)
        try network.torch.check()
      }
    }
    return largest
  }
}

extension Image {
  /// Covers a rectangle with a corner of the colour cube: bits 0, 1, 2 are red, green, blue.
  fileprivate mutating func fill(_ columns: Range<Int>, _ rows: Range<Int>, corner: Int) {
    for y in rows {
      for x in columns {
        for channel in 0..<3 {
          pixels[(y * width + x) * 3 + channel] = corner >> channel & 1 == 1 ? 255 : 0
        }
      }
    }
  }
}
