/// PNG's filters of rows (ISO/IEC 15948, section 9): bytes become differences from what a neighbor
/// predicts, modulo 256.
package enum RowFilter: UInt8, CaseIterable {
  case none, sub, up, average, paeth

  /// Writes a row's differences.
  ///
  /// - Parameters:
  ///   - above: the row above; zeros for the first one.
  ///   - distance: bytes of a sample: how far to the left its neighbor is.
  package func apply(
    _ row: UnsafePointer<UInt8>, above: UnsafePointer<UInt8>, count: Int, distance: Int,
    to out: UnsafeMutablePointer<UInt8>
  ) {
    for x in 0..<count {
      let (a, c) = x < distance ? (0, 0) : (row[x - distance], above[x - distance])
      out[x] = row[x] &- prediction(a, above[x], c)
    }
  }

  /// By which the filter of a row is chosen, the least being best: the sum of the magnitudes of its differences
  /// as signed numbers (PNG, section 12.7).
  package static func sumOfMagnitudes(_ differences: UnsafePointer<UInt8>, count: Int) -> Int {
    (0..<count).reduce(0) { $0 + Int(Int8(bitPattern: differences[$1]).magnitude) }
  }

  /// Makes samples of a row's differences, in place.
  package func undo(
    _ row: UnsafeMutablePointer<UInt8>, above: UnsafePointer<UInt8>, count: Int, distance: Int
  ) {
    for x in 0..<count {
      let (a, c) = x < distance ? (0, 0) : (row[x - distance], above[x - distance])
      row[x] &+= prediction(a, above[x], c)
    }
  }

  /// - Parameters: the neighbors to the left, above, and to the left of that above.
  @inline(__always)
  private func prediction(_ a: UInt8, _ b: UInt8, _ c: UInt8) -> UInt8 {
    switch self {
    case .none: return 0
    case .sub: return a
    case .up: return b
    case .average: return UInt8(truncatingIfNeeded: (UInt(a) + UInt(b)) / 2)
    case .paeth:
      let (left, up, both) = (abs(Int(b) - Int(c)), abs(Int(a) - Int(c)), abs(Int(a) + Int(b) - 2 * Int(c)))
      return left <= up && left <= both ? a : up <= both ? b : c
    }
  }
}
