/// What a stream consists of, for reports.
package struct SymbolStatistics: Sendable, Equatable {
  /// Symbols, and how many of them are not zero.
  package internal(set) var symbols = 0
  package internal(set) var nonzeros = 0
  /// Segments of neighboring levels.
  package internal(set) var segments = 0
  /// zstd frames, their stored bytes, their sequences.
  package internal(set) var frames = 0
  package internal(set) var frameBytes = 0
  package internal(set) var sequences = 0
  /// Bytes of the bit string: segments, frame sizes, signs, remainders, escapes.
  package internal(set) var bitStringBytes = 0
  /// The symbols of segments that frames carry, in the order in which the stream has them.
  package var framed: [Range<Int>] = []
  /// Bits of these segments: the frames, and what belongs to them in the bit string.
  package var framedBits = 0

  package init() {}
}

/// What a stream takes, beside what it would take elsewhere. For reports only.
package struct StreamRate: Sendable, Equatable {
  /// The information content of the symbols under the model, −log₂ p: the KL term of the loss.
  package var modelBits = 0.0
  /// Bytes of the stream.
  package var bytes = 0
  /// Of `modelBits`, those of symbols that zstd frames carry.
  package var framedModelBits = 0.0
  /// Of the bits of the stream, those of the same symbols: frames, signs, escapes.
  package var framedBits = 0
  /// What an ideal range coder would take with the same tables (`RangeCoderSize`).
  package var rangeCoderBytes = 0
  /// The symbols by scale level, from which a model's tables are fitted.
  package internal(set) var counts = SymbolCounts()

  package init() {}

  package static func + (first: StreamRate, second: StreamRate) -> StreamRate {
    var sum = first
    sum.modelBits += second.modelBits
    sum.bytes += second.bytes
    sum.framedModelBits += second.framedModelBits
    sum.framedBits += second.framedBits
    sum.rangeCoderBytes += second.rangeCoderBytes
    sum.counts = first.counts + second.counts
    return sum
  }
}

extension SymbolCoder {
  /// What a stream takes.
  /// - Parameter bytes: what `encode` made of the symbols.
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
        rate.framedModelBits += modelBits(symbol: symbols[index], level: scaleIndexes[index])
      }
    }
    var coder = RangeCoderSize()
    for (symbol, level) in zip(symbols, scaleIndexes) {
      coder.add(symbol, level: level, tables)
      let entry = tables.entry(level: Int(level), symbol: Int(symbol))
      rate.counts.add(level: Int(level), entry: entry)
    }
    rate.rangeCoderBytes = symbols.contains { $0 != 0 } ? coder.bytes : 0
    return rate
  }
}
