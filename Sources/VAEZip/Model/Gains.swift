/// A positive factor G · 2^(exponent − 14) with a mantissa G in [2^14, 2^15), from its logarithm by
/// exact integer arithmetic (Formats/MODEL.md, section "Powers of two").
package struct FixedFactor: Sendable, Equatable {
  package let mantissa: Int32
  package let exponent: Int

  /// 2^30 · 2^(2^−k), k = 1…16, rounded to nearest.
  private static let roots: [Int64] = [
    1_518_500_250, 1_276_901_417, 1_170_923_762, 1_121_280_436, 1_097_253_708, 1_085_434_106,
    1_079_572_136, 1_076_653_033, 1_075_196_443, 1_074_468_888, 1_074_105_294, 1_073_923_544,
    1_073_832_680, 1_073_787_251, 1_073_764_537, 1_073_753_181,
  ]

  /// 2^(logarithm / 65536).
  package init(logarithm: Int64) {
    let whole = Int(logarithm >> 16)
    let fraction = logarithm & 0xffff
    var product: Int64 = 1 << 30
    for (index, root) in Self.roots.enumerated() where fraction >> Int64(15 - index) & 1 == 1 {
      product = (product * root + 1 << 29) >> 30
    }
    let rounded = (product + 1 << 15) >> 16
    if rounded == 1 << 15 {
      mantissa = 1 << 14
      exponent = whole + 1
    } else {
      mantissa = Int32(rounded)
      exponent = whole
    }
  }
}

/// Gains between two fixed-point positions, one a channel:
/// out = sat16((value · mantissa + 2^(shift − 1)) >> shift).
package struct Gains: Sendable, Equatable {
  /// 0…32767.
  package private(set) var mantissas: [Int16] = []
  /// 1…30.
  package private(set) var shifts: [Int32] = []

  /// - Parameter logarithms: log2 of the gains, 16 fraction bits.
  package init(logarithms: [Int64], inputBits: Int, outputBits: Int) {
    for logarithm in logarithms {
      let factor = FixedFactor(logarithm: logarithm)
      let shift = 14 - factor.exponent + inputBits - outputBits
      if shift < 1 {
        // 2^14 and more: all values but zero saturate, or nearly so.
        mantissas.append(32767)
        shifts.append(1)
      } else if shift > 30 {
        mantissas.append(0)
        shifts.append(1)
      } else {
        mantissas.append(Int16(factor.mantissa))
        shifts.append(Int32(shift))
      }
    }
  }
}
