import Foundation
import VAEZip

/// From a trained network to a model file: the averaged weights, the calibration that turns
/// activations into integers, and the probability tables.
struct Export {
  let network: TorchNetwork
  let images: TrainingImages
  let options: TrainingOptions

  /// The fixed-point positions are chosen so that twice the largest activation seen still fits in
  /// 16 bits.
  private static let headroom = 2.0
  /// More fraction bits than this gain nothing and make shifts large.
  private static let mostFractionBits = 12
  private static let calibrationBatches = 8

  /// - Precondition: the network holds the weights to export (the moving average).
  func model(name: String) throws -> ModelFile {
    var description = network.description
    description.name = name
    var tensors = try network.parameters.read(.values)
    // The file holds scale levels themselves, the network what its learning rate suits.
    tensors["hyper.level"] = tensors["hyper.level"]?.map {
      $0 * Float(TorchNetwork.levelScale) + Float(TorchNetwork.levelOffset)
    }
    let tables = WeightTensor(
      int32: ScaleTables.gaussian().tensor, shape: ScaleTables.tensorShape)
    return try ModelFile(
      description: description, calibration: try calibration(), tensors: tensors,
      extraTensors: [ScaleTables.tensorName: tables])
  }

  /// Fraction bits of every activation, from random training crops at all quality levels.
  private func calibration() throws -> [String: Int] {
    var largest: [String: Double] = [:]
    network.observer = { name, tensor in largest[name] = max(largest[name] ?? 0, tensor.maxAbs()) }
    defer { network.observer = nil }
    let computeType = network.computeType
    network.computeType = .float32
    defer { network.computeType = computeType }
    var random = SplitMix64(seed: options.seed ^ 0xCA11_B8A7)
    let levels = network.description.levels
    let size = min(options.cropSize, 256)
    try network.torch.withoutGradients {
      for _ in 0..<Self.calibrationBatches {
        let pixels = network.pixels(
          images.crops(levels, size: size, using: &random), count: levels, size: size)
        _ = network.measure(
          pixels, positions: (0..<levels).map(Double.init), posterior: options.posterior,
          distortion: options.distortion, sampling: false)
        try network.torch.check()
      }
    }
    var result: [String: Int] = [:]
    for name in network.description.calibratedActivations {
      let range = max(largest[name] ?? 0, 1e-3) * Self.headroom
      let bits = Int((log2(32767 / range)).rounded(.down))
      result[name] = min(max(bits, 0), Self.mostFractionBits)
    }
    return result
  }
}
