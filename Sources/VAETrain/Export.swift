import Foundation
import VAEZip

/// From a trained network to a model file: the averaged weights, the calibration that turns
/// activations into integers, and the probability tables.
struct Export {
  let network: TorchNetwork
  let images: CropSource
  let options: TrainingOptions

  /// The fixed-point positions are chosen so that twice the largest activation seen still fits in
  /// 16 bits.
  private static let headroom = 2.0
  /// More fraction bits than this gain nothing and make shifts large.
  private static let mostFractionBits = 12
  private static let calibrationBatches = 24

  /// - Precondition: the network holds the weights to export (the moving average).
  func model(name: String) throws -> ModelFile {
    var description = network.description
    description.name = name
    var tensors = try network.parameters.read(.values)
    // The file holds scale levels themselves, the network what its learning rate suits.
    tensors["hyper.level"] = tensors["hyper.level"]?.map {
      $0 * Float(TorchNetwork.levelScale) + Float(TorchNetwork.levelOffset)
    }
    let (calibration, tables) = try calibrated()
    return try ModelFile(
      description: description, calibration: calibration, tensors: tensors,
      extraTensors: [
        ScaleTables.tensorName: WeightTensor(
          int32: tables.tensor, shape: ScaleTables.tensorShape)
      ])
  }

  /// Fraction bits of every activation, and the probability tables, from random training crops at
  /// all quality levels.
  private func calibrated() throws -> (fractionBits: [String: Int], tables: ScaleTables) {
    var largest: [String: Double] = [:]
    network.observer = { name, tensor in largest[name] = max(largest[name] ?? 0, tensor.maxAbs()) }
    var counter = SymbolCounter()
    var failure: (any Error)?
    network.symbolObserver = { levels, symbols in
      do { try counter.add(levels: levels.floats(), symbols: symbols.floats()) } catch {
        failure = error
      }
    }
    defer {
      network.observer = nil
      network.symbolObserver = nil
    }
    let computeType = network.computeType
    network.computeType = .float32
    defer { network.computeType = computeType }
    var random = SplitMix64(seed: options.seed ^ 0xCA11_B8A7)
    let levels = network.description.levels
    let size = min(options.cropSize, 256)
    try network.torch.withoutGradients {
      for _ in 0..<Self.calibrationBatches {
        let pixels = network.pixels(images.crops(levels, size: size, using: &random))
        _ = network.measure(
          pixels, positions: (0..<levels).map(Double.init), posterior: options.posterior,
          distortion: options.distortion, sampling: false)
        try network.torch.check()
        if let failure { throw failure }
      }
    }
    var result: [String: Int] = [:]
    for name in network.description.calibratedActivations {
      let range = max(largest[name] ?? 0, 1e-3) * Self.headroom
      let bits = Int((log2(32767 / range)).rounded(.down))
      result[name] = min(max(bits, 0), Self.mostFractionBits)
    }
    return (result, ScaleTables.fitted(counts: counter.counts))
  }
}

/// Counts symbols by the scale level that they are coded at.
private struct SymbolCounter {
  private let tables = ScaleTables.gaussian()
  private(set) var counts = Array(
    repeating: Array(repeating: 0, count: ScaleTables.entryCount), count: ScaleTables.levelCount)

  mutating func add(levels: [Float], symbols: [Float]) {
    for (level, symbol) in zip(levels, symbols) {
      let index = Int(min(max(level.rounded(), 0), 63))
      counts[index][tables.entry(level: index, symbol: Int(symbol))] += 1
    }
  }
}
