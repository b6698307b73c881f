import TestSupport
import Testing
import VAEZip

@Suite struct SymbolCoderTests {
  private let tables = ScaleTables.gaussian()

  private func expectRoundTrip(
    _ data: SymbolData, _ coder: SymbolCoder, _ tables: ScaleTables = .gaussian(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let bytes = try coder.encode(symbols: data.symbols, scaleIndexes: data.scaleIndexes)
    // Bools, so that a failure does not print all symbols.
    let isSame = try coder.decode(bytes, scaleIndexes: data.scaleIndexes) == data.symbols
    #expect(isSame, sourceLocation: sourceLocation)
    // Deterministic, and independent of what the coder did before.
    let fresh = try SymbolCoder(tables: tables)
    let isRepeated = try fresh.encode(symbols: data.symbols, scaleIndexes: data.scaleIndexes) == bytes
    #expect(isRepeated, sourceLocation: sourceLocation)
  }

  @Test func zerosTakeNoBytes() throws {
    let coder = try SymbolCoder(tables: tables)
    #expect(try coder.encode(symbols: [], scaleIndexes: []) == [])
    #expect(try coder.decode([], scaleIndexes: []) == [])
    let scaleIndexes = [UInt8](repeating: 7, count: 1000)
    #expect(try coder.encode(symbols: [Int16](repeating: 0, count: 1000), scaleIndexes: scaleIndexes) == [])
    #expect(try coder.decode([], scaleIndexes: scaleIndexes) == [Int16](repeating: 0, count: 1000))
  }

  @Test func singleSymbols() throws {
    let coder = try SymbolCoder(tables: tables)
    for scaleIndex in [UInt8](0...63) {
      for symbol in [Int16(1), -1, 2, 30, 31, -32, 1000, 32767, -32767] {
        let bytes = try coder.encode(symbols: [symbol], scaleIndexes: [scaleIndex])
        #expect(bytes.count <= 10)
        #expect(try coder.decode(bytes, scaleIndexes: [scaleIndex]) == [symbol])
      }
    }
  }

  @Test func randomStreamsOfAllSizes() throws {
    let coder = try SymbolCoder(tables: tables)
    var generator = SplitMix64(1)
    for size in [2, 3, 7, 64, 100, 1000, 1001, 8192, 30_000] {
      let highest = UInt8.random(in: 0...63, using: &generator)
      let scaleIndexes = (0..<size).map { _ in UInt8.random(in: 0...highest, using: &generator) }
      try expectRoundTrip(
        SymbolData(scaleIndexes: scaleIndexes, tables: tables, seed: UInt64(size)), coder)
    }
  }

  @Test(arguments: [0, 5, 12, 16, 22, 37, 40, 63])
  func oneScaleIndex(scaleIndex: UInt8) throws {
    let coder = try SymbolCoder(tables: tables)
    let scaleIndexes = [UInt8](repeating: scaleIndex, count: 20_000)
    try expectRoundTrip(SymbolData(scaleIndexes: scaleIndexes, tables: tables, seed: 3), coder)
  }

  @Test func symbolsThatTheTablesDoNotExpect() throws {
    let coder = try SymbolCoder(tables: tables)
    var generator = SplitMix64(5)
    for limit in [Int16(1), 5, 40, 3000, 32767] {
      let scaleIndexes = (0..<5000).map { _ in UInt8.random(in: 0...63, using: &generator) }
      var data = SymbolData(scaleIndexes: scaleIndexes, tables: tables, seed: 1)
      data.symbols = scaleIndexes.map { _ in Int16.random(in: -limit...limit, using: &generator) }
      try expectRoundTrip(data, coder)
      data.scaleIndexes = [UInt8](repeating: 0, count: 5000)
      try expectRoundTrip(data, coder)
      data.symbols = data.symbols.indices.map { $0 % 1777 == 0 ? limit : 0 }
      try expectRoundTrip(data, coder)
    }
  }

  /// Tables that are not Gaussian: long tails, rare zeros, scale indexes in no order.
  @Test func tablesOfOtherShapes() throws {
    var generator = SplitMix64(11)
    var values: [Int32] = []
    for scaleIndex in 0..<ScaleTables.scaleCount {
      let decay = Double.random(in: 0.01...0.97, using: &generator)
      var weight = 1.0
      var probabilities = (0..<ScaleTables.entryCount).map { _ in
        weight *= decay
        return weight
      }
      if scaleIndex % 5 == 0 { probabilities[0] = 0 }
      let sum = probabilities.reduce(0, +)
      values.append(scaleIndex % 7 == 0 ? Int32(scaleIndex % 11) : 0)
      values += ScaleTables.quantized(probabilities.map { $0 / sum }).map { Int32($0) }
    }
    let odd = try ScaleTables(tensor: values, shape: ScaleTables.tensorShape)
    let coder = try SymbolCoder(tables: odd)
    let scaleIndexes = (0..<40_000).map { _ in UInt8.random(in: 0...63, using: &generator) }
    var data = SymbolData(scaleIndexes: scaleIndexes, tables: odd, seed: 2)
    try expectRoundTrip(data, coder, odd)
    data.symbols.shuffle(using: &generator)
    try expectRoundTrip(data, coder, odd)
  }

  @Test func inputOutOfRangeIsRefused() throws {
    let coder = try SymbolCoder(tables: tables)
    #expect(throws: EntropyError.self) { try coder.encode(symbols: [1, 2], scaleIndexes: [1]) }
    #expect(throws: EntropyError.self) { try coder.encode(symbols: [1], scaleIndexes: [64]) }
    #expect(throws: EntropyError.self) { try coder.encode(symbols: [.min], scaleIndexes: [1]) }
    #expect(throws: EntropyError.self) { try coder.decode([1], scaleIndexes: [255]) }
    #expect(throws: EntropyError.self) { try coder.decode([1], scaleIndexes: []) }
  }

  /// The bytes above the information content of the symbols under the tables.
  @Test(arguments: [(22, 2.5), (28, 1.6), (34, 1.1), (40, 0.9), (48, 0.8)])
  func overhead(shift: Int, percent: Double) throws {
    let coder = try SymbolCoder(tables: tables)
    let scaleIndexes = SymbolData.photographScaleIndexes(width: 48, height: 32, shift: shift)
    let data = SymbolData(scaleIndexes: scaleIndexes, tables: tables, seed: 9)
    let bytes = try coder.encode(symbols: data.symbols, scaleIndexes: scaleIndexes)
    let ideal = coder.modelBits(symbols: data.symbols, scaleIndexes: scaleIndexes) / 8
    let overhead = 100 * (Double(bytes.count) / ideal - 1)
    #expect(overhead < percent, "\(bytes.count) bytes, \(ideal) ideal")
    #expect(overhead > -2)
    let isSame = try coder.decode(bytes, scaleIndexes: scaleIndexes) == data.symbols
    #expect(isSame)
    let statistics = coder.lastStatistics
    #expect(statistics.symbols == scaleIndexes.count)
    #expect(statistics.nonzeros == data.symbols.count { $0 != 0 })
    #expect(statistics.frameBytes + statistics.bitStringBytes == bytes.count)
  }

  @Test func hyperLatentsOverhead() throws {
    let coder = try SymbolCoder(tables: tables)
    let scaleIndexes = (0..<64).flatMap { _ in (0..<128).map { UInt8(max(0, 32 - $0 / 2)) } }
    let data = SymbolData(scaleIndexes: scaleIndexes, tables: tables, seed: 4)
    let bytes = try coder.encode(symbols: data.symbols, scaleIndexes: scaleIndexes)
    let ideal = coder.modelBits(symbols: data.symbols, scaleIndexes: scaleIndexes) / 8
    #expect(Double(bytes.count) < 1.03 * ideal, "\(bytes.count) bytes, \(ideal) ideal")
  }
}
