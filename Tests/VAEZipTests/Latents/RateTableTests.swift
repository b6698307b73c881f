import Foundation
import TestSupport
import Testing
import VAEZip
import VAEZipLatents

@Suite struct RateTableTests {
  /// The cost by its definition: the probability's information content; the bypass bits; after an escape, the
  /// Exp-Golomb code of what exceeds 31; the sign.
  private func definition(_ magnitude: Int, _ scaleIndex: Int, _ tables: ScaleTables) -> Double {
    let bypassBits = Int(tables.bypassBits[scaleIndex])
    let reduced = magnitude >> bypassBits
    let row = tables.frequencies[(32 * scaleIndex)...].prefix(32)
    let frequency = row[row.startIndex + min(reduced, 31)]
    var bits = -log2(Double(frequency) / Double(1 << 24)) + Double(bypassBits)
    if reduced >= 31 { bits += 2 * floor(log2(Double(reduced - 30))) + 1 }
    return magnitude == 0 ? bits : bits + 1
  }

  @Test func costsAreTheModelsBits() throws {
    let tables = ScaleTables.gaussian()
    let costs = RateTable(tables)
    let coder = try SymbolCoder(tables: tables)
    for scaleIndex in 0..<ScaleTables.scaleCount {
      for magnitude in 0..<RateTable.magnitudes {
        let bits = definition(magnitude, scaleIndex, tables)
        let reported = coder.modelBits(
          symbols: [Int16(magnitude)], scaleIndexes: [UInt8(scaleIndex)])
        #expect(abs(reported - bits) < 1e-9)
        let cost = costs.rows[scaleIndex * RateTable.magnitudes + magnitude]
        #expect(abs(Double(cost) / Double(1 << RateTable.fractionBits) - bits) < 0.001)
      }
    }
  }

  @Test func sumsAreTheModelsBits() throws {
    let tables = ScaleTables.gaussian()
    let (costs, coder) = (RateTable(tables), try SymbolCoder(tables: tables))
    var random = SplitMix64(3)
    // Most are small; some have no cost of their own in the table.
    let symbols = (0..<1000).map {
      Int16($0 % 50 == 0 ? Int.random(in: -32768...32767, using: &random) : $0 % 5 - 2)
    }
    let scaleIndexes = symbols.map { _ in UInt8.random(in: 0...63, using: &random) }
    let sum = Double(costs.sum(symbols, scaleIndexes: scaleIndexes)) / 4096
    #expect(abs(sum - coder.modelBits(symbols: symbols, scaleIndexes: scaleIndexes)) < 1)
  }
}
