import Testing
import VAEZip

/// How the encoder cuts streams into segments and frames, judged by its streams.
@Suite struct PlanSearchTests {
  private let tables = ScaleTables.gaussian()

  /// Symbols that the tables expect, and symbols that they do not.
  private func cases() -> [SymbolData] {
    var cases = [22, 28, 34, 40, 48].map { shift in
      let scaleIndexes = SymbolData.photographScaleIndexes(width: 32, height: 16, shift: shift)
      return SymbolData(scaleIndexes: scaleIndexes, tables: tables, seed: UInt64(shift))
    }
    // Symbols drawn at scale indexes that are 6 lower, and 6 higher.
    for shift in [28, 40] {
      for difference in [-6, 6] {
        let scaleIndexes = SymbolData.photographScaleIndexes(width: 32, height: 16, shift: shift)
        let others = scaleIndexes.map { UInt8(clamping: min(63, max(0, Int($0) + difference))) }
        var data = SymbolData(scaleIndexes: others, tables: tables, seed: 3)
        data.scaleIndexes = scaleIndexes
        cases.append(data)
      }
    }
    return cases
  }

  @Test func estimatesAreNearTheBytes() throws {
    let coder = try SymbolCoder(tables: tables)
    for data in cases() {
      let bits = 8 * (try coder.encode(symbols: data.symbols, scaleIndexes: data.scaleIndexes)).count
      let bound = 150 + bits / 100
      #expect(abs(coder.estimatedBits - bits) < bound, "\(coder.estimatedBits) for \(bits)")
    }
  }

  /// The stream depends on the symbols sorted by scale index, not on where in the picture they are.
  @Test func placesDoNotMatter() throws {
    let coder = try SymbolCoder(tables: tables)
    for data in cases() {
      let order = data.scaleIndexes.indices.sorted {
        (data.scaleIndexes[$0], $0) < (data.scaleIndexes[$1], $1)
      }
      let bytes = try coder.encode(symbols: data.symbols, scaleIndexes: data.scaleIndexes)
      let sorted = try coder.encode(
        symbols: order.map { data.symbols[$0] }, scaleIndexes: order.map { data.scaleIndexes[$0] })
      let isSame = sorted == bytes
      #expect(isSame)
    }
  }

  /// Where symbols are not what the tables expect, frames carry tables of their own, and a stream is smaller
  /// than the model's rate.
  @Test func framesWithTheirOwnTablesAreUsed() throws {
    let coder = try SymbolCoder(tables: tables)
    // The tables expect magnitudes around 4 at 34, and zeros at 5.
    for (scaleIndex, share) in [(UInt8(34), 2), (5, 40)] {
      let data = SymbolData(scaleIndex: scaleIndex, oneIn: share, count: 20_000, seed: 8)
      let bytes = try coder.encode(symbols: data.symbols, scaleIndexes: data.scaleIndexes)
      let modelBits = coder.modelBits(symbols: data.symbols, scaleIndexes: data.scaleIndexes)
      #expect(Double(8 * bytes.count) < 0.95 * modelBits)
      let isSame = try coder.decode(bytes, scaleIndexes: data.scaleIndexes) == data.symbols
      #expect(isSame)
    }
  }

  /// The largest magnitudes where the tables expect zeros, and the other way round: sums reach their limits.
  @Test func extremesAreCodedToo() throws {
    let coder = try SymbolCoder(tables: tables)
    for (symbol, scaleIndexes) in [(Int16.max, 0...0), (.max, 0...63), (-.max, 63...63), (1, 63...63)] {
      let count = 1 << 18
      var data = SymbolData(scaleIndexes: [], tables: tables, seed: 0)
      data.scaleIndexes = (0..<count).map { UInt8(scaleIndexes.lowerBound + $0 % scaleIndexes.count) }
      data.symbols = [Int16](repeating: symbol, count: count)
      data.symbols[count - 1] = 0
      let bytes = try coder.encode(symbols: data.symbols, scaleIndexes: data.scaleIndexes)
      #expect(bytes.count < 8 * count)
      let isSame = try coder.decode(bytes, scaleIndexes: data.scaleIndexes) == data.symbols
      #expect(isSame)
    }
  }
}
