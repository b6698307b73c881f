/// IEEE 754 binary16 as bit patterns. Swift's own `Float16` does not exist on every platform that
/// the codec runs on, and its conversions must not depend on the processor's rounding mode.
package enum Float16Bits {
  /// The exact value of a binary16 pattern.
  package static func float(_ half: UInt16) -> Float {
    let sign = UInt32(half & 0x8000) << 16
    let exponent = UInt32(half >> 10) & 0x1f
    let fraction = UInt32(half & 0x3ff)
    switch exponent {
    case 0:
      // Zero and subnormals: fraction · 2^−24, exact in binary32.
      let magnitude = Float(fraction) * 0x1p-24
      return Float(bitPattern: magnitude.bitPattern | sign)
    case 31: return Float(bitPattern: sign | 0x7f80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }

  /// The binary16 pattern nearest to `value`, ties to even. Beyond ±65504 (after rounding) it is
  /// an infinity; NaN stays NaN.
  package static func pattern(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
    let magnitude = bits & 0x7fff_ffff
    if magnitude > 0x7f80_0000 { return sign | 0x7e00 }
    if magnitude >= 0x477f_f000 { return sign | 0x7c00 }
    if magnitude < 0x3880_0000 {
      // Below 2^−14: a subnormal, in units of 2^−24.
      let shift = 126 - magnitude >> 23
      guard shift <= 24 else { return sign }
      let significand = magnitude & 0x7f_ffff | 0x80_0000
      let (floor, rest) = (significand >> shift, significand & (1 << shift - 1))
      let half: UInt32 = 1 << (shift - 1)
      let up: UInt32 = rest > half || (rest == half && floor & 1 == 1) ? 1 : 0
      return sign | UInt16(floor + up)
    }
    // The bias of the exponent changes from 127 to 15; a carry of the rounding into it is right.
    let rebased = magnitude - 112 << 23
    return sign | UInt16((rebased + 0xfff + (rebased >> 13 & 1)) >> 13)
  }
}
