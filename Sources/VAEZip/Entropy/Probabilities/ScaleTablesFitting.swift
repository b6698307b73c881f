extension ScaleTables {
  /// The reduced magnitude under which a symbol is counted, 0…31.
  public func entry(level: Int, symbol: Int) -> Int {
    min(Int(symbol.magnitude) >> Int(rawBits[level]), Self.escape)
  }

  /// Tables fitted to the symbols that a model makes of training images.
  ///
  /// What a level stands for is learned, and the true distribution at a level is more peaked and
  /// has heavier tails than a Gaussian. Levels that occur seldom stay near the Gaussian.
  ///
  /// For the export of a model only, as `gaussian()`, whose dropped bits stay.
  /// - Parameter prior: how many observations the Gaussian weighs.
  package static func fitted(to counts: SymbolCounts, prior: Double = 1000) -> ScaleTables {
    let base = gaussian()
    var frequencies: [UInt32] = []
    for level in 0..<levelCount {
      let row = (0..<entryCount).map { counts.count(level: level, entry: $0) }
      let sum = Double(row.reduce(0, +)) + prior
      frequencies += quantized(
        row.enumerated().map { entry, count in
          let expected = Double(base.frequency(level, entry)) / Double(total)
          return (Double(count) + prior * expected) / sum
        })
    }
    return ScaleTables(rawBits: base.rawBits, frequencies: frequencies)
  }
}
