import Testing
import VAEZip

@Suite struct EntropyCoderTests {
  @Test func allZerosTakeNothing() throws {
    let coder = try SymbolCoder(tables: .gaussian())
    let levels = [UInt8](repeating: 7, count: 1000)
    let bytes = try coder.encode(symbols: [Int16](repeating: 0, count: 1000), levels: levels)
    #expect(bytes.count <= 2)
    #expect(try coder.decode(bytes, levels: levels).allSatisfy { $0 == 0 })
  }

  @Test func tensorRoundTrip() throws {
    let tables = ScaleTables.gaussian()
    #expect(try ScaleTables(tensor: tables.tensor, shape: ScaleTables.tensorShape) == tables)
  }
}
