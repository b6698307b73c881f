import TestSupport
import Testing
import VAEZip
import VAEZipReference

/// Damaged streams lead to `EntropyError.corrupted` or to other symbols, never to a trap. The reference decoder
/// must come to the same end for every one of them.
@Suite struct DamagedStreamTests {
  private let tables = ScaleTables.gaussian()

  /// Streams with all kinds of segments.
  private func streams(_ coder: SymbolCoder) throws -> [(bytes: [UInt8], data: SymbolData)] {
    var generator = SplitMix64(21)
    return try [(400, 63), (3000, 20), (8192, 12), (2000, 40)].map { size, highest in
      let scaleIndexes = (0..<size).map { _ in
        UInt8.random(in: 0...UInt8(highest), using: &generator)
      }
      var data = SymbolData(scaleIndexes: scaleIndexes, tables: tables, seed: UInt64(size))
      for i in stride(from: 0, to: size, by: 97) { data.symbols[i] = Int16(i * 8 % 32767) }
      return (try coder.encode(symbols: data.symbols, scaleIndexes: scaleIndexes), data)
    }
  }

  private enum Outcome { case same, other, error }

  /// Decodes with the library.
  /// - Returns: the symbols; nil after `EntropyError.corrupted`, the only error that is allowed.
  private func decode(_ bytes: [UInt8], _ scaleIndexes: [UInt8], _ coder: SymbolCoder) -> [Int16]? {
    do {
      let symbols = try coder.decode(bytes, scaleIndexes: scaleIndexes)
      #expect(symbols.count == scaleIndexes.count)
      #expect(!symbols.contains(.min))
      return symbols
    } catch {
      if case .corrupted = error {} else { Issue.record("\(error)") }
      #expect(!error.description.contains("\n"))
      return nil
    }
  }

  private func outcome(_ bytes: [UInt8], _ data: SymbolData, _ coder: SymbolCoder) -> Outcome {
    guard let symbols = decode(bytes, data.scaleIndexes, coder) else { return .error }
    return symbols == data.symbols ? .same : .other
  }

  /// Whether library and reference refuse a stream both, or find the same symbols.
  private func agree(
    _ bytes: [UInt8], _ scaleIndexes: [UInt8], _ coder: SymbolCoder,
    _ reference: inout SymbolDecoder
  ) -> Bool {
    let found = decode(bytes, scaleIndexes, coder)
    let expected = try? reference.decode(bytes, scaleIndexes: scaleIndexes.map { Int($0) })
    return found.map { $0.map { Int($0) } } == expected
  }

  @Test func flippedBits() throws {
    let coder = try SymbolCoder(tables: tables)
    for (bytes, data) in try streams(coder) {
      var harmless = 0
      for bit in 0..<min(2000, bytes.count * 8) {
        var bad = bytes
        // Half of them from each end: the sizes of segments and frames are at the last one.
        bad[bit % 2 == 0 ? bit / 16 : bytes.count - 1 - bit / 16] ^= 1 << (bit / 2 % 8)
        if outcome(bad, data, coder) == .same { harmless += 1 }
      }
      // zstd ignores some bits, such as those that fill the last byte of a table.
      #expect(harmless < 20)
      #expect(outcome(bytes, data, coder) == .same)
    }
  }

  @Test func flippedBitsMeanTheSameToTheReference() throws {
    let coder = try SymbolCoder(tables: tables)
    var reference = SymbolDecoder(tensor: tables.tensor.map { Int($0) })
    for (bytes, data) in try streams(coder) {
      for bit in stride(from: 0, to: bytes.count * 8, by: max(1, bytes.count * 8 / 100)) {
        var bad = bytes
        bad[bit / 8] ^= 1 << (bit % 8)
        let isSame = agree(bad, data.scaleIndexes, coder, &reference)
        #expect(isSame, "bit \(bit) of \(bytes.count) bytes")
      }
    }
  }

  @Test func cutStreams() throws {
    let coder = try SymbolCoder(tables: tables)
    for (bytes, data) in try streams(coder) {
      for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 300)) {
        #expect(outcome(Array(bytes.prefix(length)), data, coder) != .same)
        #expect(outcome(Array(bytes.suffix(length)), data, coder) != .same)
      }
    }
  }

  @Test func appendedBytes() throws {
    let coder = try SymbolCoder(tables: tables)
    for (bytes, data) in try streams(coder) {
      for extra in [[0], [0xFF], [1, 2, 3], [UInt8](repeating: 0, count: 100)] as [[UInt8]] {
        #expect(outcome(bytes + extra, data, coder) != .same)
        #expect(outcome(extra + bytes, data, coder) == .error)
      }
    }
  }

  /// Random bytes. Short ones are a valid stream of a few symbols now and then.
  @Test func noise() throws {
    let coder = try SymbolCoder(tables: tables)
    var reference = SymbolDecoder(tensor: tables.tensor.map { Int($0) })
    var generator = SplitMix64(8)
    var accepted = 0
    for round in 0..<3000 {
      let (symbolLimit, byteLimit) = round % 3 > 0 ? (8, 8) : (3000, 200)
      let highest = [UInt8(5), 20, 40, 63][round % 4]
      let scaleIndexes = (0..<Int.random(in: 1...symbolLimit, using: &generator)).map { _ in
        UInt8.random(in: 0...highest, using: &generator)
      }
      let bytes = (0..<Int.random(in: 1...byteLimit, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      let isSame = agree(bytes, scaleIndexes, coder, &reference)
      #expect(isSame, "\(bytes) at \(scaleIndexes)")
      guard let symbols = decode(bytes, scaleIndexes, coder) else { continue }
      // An accepted stream accounts for all its bytes, and its symbols can be coded again.
      accepted += 1
      let statistics = coder.lastStatistics
      #expect(statistics.frameBytes + statistics.bitStringBytes == bytes.count)
      let again = try coder.encode(symbols: symbols, scaleIndexes: scaleIndexes)
      #expect(try coder.decode(again, scaleIndexes: scaleIndexes) == symbols)
    }
    // Some noise is valid, most is not: both ways were taken.
    #expect((1...1000).contains(accepted), "\(accepted)")
  }

  /// Streams under scale indexes that are not their own. Short ones often decode, to other symbols.
  @Test func otherScaleIndexes() throws {
    let coder = try SymbolCoder(tables: tables)
    var reference = SymbolDecoder(tensor: tables.tensor.map { Int($0) })
    for (bytes, data) in try streams(coder) {
      for step in [7, 50, 333] {
        var other = data
        for i in stride(from: 0, to: data.scaleIndexes.count, by: step) { other.scaleIndexes[i] ^= 1 }
        #expect(outcome(bytes, other, coder) != .same)
        let isSame = agree(bytes, other.scaleIndexes, coder, &reference)
        #expect(isSame, "every \(step) of \(data.scaleIndexes.count)")
      }
    }
    var generator = SplitMix64(31)
    var accepted = 0
    for round in 0..<1000 {
      let size = Int.random(in: 2...40, using: &generator)
      let scaleIndexes = (0..<size).map { _ in UInt8.random(in: 0...63, using: &generator) }
      let data = SymbolData(scaleIndexes: scaleIndexes, tables: tables, seed: UInt64(round))
      let bytes = try coder.encode(symbols: data.symbols, scaleIndexes: scaleIndexes)
      var other = scaleIndexes
      switch round % 3 {
      case 0: other[size / 2] = UInt8.random(in: 0...63, using: &generator)
      case 1: other.removeLast()
      default: other.append(UInt8.random(in: 0...63, using: &generator))
      }
      let isSame = agree(bytes, other, coder, &reference)
      #expect(isSame, "\(bytes) at \(other)")
      if decode(bytes, other, coder) != nil { accepted += 1 }
    }
    #expect((1..<1000).contains(accepted), "\(accepted)")
  }
}
