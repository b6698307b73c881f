/// What a stream costs, beside what its symbols would cost elsewhere. For reports only.
package struct StreamRate: Sendable, Equatable {
  /// Information content of the symbols under the model, −log₂ p, in bits: the rate term of the loss.
  package var modelBits = 0.0
  /// Bytes of the stream.
  package var bytes = 0
  /// The part of `modelBits` that belongs to symbols in zstd frames.
  package var framedModelBits = 0.0
  /// Bits that the stream spends on those symbols: frames, signs, escapes.
  package var framedBits = 0
  /// Bytes that an ideal range coder would spend with the same tables (`RangeCoderSize`).
  package var rangeCoderBytes = 0
  /// Counts of the symbols, from which a model's tables are fitted.
  package internal(set) var counts = SymbolCounts()

  /// Makes the rate of no stream at all: all zeros.
  package init() {}

  /// The rates of two streams together.
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
