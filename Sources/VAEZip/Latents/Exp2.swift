/// A positive factor G · 2^exponent with a mantissa G in [2^14, 2^15), from its logarithm by exact
/// integer arithmetic.
package struct FixedFactor: Sendable, Equatable {
  package let mantissa: Int32
  /// The factor is mantissa · 2^(exponent − 14).
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

/// A gain between two fixed-point positions: out = sat16(round(value · 2^logarithm · 2^(Fout − Fin))).
package struct Gain: Sendable, Equatable {
  package let mantissa: Int32
  /// −16…32; the product is shifted right by so many bits, rounding half up (left if negative).
  package let shift: Int

  package init(logarithm: Int64, inputBits: Int, outputBits: Int) {
    let factor = FixedFactor(logarithm: logarithm)
    mantissa = factor.mantissa
    // Beyond these limits every product is zero, or saturates, anyway.
    shift = min(max(14 - factor.exponent + inputBits - outputBits, -16), 32)
  }

  @inline(__always)
  package func callAsFunction(_ value: Int16) -> Int16 {
    let product = Int64(value) * Int64(mantissa)
    if shift > 0 { return saturated((product + 1 << Int64(shift - 1)) >> Int64(shift)) }
    return saturated(product << Int64(-shift))
  }
}
