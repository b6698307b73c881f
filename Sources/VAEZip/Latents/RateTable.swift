import VAEZipEntropy
import VAEZipSupport

/// What each symbol costs under the model's tables, in 1/4096 bit. Integers, because an encoder decides by
/// them what is in the file.
package struct RateTable: Sendable {
  /// Fraction bits of a cost.
  package static let fractionBits = 12
  /// Magnitudes that have a cost of their own: 0…255. An encoder leaves larger ones as they are.
  package static let magnitudes = 256

  /// Costs of the magnitudes, sign included: 64 rows, one per scale index, of 256.
  package let rows: [Int32]
  private let tables: ScaleTables

  /// Tabulates `SymbolCost`.
  package init(_ tables: ScaleTables) {
    var rows: [Int32] = []
    rows.reserveCapacity(ScaleTables.scaleCount * Self.magnitudes)
    for scaleIndex in 0..<ScaleTables.scaleCount {
      for magnitude in 0..<Self.magnitudes {
        rows.append(Self.cost(magnitude, scaleIndex, tables))
      }
    }
    self.rows = rows
    self.tables = tables
  }

  private static func cost(_ magnitude: Int, _ scaleIndex: Int, _ tables: ScaleTables) -> Int32 {
    let dropped = FixedLog2.fractionBits - fractionBits
    let cost = SymbolCost(magnitude: magnitude, scaleIndex: scaleIndex, tables: tables)
    return Int32((cost.fixedPointBits + 1 << (dropped - 1)) >> dropped)
  }

  /// The cost of some symbols in all.
  package func sum(_ symbols: [Int16], scaleIndexes: [UInt8]) -> Int {
    sum(symbols.indices, of: symbols, scaleIndexes: scaleIndexes)
  }

  /// The cost of a part of some symbols.
  package func sum(_ part: Range<Int>, of symbols: [Int16], scaleIndexes: [UInt8]) -> Int {
    rows.withUnsafeBufferPointer { rows in
      part.reduce(0) { sum, index in
        let (magnitude, scaleIndex) = (Int(symbols[index].magnitude), Int(scaleIndexes[index]))
        return sum
          + (magnitude < Self.magnitudes
            ? Int(rows[scaleIndex * Self.magnitudes + magnitude])
            : Int(Self.cost(magnitude, scaleIndex, tables)))
      }
    }
  }
}
