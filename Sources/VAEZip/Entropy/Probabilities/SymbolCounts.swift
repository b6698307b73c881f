/// How often each reduced magnitude occurs at each scale level.
package struct SymbolCounts: Sendable, Equatable {
  /// Rows of `ScaleTables.entryCount`, one a level; empty if nothing was counted.
  package private(set) var counts: [Int] = []

  package init() {}

  /// - Parameter entry: 0 ..< `ScaleTables.entryCount`, see `ScaleTables.entry(level:symbol:)`.
  package mutating func add(level: Int, entry: Int) {
    if counts.isEmpty {
      counts = [Int](repeating: 0, count: ScaleTables.levelCount * ScaleTables.entryCount)
    }
    counts[level * ScaleTables.entryCount + entry] += 1
  }

  package func count(level: Int, entry: Int) -> Int {
    counts.isEmpty ? 0 : counts[level * ScaleTables.entryCount + entry]
  }

  package static func + (first: Self, second: Self) -> Self {
    if first.counts.isEmpty { return second }
    if second.counts.isEmpty { return first }
    var sum = first
    for index in sum.counts.indices { sum.counts[index] += second.counts[index] }
    return sum
  }
}
