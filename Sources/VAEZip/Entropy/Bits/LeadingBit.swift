extension Int {
  /// The place of the highest one bit, ⌊log₂⌋, of a number above zero; −1 for zero.
  @inline(__always)
  var leadingBit: Int { Int.bitWidth &- 1 &- leadingZeroBitCount }
}
