extension UnsafeBufferPointer<Int16> {
  /// The first index in `start ..< end` whose symbol is not zero; nil if there is none.
  @inline(__always)
  func firstNonzero(from start: Int, before end: Int) -> Int? {
    guard let base = baseAddress else { return nil }
    var place = start
    // Most symbols are zero, so four are tested at once.
    while place &+ 4 <= end {
      let word = UnsafeRawPointer(base + place).loadUnaligned(as: UInt64.self)
      if word != 0 { return place &+ UInt64(littleEndian: word).trailingZeroBitCount / 16 }
      place &+= 4
    }
    while place < end {
      if base[place] != 0 { return place }
      place &+= 1
    }
    return nil
  }
}
