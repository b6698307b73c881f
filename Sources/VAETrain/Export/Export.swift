import Foundation
import VAEZip

/// From a trained network to a model file: the averaged weights, the calibration that turns
/// activations into integers, the preview table, the probability tables, and the scale of qualities.
struct Export {
  let network: TorchNetwork
  let images: CropSource
  let options: TrainingOptions
  let threads: Int
  let limit: TimeLimit
  let log: TrainingLog

  private static let calibrationBatches = 24
  /// Crops whose symbols fit the tables, at each quality level.
  private static let tableImages = 64
  /// Which symbols the encoder takes depends on what they cost, so the tables are fitted twice.
  private static let tableRounds = 2
  /// Crops whose latents fit the preview table.
  private static let previewImages = 64
  /// Crops whose scores decide what the qualities mean.
  private static let qualityImages = 64
  /// Their side in pixels, unless an image is smaller. It is not `cropSize`, because scores depend on the size of a crop.
  private static let qualityCropSize = 256

  private var cropSize: Int { min(options.cropSize, 256) }

  /// Makes a model that works, then better ones until all is done or the limit is reached.
  ///
  /// - Parameter write: gets each of them.
  /// - Returns: the last one.
  /// - Precondition: the network holds the weights to export (the moving average), and computes in
  ///   floating point.
  func model(name: String, write: (ModelFile) throws -> Void) throws -> ModelFile {
    var file = try draft(name: name)
    try write(file)
    for (work, improve) in improvements {
      guard !limit.isReached, try improve(&file) else {
        guard limit.isReached else { continue }
        log.note("no time is left for \(work.rawValue) and what comes after it")
        break
      }
      try write(file)
    }
    log.endProgress()
    return file
  }

  /// The parts of an export, as a log names them.
  private enum Work: String {
    case activations = "measuring activations"
    case calibration = "calibrating the model"
    case previews = "fitting previews"
    case probabilities = "fitting the probabilities"
    case qualities = "scaling the qualities"
  }

  /// What makes a model better, in turn. Each returns false if nothing has changed.
  private var improvements: [(Work, (inout ModelFile) throws -> Bool)] {
    [(.calibration, calibrate), (.previews, fitPreviews)]
      + (0..<Self.tableRounds).map { round in (.probabilities, { try fitTables(&$0, round: round) }) }
      + [(.qualities, scaleQualities)]
  }

  /// The fixed-point positions with which the network's integers cost least.
  func calibration() throws -> [String: Int] { try calibration(of: draft(name: "")) }

  private func calibration(of file: ModelFile) throws -> [String: Int] {
    try Calibration(file: file, images: calibrationImages(), threads: threads)
      .refined(file.calibration, until: limit) { progress(.calibration, $0) }
  }

  private func calibrate(_ file: inout ModelFile) throws -> Bool {
    let before = file.calibration
    file.calibration = try calibration(of: file)
    return file.calibration != before
  }

  private func progress(_ work: Work, _ done: Double) { log.progress(work.rawValue, done) }

  /// The model with positions that the largest activations ask for, and probabilities of Gaussians.
  private func draft(name: String) throws -> ModelFile {
    var description = network.description
    description.name = name
    var tensors = try network.parameters.read(.values)
    // The file holds scale levels themselves, the network what its learning rate suits.
    tensors["hyper.level"] = tensors["hyper.level"]?.map {
      $0 * Float(TorchNetwork.levelScale) + Float(TorchNetwork.levelOffset)
    }
    let largest = try largestActivations()
    let fractionBits = Dictionary(
      uniqueKeysWithValues: description.calibratedActivations.map { name in
        // Symbols are whole units of the latents, whose rounding needs a fraction bit.
        let least = name == "latent" || name == "hyper" ? 1 : 0
        return (name, max(Calibration.fractionBits(largest: largest[name] ?? 0), least))
      })
    return try ModelFile(
      network: description, calibration: fractionBits, tensors: tensors,
      extraTensors: [ScaleTables.tensorName: Self.tensor(.gaussian())])
  }

  /// Fits the linear map to small pictures to random training crops at some quality levels. Nothing changes if the limit
  /// is reached before, or the crops have too few latents.
  private func fitPreviews(_ file: inout ModelFile) throws -> Bool {
    var fit = try PreviewFit(file, threads: threads)
    var random = SplitMix64(seed: options.seed ^ 0x9EF1)
    let levels = stride(from: 1, to: file.network.levels, by: 2)
    for index in 0..<Self.previewImages {
      let crop = try images.crop(upTo: cropSize, using: &random)
      for level in levels {
        guard !limit.isReached else { return false }
        progress(.previews, Double(index) / Double(Self.previewImages))
        try fit.add(crop, qualityPosition: 256 * level)
      }
    }
    guard let table = fit.table() else { return false }
    file.preview = table
    return true
  }

  private static func tensor(_ tables: ScaleTables) -> WeightTensor {
    WeightTensor(int32: tables.tensor, shape: ScaleTables.tensorShape)
  }

  /// Fits the tables of probabilities to the symbols of random training crops at all quality levels, as the encoder
  /// chooses them. Nothing changes if the limit is reached before.
  private func fitTables(_ file: inout ModelFile, round: Int) throws -> Bool {
    let model = try Model(contentsOf: file.serialized())
    var random = SplitMix64(seed: options.seed ^ 0x5B01)
    var counts = SymbolCounts()
    let levels = file.network.levels
    for level in 0..<levels {
      let encoder = try encoder(model, qualityPosition: level * 256)
      for index in 0..<Self.tableImages {
        guard !limit.isReached else { return false }
        let done = Double((round * levels + level) * Self.tableImages + index)
        progress(.probabilities, done / Double(Self.tableRounds * levels * Self.tableImages))
        let crop = try images.crop(upTo: cropSize, using: &random)
        counts = counts + (try encoder.encodeTrial(crop).statistics.streams.counts)
      }
    }
    file.tensors[ScaleTables.tensorName] = Self.tensor(.fitted(to: counts))
    return true
  }

  /// An encoder of the default effort, without exact pixels.
  private func encoder(_ model: Model, qualityPosition: Int) throws -> ImageEncoder {
    try ImageEncoder(
      model: model,
      options: EncoderOptions(
        qualityPosition: qualityPosition, threads: threads, choosesExactPixels: false))
  }

  /// Chooses the position of each quality by the scores of random training crops at every half quality level. Nothing
  /// changes if the limit is reached before.
  private func scaleQualities(_ file: inout ModelFile) throws -> Bool {
    let model = try Model(contentsOf: file.serialized())
    var random = SplitMix64(seed: options.seed ^ 0x5C0E)
    let crops = try (0..<Self.qualityImages).map { _ in
      try images.crop(upTo: Self.qualityCropSize, using: &random)
    }
    let positions = Array(stride(from: 0, through: model.lastQualityPosition, by: 128))
    var points: [QualityScale.Point] = []
    for (index, position) in positions.enumerated() {
      let encoder = try encoder(model, qualityPosition: position)
      var sum = 0.0
      for crop in crops {
        guard !limit.isReached else { return false }
        sum += try Metrics.ssimulacra2(
          crop, encoder.encodeTrial(crop).reconstruction, threads: threads)
      }
      progress(.qualities, Double(index + 1) / Double(positions.count))
      points.append(.init(position: position, ssimulacra2: sum / Double(crops.count)))
    }
    file.qualityPositions = QualityScale(points, lastPosition: model.lastQualityPosition).positions
    return true
  }

  /// The largest magnitude of every activation, from random training crops at all quality levels; from a
  /// single batch of them if the limit is reached.
  private func largestActivations() throws -> [String: Double] {
    var largest: [String: Double] = [:]
    network.observer = { name, tensor in largest[name] = max(largest[name] ?? 0, tensor.maxAbs()) }
    defer { network.observer = nil }
    var random = SplitMix64(seed: options.seed ^ 0xCA11_B8A7)
    let levels = network.description.levels
    try network.torch.withoutGradients {
      for batch in 0..<Self.calibrationBatches where batch == 0 || !limit.isReached {
        progress(.activations, Double(batch) / Double(Self.calibrationBatches))
        let pixels = images.crops(levels, size: cropSize, using: &random).asPixels()
        _ = network.forward(
          pixels, positions: (0..<levels).map(Double.init), posterior: options.posterior,
          sampling: false)
        try network.torch.check()
      }
    }
    return largest
  }
}

extension Export {
  /// Some training crops. The first and the second are covered by squares and by small rectangles of
  /// the extremes of all colors, which charts and text have and photographs hardly.
  private func calibrationImages() throws -> [Image] {
    var random = SplitMix64(seed: options.seed ^ 0xB175)
    let size = cropSize
    var images = try (0..<12).map { _ in try self.images.crop(upTo: size, using: &random) }
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
}

extension Image {
  /// Covers a rectangle with a corner of the color cube: bits 0, 1, 2 are red, green, blue.
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
