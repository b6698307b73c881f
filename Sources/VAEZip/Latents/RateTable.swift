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

  /// Tabulates `SymbolCost`.
  package init(_ tables: ScaleTables) {
    let dropped = FixedLog2.fractionBits - Self.fractionBits
    var rows: [Int32] = []
    rows.reserveCapacity(ScaleTables.scaleCount * Self.magnitudes)
    for scaleIndex in 0..<ScaleTables.scaleCount {
      for magnitude in 0..<Self.magnitudes {
        let cost = SymbolCost(magnitude: magnitude, scaleIndex: scaleIndex, tables: tables)
        rows.append(Int32((cost.fixedPointBits + 1 << (dropped - 1)) >> dropped))
      }
    }
    self.rows = rows
  }
}
