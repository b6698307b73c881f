/// The symbols of a stream sorted by level: stable, levels in the order of `LevelTraits`.
final class SymbolOrder {
  /// The symbols of one level in the sorted sequence.
  struct Group {
    let level: Int
    /// Place of the first.
    let start: Int
    let count: Int
    var end: Int { start + count }
  }

  /// Groups of the levels that occur, in order.
  private(set) var groups: [Group] = []
  /// Raster index of each symbol of the sorted sequence.
  private(set) var indices = UnsafeMutableBufferPointer<UInt32>(start: nil, count: 0)
  private let storage = ScratchBuffer<UInt32>()

  /// The most symbols of a stream: sums of weights stay below 2⁵².
  static let maximumCount = 1 << 27

  /// Sorts.
  /// - Throws: `EntropyError.invalidInput` if a level is above 63 or there are too many.
  func sort(_ levels: [UInt8], _ traits: LevelTraits) throws(EntropyError) {
    guard levels.count <= Self.maximumCount else {
      throw .invalidInput("at most \(Self.maximumCount) symbols expected, found \(levels.count)")
    }
    var counts = [Int](repeating: 0, count: 256)
    for level in levels { counts[Int(level)] += 1 }
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
}
