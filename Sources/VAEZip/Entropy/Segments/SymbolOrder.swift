/// Sorts the symbols of a stream by scale index, in the order of `ScaleTraits`; symbols of equal scale
/// index keep the stream's order (Formats/VZ-symbols.md, §1).
///
/// A **place** is a symbol's index in the sorted order.
package final class SymbolOrder {
  /// All symbols of one scale index.
  package struct Group {
    /// The scale index, 0…63.
    package let scaleIndex: Int
    /// Place of the first symbol.
    package let start: Int
    /// Number of symbols, at least 1.
    package let count: Int
    /// One past the place of the last symbol.
    package var end: Int { start + count }
  }

  /// The groups of all scale indexes that occur, in sorted order.
  package private(set) var groups: [Group] = []
  /// Raster index of the symbol at each place. Valid until the next `sort`.
  package private(set) var indices = UnsafeMutableBufferPointer<UInt32>(start: nil, count: 0)
  private let storage = ScratchBuffer<UInt32>()

  /// Sorts the symbols of a stream.
  /// - Parameter scaleIndexes: of the symbols in raster order, 0…63.
  /// - Throws: `EntropyError.invalidInput` if a scale index is above 63 or there are more than 2²⁷.
  func sort(_ scaleIndexes: [UInt8], _ traits: ScaleTraits) throws(EntropyError) {
    guard scaleIndexes.count <= SymbolFormat.maximumCount else {
      throw .invalidInput(
        "at most \(SymbolFormat.maximumCount) symbols expected, found \(scaleIndexes.count)")
    }
    let counts = Self.counts(scaleIndexes)
    if let largest = counts.lastIndex(where: { $0 > 0 }), largest >= ScaleTables.scaleCount {
      throw .invalidInput("scale indexes 0…63 expected, found \(largest)")
    }
    groups.removeAll(keepingCapacity: true)
    var starts = [Int](repeating: 0, count: ScaleTables.scaleCount)
    var start = 0
    for scaleIndex in traits.order.lazy.map(Int.init) where counts[scaleIndex] > 0 {
      groups.append(Group(scaleIndex: scaleIndex, start: start, count: counts[scaleIndex]))
      starts[scaleIndex] = start
      start += counts[scaleIndex]
    }
    indices = storage.reserve(scaleIndexes.count)
    let places = storage.start
    starts.withUnsafeMutableBufferPointer { starts in
      scaleIndexes.withUnsafeBufferPointer { scaleIndexes in
        // Every scale index was checked above, and the starts are prefix sums of the counts.
        for i in 0..<scaleIndexes.count {
          let scaleIndex = Int(scaleIndexes[i])
          places[starts[scaleIndex]] = UInt32(truncatingIfNeeded: i)
          starts[scaleIndex] += 1
        }
      }
    }
  }

  /// How often each value 0…255 occurs.
  private static func counts(_ scaleIndexes: [UInt8]) -> [Int] {
    // Two counters avoid a store-to-load dependency when neighbors are equal, as they often are.
    var counts = [SIMD2<Int>](repeating: .zero, count: 256)
    counts.withUnsafeMutableBufferPointer { counts in
      scaleIndexes.withUnsafeBufferPointer { scaleIndexes in
        for i in stride(from: 0, to: scaleIndexes.count - 1, by: 2) {
          counts[Int(scaleIndexes[i])].x &+= 1
          counts[Int(scaleIndexes[i + 1])].y &+= 1
        }
        if scaleIndexes.count % 2 == 1, let last = scaleIndexes.last { counts[Int(last)].x &+= 1 }
      }
    }
    return counts.map { $0.x + $0.y }
  }
}
