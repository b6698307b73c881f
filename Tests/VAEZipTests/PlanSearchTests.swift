import Testing
import VAEZip

/// How an encoder cuts streams into segments and frames, seen from what comes of it.
@Suite struct PlanSearchTests {
  private let tables = ScaleTables.gaussian()

  /// Symbols as the levels promise them, and as they do not.
  private func cases() -> [EntropyData] {
    var cases = [22, 28, 34, 40, 48].map { shift in
      let levels = EntropyData.photographLevels(width: 32, height: 16, shift: shift)
      return EntropyData(levels: levels, tables: tables, seed: UInt64(shift))
    }
    // The symbols of levels that are 6 lower, and 6 higher.
    for shift in [28, 40] {
      for difference in [-6, 6] {
        let levels = EntropyData.photographLevels(width: 32, height: 16, shift: shift)
        let others = levels.map { UInt8(clamping: min(63, max(0, Int($0) + difference))) }
        var data = EntropyData(levels: others, tables: tables, seed: 3)
        data.levels = levels
        cases.append(data)
      }
    }
    return cases
  }

  @Test func estimatesAreNearTheBytes() throws {
    let coder = try SymbolCoder(tables: tables)
    for data in cases() {
      let bits = 8 * (try coder.encode(symbols: data.symbols, scaleIndexes: data.levels)).count
      let bound = 150 + bits / 100
      #expect(abs(coder.estimatedBits - bits) < bound, "\(coder.estimatedBits) for \(bits)")
    }
  }

  /// The stream is a function of the symbols sorted by level: where in the picture the levels are
  /// does not count.
  @Test func orderOfLevelsDoesNotMatter() throws {
    let coder = try SymbolCoder(tables: tables)
    for data in cases() {
      let order = data.levels.indices.sorted { (data.levels[$0], $0) < (data.levels[$1], $1) }
      let bytes = try coder.encode(symbols: data.symbols, scaleIndexes: data.levels)
      let sorted = try coder.encode(
        symbols: order.map { data.symbols[$0] }, scaleIndexes: order.map { data.levels[$0] })
      let isSame = sorted == bytes
      #expect(isSame)
    }
  }

  /// Where symbols are not what the levels promise, frames bring tables of their own, and streams
  /// come out below the model's rate.
  @Test func tablesOfTheFramesOwnAreUsed() throws {
    let coder = try SymbolCoder(tables: tables)
    // Level 34 promises magnitudes around 4; all are 0 or 1. Level 5 promises none, and few are 1.
    for (level, share) in [(UInt8(34), 2), (5, 40)] {
      let data = EntropyData(level: level, oneIn: share, count: 20_000, seed: 8)
      let bytes = try coder.encode(symbols: data.symbols, scaleIndexes: data.levels)
      let modelBits = coder.modelBits(symbols: data.symbols, scaleIndexes: data.levels)
      #expect(Double(8 * bytes.count) < 0.95 * modelBits)
      let isSame = try coder.decode(bytes, scaleIndexes: data.levels) == data.symbols
      #expect(isSame)
    }
  }

  /// The largest magnitudes where the levels promise zeros, and the other way round: sums grow as
  /// far as they can.
  @Test func extremesAreCodedToo() throws {
    let coder = try SymbolCoder(tables: tables)
    for (symbol, levels) in [(Int16.max, 0...0), (.max, 0...63), (-.max, 63...63), (1, 63...63)] {
      let count = 1 << 18
      var data = EntropyData(levels: [], tables: tables, seed: 0)
      data.levels = (0..<count).map { UInt8(levels.lowerBound + $0 % levels.count) }
      data.symbols = [Int16](repeating: symbol, count: count)
      data.symbols[count - 1] = 0
      let bytes = try coder.encode(symbols: data.symbols, scaleIndexes: data.levels)
      #expect(bytes.count < 8 * count)
      let isSame = try coder.decode(bytes, scaleIndexes: data.levels) == data.symbols
      #expect(isSame)
    }
  }
}
