/// A ring of rows: row y is where row y − `count` was.
package struct Rows: Sendable {
  private let first: View
  /// How many rows are in memory.
  package let count: Int
  /// Rows above the one that is counted as 0.
  private let skipped: Int

  private init(first: View, count: Int, skipped: Int = 0) {
    self.first = first
    self.count = count
    self.skipped = skipped
  }

  /// All rows of a picture.
  package init(all view: View) { self.init(first: view, count: .max) }

  /// A window of rows: as many as the map has.
  package init(ring map: FeatureMap) { self.init(first: View(map), count: map.height) }

  /// A window of `count` rows that begins inside of a map.
  package init(ring view: View, count: Int) { self.init(first: view, count: count) }

  /// The same rows, their pixels counted from (x, y) on.
  package func from(_ x: Int, _ y: Int) -> Rows {
    Rows(first: first.at(x, 0), count: count, skipped: skipped + y)
  }

  @inline(__always)
  package func at(_ x: Int, _ y: Int) -> View { first.at(x, (y + skipped) % count) }
}
