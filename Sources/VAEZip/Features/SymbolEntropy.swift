import VAEZipEntropy

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The bits that a symbol costs on average if it has the distribution that codes it: the entropy of each scale
/// index, in double arithmetic. No byte of a file depends on it.
package struct SymbolEntropy: Sendable {
  /// Bits by scale index, 64 values.
  package let bits: [Double]

  /// The tables give the reduced magnitudes' probabilities. The magnitudes of an entry count as equally
  /// probable, and so do the signs. Beyond the escape, the Exp-Golomb code implies its own distribution, in which
  /// a code of n bits has the probability 2⁻ⁿ: its mean is 3 bits.
  package init(_ tables: ScaleTables) {
    bits = (0..<ScaleTables.scaleCount).map { scaleIndex in
      let bypassBits = Double(tables.bypassBits[scaleIndex])
      return (0..<ScaleTables.entryCount).reduce(0) { sum, entry in
        let probability = Double(tables.frequency(scaleIndex, entry)) / Double(ScaleTables.total)
        // Zero has no sign. It is one of the magnitudes of the first entry.
        let signBits = entry == 0 ? 1 - exp2(-bypassBits) : 1
        let escapeBits = entry == ScaleTables.escape ? 3.0 : 0
        return sum + probability * (-log2(probability) + bypassBits + signBits + escapeBits)
      }
    }
  }
}
