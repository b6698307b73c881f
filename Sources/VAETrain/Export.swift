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

  /// - Precondition: the network holds the weights to export (the moving average).
  func model(name: String) throws -> ModelFile {
    var description = network.description
    description.name = name
    var tensors = try network.parameters.read(.values)
    // The file holds scale levels themselves, the network what its learning rate suits.
    tensors["hyper.level"] = tensors["hyper.level"]?.map {
      $0 * Float(TorchNetwork.levelScale) + Float(TorchNetwork.levelOffset)
    }
    let (largest, tables) = try observed()
    let fractionBits = Dictionary(
      uniqueKeysWithValues: description.calibratedActivations.map {
        ($0, Calibration.fractionBits(largest: largest[$0] ?? 0))
      })
    var file = try ModelFile(
      description: description, calibration: fractionBits, tensors: tensors,
      extraTensors: [
        ScaleTables.tensorName: WeightTensor(
          int32: tables.tensor, shape: ScaleTables.tensorShape)
      ])
    file.calibration = try Calibration(
      file: file, images: try calibrationImages(), threads: threads
    ).refined(fractionBits)
    return file
  }

  /// Some training crops; half of the first is covered by the extremes of all colours.
  private func calibrationImages() throws -> [Image] {
    var random = SplitMix64(seed: options.seed ^ 0xB175)
    let size = min(options.cropSize, 256)
    return try (0..<12).map { index in
      var pixels = try images.crops(1, size: size, using: &random).converted(to: .float32).floats()
        .map { UInt8($0) }
      if index == 0 {
        let side = size / 4
        for y in 0..<size {
          for x in 0..<size where (x / side + y / side) % 2 == 0 {
            let corner = y / side * 2 + x / side / 2
            for channel in 0..<3 {
              pixels[(y * size + x) * 3 + channel] = corner >> channel & 1 == 1 ? 255 : 0
            }
          }
        }
      }
      return Image(width: size, height: size, channels: .rgb, pixels: pixels)
    }
  }

  /// The largest magnitude of every activation, and the probability tables, from random training crops
  /// at all quality levels.
  private func observed() throws -> (largest: [String: Double], tables: ScaleTables) {
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
    return (largest, ScaleTables.fitted(counts: counter.counts))
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
