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

  /// Elements of a tensor with `weightBits` fraction bits.
  /// - Returns: nil if a number is 2^15 or more in magnitude, or not finite.
  static func weights(_ tensor: WeightTensor, _ range: Range<Int>) -> [Int64]? {
    var bad = false
    let values = tensor.withPatterns { pattern in
      range.map { index in
        let value = integer(pattern(index), tensor.dtype, fractionBits: weightBits)
        bad = bad || value == nil
        return value ?? 0
      }
    }
    return bad ? nil : values
  }

  /// Like `weights`, much faster, for some elements of a binary16 tensor if they are below 64 in
  /// magnitude, as usual.
  /// - Returns: whether they are.
  static func narrowWeights(
    _ tensor: WeightTensor, from start: Int, into result: UnsafeMutableBufferPointer<Int32>
  ) -> Bool {
    guard tensor.dtype == .f16 else { return false }
    var anyTooLarge = false
    tensor.bytes.withUnsafeBytes { raw in
      narrowHalves.withUnsafeBufferPointer { table in
        for index in 0..<result.count {
          let pattern = UInt16(
            littleEndian: raw.loadUnaligned(
              fromByteOffset: 2 * (start + index), as: UInt16.self))
          let value = table[Int(pattern)]
          anyTooLarge = anyTooLarge || value == Int32.min
          result[index] = value
        }
      }
    }
    return !anyTooLarge
  }

  /// Each binary16 pattern with 24 fraction bits; `Int32.min` where the number is 64 or more in
  /// magnitude or not finite.
  private static let narrowHalves: [Int32] = (0...UInt32(UInt16.max)).map { pattern in
    guard pattern & 0x7fff < 0x5400 else { return .min }
    return Int32(integer(pattern, .f16, fractionBits: weightBits) ?? 0)
  }

  /// Rounds numbers half to even after division by 2^shift.
  ///
  /// - Parameters:
  ///   - values: below a quarter of their type's range.
  ///   - results: the low 16 bits of each.
  /// - Returns: the sum of the results' magnitudes, before they were cut, and all their bits or-ed.
  @inline(__always)
  static func round<Number: FixedWidthInteger & SignedInteger>(
    _ values: UnsafeBufferPointer<Number>, shift: Int,
    into results: UnsafeMutableBufferPointer<Int16>
  ) -> (sum: Int64, bits: Int32) {
    // Beyond this, everything is below one half.
    if shift > Number.bitWidth - 2 {
      results.update(repeating: 0)
      return (0, 0)
    }
    let amount = Number(truncatingIfNeeded: shift)
    let half: Number = shift == 0 ? 0 : 1 &<< (amount &- 1)
    let bias: Number = shift == 0 ? 0 : half &- 1
    let mask: Number = shift == 0 ? 0 : 1
    var sum: Number = 0
    var bits: Number = 0
    for index in 0..<values.count {
      let value = values[index]
      let rounded = (value &+ bias &+ ((value &>> amount) & mask)) &>> amount
      let sign = rounded &>> Number(truncatingIfNeeded: Number.bitWidth - 1)
      let magnitude = (rounded ^ sign) &- sign
      sum &+= magnitude
      bits |= magnitude
      results[index] = Int16(truncatingIfNeeded: rounded)
    }
    return (Int64(sum), Int32(clamping: bits))
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
package func saturated(_ value: Int32) -> Int16 { Int16(truncatingIfNeeded: min(max(value, -32768), 32767)) }

/// `value` limited to the range of an activation.
@inline(__always)
package func saturated(_ value: Int64) -> Int16 { Int16(truncatingIfNeeded: min(max(value, -32768), 32767)) }
