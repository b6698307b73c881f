import VAEZip

extension Trainer {
  func exporter(_ limit: TimeLimit) -> Export {
    Export(
      network: network, images: images, options: options, threads: threads, limit: limit, log: log)
  }

  /// The model of the averaged weights.
  ///
  /// - Parameters:
  ///   - name: the model's.
  ///   - write: gets a model that works within seconds, then better ones: with calibrated integers, and
  ///     with probability tables that fit. The time that this takes is a part of
  ///     `TrainingOptions.Length.minutes`; when it is over, or `stop` is set, the model stays as it is.
  /// - Returns: the last of these models.
  /// - Throws: what `write` throws.
  @discardableResult
  package func export(name: String, write: (ModelFile) throws -> Void) throws -> ModelFile {
    let left: Double? =
      switch options.length {
      case .minutes(let total): max(total - minutes, 0)
      case .steps: nil
      }
    let limit = TimeLimit(minutes: left, stop: stop)
    return try withAverage { try exporter(limit).model(name: name, write: write) }
  }

  /// Tells the log what the model reaches on the validation images, if there are any: in floating point,
  /// against the model that the run began with, and what its integers cost.
  package func measure(_ file: ModelFile) throws {
    guard let validation, !stop.isSet else { return }
    let figures = try withAverage { try validation.measure(network) }
    log.validation(step: step, ValidationSet.means(figures))
    if let figuresBefore { compare(figures, with: figuresBefore) }
    // Some curves can't be compared, as those of two levels of which one is useless.
    if let percent = try? integerCost(of: file, on: validation.crops) {
      log.integers(percent: percent)
    }
  }

  private func compare(
    _ figures: [[ValidationSet.Figures]], with before: [[ValidationSet.Figures]]
  ) {
    let metrics: [(String, (ValidationSet.Figures) -> Double)] = [
      ("PSNR", \.psnr), ("SSIMULACRA2", \.ssimulacra2),
    ]
    for (name, quality) in metrics {
      guard let change = ValidationSet.change(from: before, to: figures, by: quality) else {
        continue
      }
      log.comparison(metric: name, percent: change)
    }
  }

  /// See `IntegerCost`.
  package func integerCost(of file: ModelFile, on images: [Image]) throws -> Double {
    try withAverage { try IntegerCost(file: file, network: network).percent(on: images) }
  }
}
