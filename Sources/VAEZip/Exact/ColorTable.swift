/// The colors of pixels, and how often they occur.
struct ColorTable {
  /// A pixel's bytes as a number, the first byte highest.
  typealias Color = UInt64

  private(set) var colors: [Color] = []
  private(set) var counts: [Int] = []
  /// Places of an open hash table: the index of a color plus 1, or 0.
  private var places: [Int32]
  private let limit: Int

  /// - Parameter limit: of colors.
  init(limit: Int) {
    self.limit = limit
    places = [Int32](repeating: 0, count: 1 << (Int.bitWidth - (4 * limit - 1).leadingZeroBitCount))
  }

  private func place(_ color: Color) -> Int {
    var place = Int(truncatingIfNeeded: (color &* 0x9E37_79B9_7F4A_7C15) >> 40) & (places.count - 1)
    while places[place] != 0, colors[Int(places[place]) - 1] != color {
      place = (place + 1) & (places.count - 1)
    }
    return place
  }

  /// Counts pixels.
  /// - Returns: whether there was room for their color.
  mutating func add(_ color: Color, count: Int) -> Bool {
    let place = place(color)
    if places[place] == 0 {
      guard colors.count < limit else { return false }
      colors.append(color)
      counts.append(0)
      places[place] = Int32(colors.count)
    }
    counts[Int(places[place]) - 1] += count
    return true
  }

  /// The index of a color in `colors`; nil if it is not there.
  func index(of color: Color) -> Int? {
    let found = Int(places[place(color)])
    return found > 0 ? found - 1 : nil
  }
}
