import Foundation
import TestSupport
import Testing
import VAEZip
import VAEZipReference

/// Streams in files, `Tests/Golden/Symbols`, which every version must read. A case is NAME.levels (scale indexes,
/// a byte each), NAME.symbols (16 bits each, little-endian) and NAME.stream; tables.i32 is the model's tensor.
/// `VZ_WRITE_GOLDEN=1` writes them again: only when the format changes before it is released.
@Suite struct GoldenSymbolTests {
  static let folder = Repository.golden.appending(path: "Symbols")
  static let names = ["few", "mixed", "wide", "photograph", "surprise", "sparse", "all"]

  private func read(_ name: String) throws -> [UInt8] {
    try Repository.bytes(Self.folder.appending(path: name))
  }

  private func tensor() throws -> [Int32] {
    let bytes = try read("tables.i32")
    return stride(from: 0, to: bytes.count, by: 4).map { place in
      Int32(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) })
    }
  }

  private func symbols(_ name: String) throws -> [Int16] {
    let bytes = try read(name + ".symbols")
    return stride(from: 0, to: bytes.count, by: 2).map {
      Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)
    }
  }

  @Test func bothDecodersReadTheStreams() throws {
    let tensor = try tensor()
    let tables = try ScaleTables(tensor: tensor, shape: ScaleTables.tensorShape)
    let coder = try SymbolCoder(tables: tables)
    var reference = SymbolDecoder(tensor: tensor.map { Int($0) })
    for name in Self.names {
      let (scaleIndexes, stream) = (try read(name + ".levels"), try read(name + ".stream"))
      let symbols = try symbols(name)
      let isSame = try coder.decode(stream, scaleIndexes: scaleIndexes) == symbols
      #expect(isSame, "\(name)")
      let found = try reference.decode(stream, scaleIndexes: scaleIndexes.map { Int($0) })
      let isSameByReference = found == symbols.map { Int($0) }
      #expect(isSameByReference, "\(name), reference decoder")
    }
    for (kind, count) in reference.segmentCounts.enumerated() {
      #expect(count > 0, "segments of kind \(kind)")
    }
  }

  /// The encoder of today writes what VZ-symbols.md says.
  @Test func referenceReadsWhatTheEncoderWrites() throws {
    let tensor = try tensor()
    let tables = try ScaleTables(tensor: tensor, shape: ScaleTables.tensorShape)
    let coder = try SymbolCoder(tables: tables)
    var reference = SymbolDecoder(tensor: tensor.map { Int($0) })
    var generator = SplitMix64(77)
    for size in [1, 2, 5, 100, 3001] {
      for highest in [UInt8(8), 30, 63] {
        let scaleIndexes = (0..<size).map { _ in UInt8.random(in: 0...highest, using: &generator) }
        let data = SymbolData(scaleIndexes: scaleIndexes, tables: tables, seed: UInt64(size))
        let stream = try coder.encode(symbols: data.symbols, scaleIndexes: scaleIndexes)
        let found = try reference.decode(stream, scaleIndexes: scaleIndexes.map { Int($0) })
        let isSame = found == data.symbols.map { Int($0) }
        #expect(isSame, "\(size) symbols, scale indexes up to \(highest)")
      }
    }
    // Frames with their own tables.
    for (scaleIndex, share) in [(UInt8(34), 2), (20, 3), (5, 40), (3, 200)] {
      for count in [60, 300, 20_000] {
        let data = SymbolData(scaleIndex: scaleIndex, oneIn: share, count: count, seed: 5)
        let stream = try coder.encode(symbols: data.symbols, scaleIndexes: data.scaleIndexes)
        let found = try reference.decode(stream, scaleIndexes: data.scaleIndexes.map { Int($0) })
        let isSame = found == data.symbols.map { Int($0) }
        #expect(isSame, "\(count) symbols of scaleIndex \(scaleIndex), one in \(share)")
      }
    }
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["VZ_WRITE_GOLDEN"] != nil))
  func write() throws {
    let tables = ScaleTables.gaussian()
    func save(_ name: String, _ bytes: [UInt8]) throws {
      try Data(bytes).write(to: Self.folder.appending(path: name))
    }
    try save(
      "tables.i32",
      tables.tensor.flatMap { value in
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * Int32($0))) }
      })
    var generator = SplitMix64(4)
    func random(_ count: Int, _ range: ClosedRange<UInt8>) -> [UInt8] {
      (0..<count).map { _ in UInt8.random(in: range, using: &generator) }
    }
    for (name, scaleIndexes) in [
      ("few", random(40, 0...30)), ("mixed", random(4000, 0...26)), ("wide", random(900, 20...63)),
      ("photograph", SymbolData.photographScaleIndexes(width: 6, height: 4, shift: 30)),
      ("surprise", random(2000, 0...12)), ("sparse", random(3001, 0...8)),
      ("all", random(3001, 0...63)),
    ] {
      var data = SymbolData(scaleIndexes: scaleIndexes, tables: tables, seed: 6)
      if name == "surprise" {
        for place in stride(from: 0, to: 2000, by: 150) { data.symbols[place] = Int16(place * 16) }
      }
      try save(name + ".levels", scaleIndexes)
      try save(
        name + ".symbols",
        data.symbols.flatMap {
          [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)]
        })
      try save(
        name + ".stream",
        try SymbolCoder(tables: tables).encode(symbols: data.symbols, scaleIndexes: scaleIndexes))
    }
  }
}
