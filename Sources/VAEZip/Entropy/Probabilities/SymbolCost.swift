import VAEZipSupport

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What an ideal coder spends on one symbol under the model's tables, part by part
/// (Formats/VZ-symbols.md, §1 and §3).
///
/// The reduced magnitude costs −log₂ of its probability. All other parts are whole bits.
package struct SymbolCost {
  /// Where the tables count the reduced magnitude: 0…31, of which 31 is the escape.
  package let entry: Int
  /// Probability of that entry, in units of 2⁻²⁴.
  package let frequency: UInt64
  /// Low bits of the magnitude that are stored as they are, 0…10.
  package let bypassBits: Int
  /// Length of the Exp-Golomb code of what exceeds a reduced magnitude of 31; 0 without an escape.
  package let escapeBits: Int
  /// 1, or 0 for a symbol that is zero.
  package let signBits: Int

  /// - Parameters:
  ///   - magnitude: |q|, at least 0.
  ///   - scaleIndex: 0…63.
  package init(magnitude: Int, scaleIndex: Int, tables: ScaleTables) {
    bypassBits = Int(tables.bypassBits[scaleIndex])
    let reduced = magnitude >> bypassBits
    entry = min(reduced, ScaleTables.escape)
    frequency = tables.frequency(scaleIndex, entry)
    escapeBits = entry == ScaleTables.escape ? ExpGolomb.bitCount(reduced - entry, k: 0) : 0
    signBits = magnitude == 0 ? 0 : 1
  }

  /// The cost in bits. Floating point: for reports.
  package var bits: Double {
    Double(ScaleTables.totalBits) - log2(Double(frequency)) + Double(bypassBits)
      + Double(escapeBits) + Double(signBits)
  }

  /// The cost in bits with `FixedLog2.fractionBits` fraction bits. Integers: an encoder may decide by it.
  package var fixedPointBits: Int {
    (ScaleTables.totalBits + bypassBits + escapeBits + signBits) << FixedLog2.fractionBits
      - FixedLog2.log2(frequency)
  }
}
