/// Exact conversions from a weight's bit pattern to fixed-point integers. No floating-point
/// arithmetic is involved, so the result cannot depend on machine, compiler or rounding mode.
enum FixedPoint {
  /// Fraction bits of the integers that all weights become first.
  static let weightBits = 24

  /// `value · 2^fractionBits`, rounded half to even.
  ///
  /// - Parameters:
  ///   - pattern: a finite number's bit pattern, of type `dtype` (F16 or F32).
  ///   - fractionBits: 0…30.
  /// - Returns: nil if the number is 2^15 or more in magnitude, or not finite.
  static func integer(_ pattern: UInt32, _ dtype: WeightTensor.DType, fractionBits: Int) -> Int64? {
    let (negative, exponent, significand): (Bool, Int, Int64)
    switch dtype {
    case .f16:
      let field = Int(pattern >> 10 & 0x1f)
      if field >= 30 { return nil }
      negative = pattern & 0x8000 != 0
      // The value is significand · 2^exponent.
      exponent = max(field, 1) - 25
      significand = Int64(pattern & 0x3ff) | (field == 0 ? 0 : 0x400)
    case .f32:
      let field = Int(pattern >> 23 & 0xff)
      if field >= 142 { return nil }
      negative = pattern & 0x8000_0000 != 0
      exponent = max(field, 1) - 150
      significand = Int64(pattern & 0x7f_ffff) | (field == 0 ? 0 : 0x80_0000)
    case .i32: return nil
    }
    let magnitude = shifted(significand, by: exponent + fractionBits)
    return negative ? -magnitude : magnitude
  }

  /// `value · 2^power`, rounded half to even.
  /// - Precondition: the result fits: `power` is small enough.
  static func shifted(_ value: Int64, by power: Int) -> Int64 {
    if power >= 0 { return value << Int64(power) }
    // Beyond 62 bits every value in use (below 2^61 in magnitude) rounds to zero.
    if power < -62 { return 0 }
    let shift = Int64(-power)
    let floor = value >> shift
    let rest = value - floor << shift
    let half: Int64 = 1 << (shift - 1)
    return floor + (rest > half || (rest == half && floor & 1 == 1) ? 1 : 0)
  }
}

/// `value` limited to the range of an activation.
@inline(__always)
func saturated(_ value: Int32) -> Int16 { Int16(truncatingIfNeeded: min(max(value, -32768), 32767)) }

/// `value` limited to the range of an activation.
@inline(__always)
func saturated(_ value: Int64) -> Int16 { Int16(truncatingIfNeeded: min(max(value, -32768), 32767)) }
