/// The symbols of a stream sorted by level: stable, levels in the order of `LevelTraits`.
package final class SymbolOrder {
  /// The symbols of one level in the sorted sequence.
  package struct Group {
    package let level: Int
    /// Place of the first.
    package let start: Int
    package let count: Int
    package var end: Int { start + count }
  }

  /// Groups of the levels that occur, in order.
  package private(set) var groups: [Group] = []
  /// Raster index of each symbol of the sorted sequence.
  package private(set) var indices = UnsafeMutableBufferPointer<UInt32>(start: nil, count: 0)
  private let storage = ScratchBuffer<UInt32>()

  /// The most symbols of a stream: sums of weights stay below 2⁵².
  static let maximumCount = 1 << 27

  /// Sorts.
  /// - Throws: `EntropyError.invalidInput` if a level is above 63 or there are too many.
  func sort(_ levels: [UInt8], _ traits: LevelTraits) throws(EntropyError) {
    guard levels.count <= Self.maximumCount else {
      throw .invalidInput("at most \(Self.maximumCount) symbols expected, found \(levels.count)")
    }
    let counts = Self.counts(levels)
    if let level = counts.lastIndex(where: { $0 > 0 }), level >= ScaleTables.levelCount {
      throw .invalidInput("levels 0…63 expected, found \(level)")
    }
    groups.removeAll(keepingCapacity: true)
    var starts = [Int](repeating: 0, count: ScaleTables.levelCount)
    var start = 0
    for level in traits.order.lazy.map(Int.init) where counts[level] > 0 {
      groups.append(Group(level: level, start: start, count: counts[level]))
      starts[level] = start
      start += counts[level]
    }
    indices = storage.reserve(levels.count)
    let places = storage.start
    starts.withUnsafeMutableBufferPointer { starts in
      levels.withUnsafeBufferPointer { levels in
        // Every level was checked above, and the starts are prefix sums of their counts.
        for i in 0..<levels.count {
          let level = Int(levels[i])
          places[starts[level]] = UInt32(truncatingIfNeeded: i)
          starts[level] += 1
        }
      }
    }
  }

  /// How many symbols each level has.
  private static func counts(_ levels: [UInt8]) -> [Int] {
    // Neighbors often have the same level: two counters spare the second the wait for the first.
    var counts = [SIMD2<Int>](repeating: .zero, count: 256)
    counts.withUnsafeMutableBufferPointer { counts in
      levels.withUnsafeBufferPointer { levels in
        for i in stride(from: 0, to: levels.count - 1, by: 2) {
          counts[Int(levels[i])].x &+= 1
          counts[Int(levels[i + 1])].y &+= 1
        }
        if levels.count % 2 == 1, let level = levels.last { counts[Int(level)].x &+= 1 }
      }
    }
    return counts.map { $0.x + $0.y }
  }
}
