import CZstd
import Foundation

/// Codes the quantised latents of one stream (hyper-latents, first or second pass of one tile).
///
/// Both sides know the scale level of each symbol. One instance per thread: it keeps zstd's contexts.
public final class SymbolCoder {
  private let tables: ScaleTables

  /// A coder with the given probability tables.
  public init(tables: ScaleTables) throws(EntropyError) {
    self.tables = tables
  }

  /// One stream.
  /// - Parameters:
  ///   - symbols: quantised latents, −32767…32767, in raster order.
  ///   - levels: the scale level of each, 0…63; as many as symbols.
  /// - Throws: `EntropyError.invalidInput`, `EntropyError.zstd`.
  public func encode(symbols: [Int16], levels: [UInt8]) throws(EntropyError) -> [UInt8] {
    try check(levels)
    guard symbols.count == levels.count else {
      throw .invalidInput("\(levels.count) symbols expected, found \(symbols.count)")
    }
    guard symbols.contains(where: { $0 != 0 }) else { return [] }
    var plain = [UInt8](repeating: 0, count: 2 * symbols.count)
    for (i, symbol) in symbols.enumerated() {
      guard symbol != .min else { throw .invalidInput("-32768 is out of range") }
      plain[i] = UInt8(truncatingIfNeeded: symbol)
      plain[i + symbols.count] = UInt8(truncatingIfNeeded: symbol >> 8)
    }
    var bytes = [UInt8](repeating: 0, count: ZSTD_compressBound(plain.count))
    let size = ZSTD_compress(&bytes, bytes.count, plain, plain.count, 12)
    guard ZSTD_isError(size) == 0 else { throw .zstd(String(cString: ZSTD_getErrorName(size))) }
    return Array(bytes.prefix(size))
  }

  /// The symbols of one stream.
  /// - Parameters:
  ///   - bytes: exactly one stream as `encode` made it.
  ///   - levels: the scale level of each symbol, 0…63.
  /// - Throws: `EntropyError.corrupted` if the bytes are not a stream of as many symbols.
  public func decode(_ bytes: ArraySlice<UInt8>, levels: [UInt8]) throws(EntropyError) -> [Int16] {
    try check(levels)
    if bytes.isEmpty { return [Int16](repeating: 0, count: levels.count) }
    var plain = [UInt8](repeating: 0, count: 2 * levels.count)
    let size = Array(bytes).withUnsafeBytes {
      ZSTD_decompress(&plain, plain.count, $0.baseAddress, $0.count)
    }
    guard size == plain.count else {
      throw .corrupted(expected: "\(plain.count) bytes", found: "\(size)")
    }
    return levels.indices.map { i in
      Int16(truncatingIfNeeded: Int(plain[i]) | Int(plain[i + levels.count]) << 8)
    }
  }

  /// `decode` of a whole array.
  public func decode(_ bytes: [UInt8], levels: [UInt8]) throws(EntropyError) -> [Int16] {
    try decode(bytes[...], levels: levels)
  }

  /// The information content of symbols under the tables, in bits: −log₂ p, signs included.
  /// For reports only: no bit of a file depends on it.
  public func modelBits(symbols: [Int16], levels: [UInt8]) -> Double {
    zip(symbols, levels).reduce(0) { sum, pair in
      let magnitude = abs(Int(pair.0))
      let level = Int(min(pair.1, 63))
      let raw = Int(tables.rawBits[level])
      let entry = min(magnitude >> raw, ScaleTables.escape)
      var bits = 24 - log2(Double(tables.frequency(level, entry))) + Double(raw)
      if entry == ScaleTables.escape {
        let rest = (magnitude >> raw) - entry + 1
        bits += Double(2 * (Int.bitWidth - 1 - rest.leadingZeroBitCount) + 1)
      }
      return sum + bits + (magnitude == 0 ? 0 : 1)
    }
  }

  private func check(_ levels: [UInt8]) throws(EntropyError) {
    if let level = levels.first(where: { $0 >= ScaleTables.levelCount }) {
      throw .invalidInput("level \(level) is out of range 0…63")
    }
  }
}
