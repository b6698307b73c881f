extension ScaleTables {
  /// Fits tables to the symbols that a model makes of training images.
  ///
  /// The real distribution at a scale index is more peaked than a Gaussian and has heavier tails. Scale
  /// indexes that occur seldom stay near the Gaussian. Computed in floating point, so only for the export
  /// of a model. Bypass bits are those of `gaussian()`.
  /// - Parameters:
  ///   - counts: how often each reduced magnitude occurs.
  ///   - prior: how many observations the Gaussian counts as.
  package static func fitted(to counts: SymbolCounts, prior: Double = 1000) -> ScaleTables {
    let base = gaussian()
    var frequencies: [UInt32] = []
    for scaleIndex in 0..<scaleCount {
      let row = (0..<entryCount).map { counts.count(scaleIndex: scaleIndex, entry: $0) }
      let sum = Double(row.reduce(0, +)) + prior
      frequencies += quantized(
        row.enumerated().map { entry, count in
          let expected = Double(base.frequency(scaleIndex, entry)) / Double(total)
          return (Double(count) + prior * expected) / sum
        })
    }
    return ScaleTables(bypassBits: base.bypassBits, frequencies: frequencies)
  }
}
