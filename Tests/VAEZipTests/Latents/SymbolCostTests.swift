import Testing
import VAEZip
import VAEZipLatents

@Suite struct SymbolCostTests {
  @Test func costsAreTheModelsBits() throws {
    let tables = ScaleTables.gaussian()
    let costs = RateTable(tables)
    let coder = try SymbolCoder(tables: tables)
    for level in 0..<ScaleTables.levelCount {
      for magnitude in 0..<RateTable.magnitudes {
        let bits = coder.modelBits(symbols: [Int16(magnitude)], scaleIndexes: [UInt8(level)])
        let cost = costs.rows[level * RateTable.magnitudes + magnitude]
        #expect(abs(Double(cost) / Double(1 << RateTable.fractionBits) - bits) < 0.001)
      }
    }
  }
}
