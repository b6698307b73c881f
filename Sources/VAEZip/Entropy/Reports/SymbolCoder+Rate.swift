extension SymbolCoder {
  /// The information content of symbols under the tables, in bits: −log₂ p, signs included.
  /// Floating point: for reports. No byte of a file depends on it.
  /// - Parameters:
  ///   - symbols: −32767…32767.
  ///   - scaleIndexes: as many, 0…63; larger ones count as 63.
  package func modelBits(symbols: [Int16], scaleIndexes: [UInt8]) -> Double {
    zip(symbols, scaleIndexes).reduce(0) { $0 + cost($1.0, $1.1).bits }
  }

  /// Measures what a stream costs beside what its symbols would cost elsewhere.
  /// - Parameters:
  ///   - symbols: what was encoded.
  ///   - scaleIndexes: as many, 0…63.
  ///   - bytes: the stream that `encode` made of them.
  /// - Throws: as `decode`.
  package func rate(
    symbols: [Int16], scaleIndexes: [UInt8], bytes: [UInt8]
  ) throws(EntropyError) -> StreamRate {
    var rate = StreamRate()
    rate.bytes = bytes.count
    rate.modelBits = modelBits(symbols: symbols, scaleIndexes: scaleIndexes)
    _ = try decode(bytes, scaleIndexes: scaleIndexes)
    let statistics = lastStatistics
    rate.framedBits = statistics.framedBits
    for range in statistics.framed {
      for place in range {
        let index = Int(order.indices[place])
        rate.framedModelBits += cost(symbols[index], scaleIndexes[index]).bits
      }
    }
    var rangeCoder = RangeCoderSize()
    for (symbol, scaleIndex) in zip(symbols, scaleIndexes) {
      let cost = cost(symbol, scaleIndex)
      rangeCoder.add(cost)
      rate.counts.add(scaleIndex: Int(scaleIndex), entry: cost.entry)
    }
    rate.rangeCoderBytes = symbols.contains { $0 != 0 } ? rangeCoder.bytes : 0
    return rate
  }

  private func cost(_ symbol: Int16, _ scaleIndex: UInt8) -> SymbolCost {
    SymbolCost(
      magnitude: Int(symbol.magnitude),
      scaleIndex: min(Int(scaleIndex), ScaleTables.scaleCount - 1), tables: tables)
  }
}
