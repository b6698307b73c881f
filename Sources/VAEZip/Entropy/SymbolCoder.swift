// The entropy coder, from symbols to one stream of bytes and back. Section numbers (§) are those of
// Formats/VZ-symbols.md. This is the folder's entry; read the files in this order:
//
//   1  SymbolCoder                              encodes and decodes one stream
//   2  Probabilities/ScaleTables   §1           how probable each magnitude is at each scale index
//   3  Segments/SymbolOrder        §1           sorts the symbols by scale index, into groups
//   4  Segments/SymbolSegment      §3           some neighboring groups that are coded in one way
//   5  Segments/SegmentEncoder     §3           writes segments; SegmentDecoder reads them
//   6  Frames/FrameEncoder         §4           makes zstd frames; FrameDecoder reads them with libzstd
//   7  Frames/SequenceFieldTable   §5           the tables that both sides derive, so none is stored
//   8  Planning/PlanSearch                      chooses the segments; the format leaves that to the encoder
//
//     symbols, scale indexes
//          │
//     SymbolOrder ──── groups ────► PlanSearch        (a decoder reads the segments from the stream)
//          │ sorted symbols             │ segments
//          ▼                            ▼
//     SegmentEncoder, SegmentDecoder ◄──── SegmentTables ◄──── ScaleTables, ScaleTraits
//          │ kinds 1 and 2: sequences   │ everything else: bits
//          ▼                            ▼
//     FrameEncoder, FrameDecoder        BitWriter, BitReader
//          │                            │
//          ▼                            ▼
//     frame, frame, …             …, bit string backwards        = one stream
//
// Subfolders, from the lowest to the highest. Each uses only those before it, EntropyError and ScratchBuffer:
//   Bits           the bit string and its codes                                  §2
//   Probabilities  the model's tables and what follows from them                 §1
//   Frames         zstd frames, dictionaries, finite-state tables                §4, §5
//   Segments       sorting, segments, their encoder and decoder                  §1, §3
//   Planning       the encoder's estimate of sizes and its choice of segments
//   Reports        sizes beside those of an ideal coder; no stream depends on them

import VAEZipSupport

/// Encodes and decodes the quantized latents of one stream: hyper-latents, first or second pass of a tile.
///
/// Both sides know the scale index of each symbol, and derive all tables from these indexes by integer
/// arithmetic. `Formats/VZ-symbols.md` specifies the stream. A coder keeps zstd's context and its buffers
/// from stream to stream. It is not safe to share: use one per thread, from a `SymbolCoderPool`.
///
///     let coder = try SymbolCoder(tables: model.tables)
///     let bytes = try coder.encode(symbols: [0, -1, 3], scaleIndexes: [4, 9, 30])
///     let symbols = try coder.decode(bytes, scaleIndexes: [4, 9, 30])
package final class SymbolCoder {
  private let segmentTables: SegmentTables
  /// How the symbols of the last stream were sorted.
  package let order = SymbolOrder()
  private let encoder: FrameEncoder
  private let decoder: FrameDecoder
  private let sorted = ScratchBuffer<Int16>()
  private let magnitudes = ScratchBuffer<UInt8>()

  /// What the stream decoded last consists of.
  package private(set) var lastStatistics = SymbolStatistics()

  /// Estimated size of the stream encoded last, in bits: the estimate by which its segments were chosen.
  package private(set) var estimatedBits = 0

  /// Makes a coder for the given probability tables.
  /// - Throws: `EntropyError.zstd` if there is no memory for zstd's context.
  package init(tables: ScaleTables) throws(EntropyError) {
    segmentTables = SegmentTables(tables: tables, traits: ScaleTraits(tables))
    encoder = FrameEncoder()
    decoder = try FrameDecoder()
  }

  /// The tables that the coder was made with.
  package var tables: ScaleTables { segmentTables.tables }

  /// Encodes one stream.
  /// - Parameters:
  ///   - symbols: quantized latents, −32767…32767, in raster order; at most 2²⁷.
  ///   - scaleIndexes: the scale index of each symbol, 0…63; as many as symbols.
  /// - Returns: the stream; empty if all symbols are zero.
  /// - Throws: `EntropyError.invalidInput` if a number is out of range or the counts differ.
  package func encode(symbols: [Int16], scaleIndexes: [UInt8]) throws(EntropyError) -> [UInt8] {
    guard symbols.count == scaleIndexes.count else {
      throw .invalidInput("\(scaleIndexes.count) symbols expected, found \(symbols.count)")
    }
    if symbols.contains(.min) {
      throw .invalidInput("symbols of -32767…32767 expected, found -32768")
    }
    try order.sort(scaleIndexes, segmentTables.traits)
    guard symbols.contains(where: { $0 != 0 }) else { return [] }
    let sorted = sorted.reserve(symbols.count)
    symbols.withUnsafeBufferPointer { symbols in
      for place in 0..<symbols.count { sorted[place] = symbols[Int(order.indices[place])] }
    }
    let view = UnsafeBufferPointer(sorted)
    let plan = PlanSearch(order: order, segmentTables: segmentTables, sorted: view).plan()
    estimatedBits = plan.bits >> FixedLog2.fractionBits
    var segments = SegmentEncoder(
      segmentTables: segmentTables, order: order, frames: encoder, sorted: view)
    try segments.encode(plan.segments)
    return segments.stream()
  }

  /// Decodes one stream.
  /// - Parameters:
  ///   - bytes: exactly one stream, as `encode` made it.
  ///   - scaleIndexes: the scale index of each symbol, 0…63; at most 2²⁷.
  /// - Returns: as many symbols as scale indexes, −32767…32767.
  /// - Throws: `EntropyError.corrupted` if the bytes are not a stream of that many symbols;
  ///   `EntropyError.invalidInput` if a scale index is out of range.
  package func decode(_ bytes: ArraySlice<UInt8>, scaleIndexes: [UInt8]) throws(EntropyError) -> [Int16] {
    try order.sort(scaleIndexes, segmentTables.traits)
    var symbols = [Int16](repeating: 0, count: scaleIndexes.count)
    lastStatistics = SymbolStatistics()
    lastStatistics.symbols = scaleIndexes.count
    if bytes.isEmpty { return symbols }
    guard !scaleIndexes.isEmpty else {
      throw .corrupted(expected: "no bytes for no symbols", found: "\(bytes.count)")
    }
    // Nested closures need their typed errors spelled out.
    let statistics = try bytes.withUnsafeBufferPointer { bytes throws(EntropyError) in
      try symbols.withUnsafeMutableBufferPointer { symbols throws(EntropyError) in
        guard let base = bytes.baseAddress else { return lastStatistics }
        var segments = SegmentDecoder(
          segmentTables: segmentTables, order: order, frames: decoder, magnitudes: magnitudes,
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

  /// Decodes one stream that is a whole array.
  package func decode(_ bytes: [UInt8], scaleIndexes: [UInt8]) throws(EntropyError) -> [Int16] {
    try decode(bytes[...], scaleIndexes: scaleIndexes)
  }
}
