import VAEZipSupport

import Foundation

/// Codes the quantized latents of one stream (hyper-latents, first or second pass of one tile).
///
/// Both sides know the scale level of each symbol, and derive from the levels all tables by integer
/// arithmetic. `Formats/VZ-symbols.md` specifies the stream. An instance keeps zstd's contexts and its
/// buffers from stream to stream; one per thread.
package final class SymbolCoder {
  private let mixtures: Mixtures
  package let order = SymbolOrder()
  private let encoder: FrameEncoder
  private let decoder: FrameDecoder
  private let sorted = ScratchBuffer<Int16>()
  private let magnitudes = ScratchBuffer<UInt8>()
  /// What the stream decoded last consists of.
  package private(set) var lastStatistics = SymbolStatistics()

  /// What the stream encoded last was reckoned to take: the estimate by which its segments were chosen.
  package private(set) var estimatedBits = 0

  /// k of the Exp-Golomb codes of numbers of sequences, where nothing is expected.
  static let sequenceCountParameter = 8
  /// Unary codes in the bit string have at most as many ones; an escape follows.
  static let longestUnary = 20

  /// A coder with the given probability tables.
  /// - Throws: `EntropyError.zstd` if there is no memory for contexts.
  package init(tables: ScaleTables) throws(EntropyError) {
    mixtures = Mixtures(tables: tables, traits: LevelTraits(tables))
    encoder = FrameEncoder()
    decoder = try FrameDecoder()
  }

  /// One stream; empty if all symbols are zero.
  /// - Parameters:
  ///   - symbols: quantized latents, −32767…32767, in raster order.
  ///   - scaleIndexes: the scale index of each, 0…63; as many as symbols.
  /// - Throws: `EntropyError.invalidInput`.
  package func encode(symbols: [Int16], scaleIndexes: [UInt8]) throws(EntropyError) -> [UInt8] {
    guard symbols.count == scaleIndexes.count else {
      throw .invalidInput("\(scaleIndexes.count) symbols expected, found \(symbols.count)")
    }
    if symbols.contains(.min) {
      throw .invalidInput("symbols of -32767…32767 expected, found -32768")
    }
    try order.sort(scaleIndexes, mixtures.traits)
    guard symbols.contains(where: { $0 != 0 }) else { return [] }
    let sorted = sorted.reserve(symbols.count)
    symbols.withUnsafeBufferPointer { symbols in
      for place in 0..<symbols.count { sorted[place] = symbols[Int(order.indices[place])] }
    }
    let view = UnsafeBufferPointer(sorted)
    let plan = PlanSearch(order: order, mixtures: mixtures, sorted: view).plan()
    estimatedBits = plan.bits >> FixedLog2.fractionBits
    var segments = SegmentEncoder(
      mixtures: mixtures, order: order, frames: encoder, sorted: view)
    try segments.encode(plan.segments)
    return segments.stream()
  }

  /// The symbols of one stream.
  /// - Parameters:
  ///   - bytes: exactly one stream as `encode` made it.
  ///   - scaleIndexes: the scale index of each symbol, 0…63.
  /// - Throws: `EntropyError.corrupted` if the bytes are not a stream of as many symbols;
  ///   `EntropyError.invalidInput` if a level is out of range.
  package func decode(_ bytes: ArraySlice<UInt8>, scaleIndexes: [UInt8]) throws(EntropyError) -> [Int16] {
    try order.sort(scaleIndexes, mixtures.traits)
    var symbols = [Int16](repeating: 0, count: scaleIndexes.count)
    lastStatistics = SymbolStatistics()
    lastStatistics.symbols = scaleIndexes.count
    if bytes.isEmpty { return symbols }
    guard !scaleIndexes.isEmpty else {
      throw .corrupted(expected: "no bytes for no symbols", found: "\(bytes.count)")
    }
    // A closure that throws a typed error within two others needs the error spelled out.
    let statistics = try bytes.withUnsafeBufferPointer { bytes throws(EntropyError) in
      try symbols.withUnsafeMutableBufferPointer { symbols throws(EntropyError) in
        guard let base = bytes.baseAddress else { return lastStatistics }
        var segments = SegmentDecoder(
          mixtures: mixtures, order: order, frames: decoder, magnitudes: magnitudes,
          symbols: symbols, reader: BitReader(base: base, count: bytes.count),
          statistics: lastStatistics)
        try segments.decode()
        return segments.statistics
      }
    }
    lastStatistics = statistics
    lastStatistics.bitStringBytes = bytes.count - statistics.frameBytes
    return symbols
  }

  /// `decode` of a whole array.
  package func decode(_ bytes: [UInt8], scaleIndexes: [UInt8]) throws(EntropyError) -> [Int16] {
    try decode(bytes[...], scaleIndexes: scaleIndexes)
  }

  /// The information content of symbols under the tables, in bits: −log₂ p, signs included.
  /// For reports only: no bit of a file depends on it.
  package func modelBits(symbols: [Int16], scaleIndexes: [UInt8]) -> Double {
    zip(symbols, scaleIndexes).reduce(0) { $0 + modelBits(symbol: $1.0, level: $1.1) }
  }

  /// The tables that the coder was made with.
  package var tables: ScaleTables { mixtures.tables }

  package func modelBits(symbol: Int16, level: UInt8) -> Double {
    let magnitude = Int(symbol.magnitude)
    let level = Int(min(level, 63))
    let raw = Int(tables.rawBits[level])
    let entry = min(magnitude >> raw, ScaleTables.escape)
    var bits = 24 - log2(Double(tables.frequency(level, entry))) + Double(raw)
    if entry == ScaleTables.escape {
      let rest = (magnitude >> raw) - entry + 1
      bits += Double(2 * (Int.bitWidth - 1 - rest.leadingZeroBitCount) + 1)
    }
    return bits + (magnitude == 0 ? 0 : 1)
  }
}
