import TestSupport
import Testing
import VAEZip

/// Damaged streams: an error of our own, or other symbols, and never a trap.
@Suite struct EntropyDamageTests {
  private let tables = ScaleTables.gaussian()

  /// Streams with all kinds of segments.
  private func streams(_ coder: SymbolCoder) throws -> [(bytes: [UInt8], data: EntropyData)] {
    var generator = SplitMix64(21)
    return try [(400, 63), (3000, 20), (8192, 12), (2000, 40)].map { size, highest in
      let levels = (0..<size).map { _ in UInt8.random(in: 0...UInt8(highest), using: &generator) }
      var data = EntropyData(levels: levels, tables: tables, seed: UInt64(size))
      for i in stride(from: 0, to: size, by: 97) { data.symbols[i] = Int16(i * 8 % 32767) }
      return (try coder.encode(symbols: data.symbols, scaleIndexes: levels), data)
    }
  }

  private enum Outcome { case same, other, error }

  /// Decodes; no other errors than the coder's.
  private func outcome(_ bytes: [UInt8], _ data: EntropyData, _ coder: SymbolCoder) -> Outcome {
    do {
      let symbols = try coder.decode(bytes, scaleIndexes: data.levels)
      #expect(symbols.count == data.levels.count)
      #expect(!symbols.contains(.min))
      return symbols == data.symbols ? .same : .other
    } catch {
      if case .corrupted = error {} else { Issue.record("\(error)") }
      #expect(!error.description.contains("\n"))
      return .error
    }
  }

  @Test func flippedBits() throws {
    let coder = try SymbolCoder(tables: tables)
    for (bytes, data) in try streams(coder) {
      var harmless = 0
      for bit in 0..<min(2000, bytes.count * 8) {
        var bad = bytes
        // Up to half from each end: plan and frame sizes stand at the last one.
        bad[bit % 2 == 0 ? bit / 16 : bytes.count - 1 - bit / 16] ^= 1 << (bit / 2 % 8)
        if outcome(bad, data, coder) == .same { harmless += 1 }
      }
      // zstd ignores some bits, such as those that fill the last byte of a table.
      #expect(harmless < 20)
      #expect(outcome(bytes, data, coder) == .same)
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

  @Test func noise() throws {
    let coder = try SymbolCoder(tables: tables)
    var generator = SplitMix64(8)
    let levels = (0..<3000).map { _ in UInt8.random(in: 0...63, using: &generator) }
    let data = EntropyData(levels: levels, tables: tables, seed: 1)
    for _ in 0..<3000 {
      let size = Int.random(in: 1...200, using: &generator)
      let bytes = (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) }
      _ = outcome(bytes, data, coder)
    }
  }

  @Test func otherLevels() throws {
    let coder = try SymbolCoder(tables: tables)
    for (bytes, data) in try streams(coder) {
      var other = data
      for i in stride(from: 0, to: data.levels.count, by: 50) { other.levels[i] ^= 1 }
      _ = outcome(bytes, other, coder)
      other.levels.removeLast()
      _ = outcome(bytes, other, coder)
    }
  }
}
