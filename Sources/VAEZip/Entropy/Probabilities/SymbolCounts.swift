/// Counts how often each reduced magnitude occurs at each scale index.
package struct SymbolCounts: Sendable, Equatable {
  /// 64 rows of 32, one per scale index; empty while nothing has been counted.
  package private(set) var counts: [Int] = []

  /// Makes counts of zero.
  package init() {}

  /// Counts one symbol.
  /// - Parameters:
  ///   - scaleIndex: 0…63.
  ///   - entry: its reduced magnitude, or 31 if that is larger (`SymbolCost.entry`).
  package mutating func add(scaleIndex: Int, entry: Int) {
    if counts.isEmpty {
      counts = [Int](repeating: 0, count: ScaleTables.scaleCount * ScaleTables.entryCount)
    }
    counts[scaleIndex * ScaleTables.entryCount + entry] += 1
  }

  /// How often an entry, 0…31, occurred at a scale index, 0…63.
  package func count(scaleIndex: Int, entry: Int) -> Int {
    counts.isEmpty ? 0 : counts[scaleIndex * ScaleTables.entryCount + entry]
  }

  /// The counts of two sets of symbols together.
  package static func + (first: Self, second: Self) -> Self {
    if first.counts.isEmpty { return second }
    if second.counts.isEmpty { return first }
    var sum = first
    for index in sum.counts.indices { sum.counts[index] += second.counts[index] }
    return sum
  }
}
