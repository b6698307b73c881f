/// Rows of pixels of which only some are in memory at a time: row y is where row y − `count` was.
struct Rows: Sendable {
  private let first: View
  /// How many rows are in memory.
  let count: Int

  /// All rows of a picture.
  init(all view: View) {
    first = view
    count = .max
  }

  /// A window of rows: as many as the map has.
  init(ring map: FeatureMap) {
    first = View(map)
    count = map.height
  }

  /// A window of `count` rows that begins inside of a map.
  init(ring view: View, count: Int) {
    first = view
    self.count = count
  }

  @inline(__always)
  func at(_ x: Int, _ y: Int) -> View { first.at(x, y % count) }
}
