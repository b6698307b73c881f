import TestSupport
import Testing
import VAEZip

@Suite struct EntropyCoderTests {
  private let tables = ScaleTables.gaussian()

  private func expectRoundTrip(
    _ data: EntropyData, _ coder: SymbolCoder, _ tables: ScaleTables = .gaussian(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let bytes = try coder.encode(symbols: data.symbols, scaleIndexes: data.levels)
    // (Compared first: a failed expectation would print all symbols.)
    let isSame = try coder.decode(bytes, scaleIndexes: data.levels) == data.symbols
    #expect(isSame, sourceLocation: sourceLocation)
    // Deterministic, and independent of what the coder did before.
    let fresh = try SymbolCoder(tables: tables)
    let isRepeated = try fresh.encode(symbols: data.symbols, scaleIndexes: data.levels) == bytes
    #expect(isRepeated, sourceLocation: sourceLocation)
  }

  @Test func nothingTakesNothing() throws {
    let coder = try SymbolCoder(tables: tables)
    #expect(try coder.encode(symbols: [], scaleIndexes: []) == [])
    #expect(try coder.decode([], scaleIndexes: []) == [])
    let levels = [UInt8](repeating: 7, count: 1000)
    #expect(try coder.encode(symbols: [Int16](repeating: 0, count: 1000), scaleIndexes: levels) == [])
    #expect(try coder.decode([], scaleIndexes: levels) == [Int16](repeating: 0, count: 1000))
  }

  @Test func singleSymbols() throws {
    let coder = try SymbolCoder(tables: tables)
    for level in [UInt8](0...63) {
      for symbol in [Int16(1), -1, 2, 30, 31, -32, 1000, 32767, -32767] {
        let bytes = try coder.encode(symbols: [symbol], scaleIndexes: [level])
        #expect(bytes.count <= 10)
        #expect(try coder.decode(bytes, scaleIndexes: [level]) == [symbol])
      }
    }
  }

  @Test func randomLevelsOfAllSizes() throws {
    let coder = try SymbolCoder(tables: tables)
    var generator = SplitMix64(1)
    for size in [2, 3, 7, 64, 100, 1000, 1001, 8192, 30_000] {
      let highest = UInt8.random(in: 0...63, using: &generator)
      let levels = (0..<size).map { _ in UInt8.random(in: 0...highest, using: &generator) }
      try expectRoundTrip(
        EntropyData(levels: levels, tables: tables, seed: UInt64(size)), coder)
    }
  }

  @Test(arguments: [0, 5, 12, 16, 22, 37, 40, 63])
  func oneLevel(level: UInt8) throws {
    let coder = try SymbolCoder(tables: tables)
    let levels = [UInt8](repeating: level, count: 20_000)
    try expectRoundTrip(EntropyData(levels: levels, tables: tables, seed: 3), coder)
  }

  @Test func symbolsThatTheLevelsDoNotForesee() throws {
    let coder = try SymbolCoder(tables: tables)
    var generator = SplitMix64(5)
    for limit in [Int16(1), 5, 40, 3000, 32767] {
      let levels = (0..<5000).map { _ in UInt8.random(in: 0...63, using: &generator) }
      var data = EntropyData(levels: levels, tables: tables, seed: 1)
      data.symbols = levels.map { _ in Int16.random(in: -limit...limit, using: &generator) }
      try expectRoundTrip(data, coder)
      data.levels = [UInt8](repeating: 0, count: 5000)
      try expectRoundTrip(data, coder)
      data.symbols = data.symbols.indices.map { $0 % 1777 == 0 ? limit : 0 }
      try expectRoundTrip(data, coder)
    }
  }

  /// Tables that are not Gaussian: long tails, zeros that are rare, levels in no order.
  @Test func tablesOfOtherShapes() throws {
    var generator = SplitMix64(11)
    var values: [Int32] = []
    for level in 0..<ScaleTables.scaleCount {
      let decay = Double.random(in: 0.01...0.97, using: &generator)
      var weight = 1.0
      var probabilities = (0..<ScaleTables.entryCount).map { _ in
        weight *= decay
        return weight
      }
      if level % 5 == 0 { probabilities[0] = 0 }
      let sum = probabilities.reduce(0, +)
      values.append(level % 7 == 0 ? Int32(level % 11) : 0)
      values += ScaleTables.quantized(probabilities.map { $0 / sum }).map { Int32($0) }
    }
    let odd = try ScaleTables(tensor: values, shape: ScaleTables.tensorShape)
    let coder = try SymbolCoder(tables: odd)
    let levels = (0..<40_000).map { _ in UInt8.random(in: 0...63, using: &generator) }
    var data = EntropyData(levels: levels, tables: odd, seed: 2)
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

  /// What the coder costs over the tables' information content, on reproducible data.
  @Test(arguments: [(22, 2.5), (28, 1.6), (34, 1.1), (40, 0.9), (48, 0.8)])
  func overhead(shift: Int, percent: Double) throws {
    let coder = try SymbolCoder(tables: tables)
    let levels = EntropyData.photographLevels(width: 48, height: 32, shift: shift)
    let data = EntropyData(levels: levels, tables: tables, seed: 9)
    let bytes = try coder.encode(symbols: data.symbols, scaleIndexes: levels)
    let ideal = coder.modelBits(symbols: data.symbols, scaleIndexes: levels) / 8
    let overhead = 100 * (Double(bytes.count) / ideal - 1)
    #expect(overhead < percent, "\(bytes.count) bytes, \(ideal) ideal")
    #expect(overhead > -2)
    let isSame = try coder.decode(bytes, scaleIndexes: levels) == data.symbols
    #expect(isSame)
    let statistics = coder.lastStatistics
    #expect(statistics.symbols == levels.count)
    #expect(statistics.nonzeros == data.symbols.count { $0 != 0 })
    #expect(statistics.frameBytes + statistics.bitStringBytes == bytes.count)
  }

  @Test func hyperLatentsOverhead() throws {
    let coder = try SymbolCoder(tables: tables)
    let levels = (0..<64).flatMap { _ in (0..<128).map { UInt8(max(0, 32 - $0 / 2)) } }
    let data = EntropyData(levels: levels, tables: tables, seed: 4)
    let bytes = try coder.encode(symbols: data.symbols, scaleIndexes: levels)
    let ideal = coder.modelBits(symbols: data.symbols, scaleIndexes: levels) / 8
    #expect(Double(bytes.count) < 1.03 * ideal, "\(bytes.count) bytes, \(ideal) ideal")
  }
}
