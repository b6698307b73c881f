/// Values of some channels at each position of a grid; zero outside of it.
package struct Map {
  let width, height, channels: Int
  /// Row by row, the channels of a position together.
  var values: [Int]

  init(_ width: Int, _ height: Int, _ channels: Int) {
    self.width = width
    self.height = height
    self.channels = channels
    values = Array(repeating: 0, count: width * height * channels)
  }

  subscript(x: Int, y: Int, c: Int) -> Int {
    get {
      guard x >= 0, y >= 0, x < width, y < height else { return 0 }
      return values[(y * width + x) * channels + c]
    }
    set { values[(y * width + x) * channels + c] = newValue }
  }

  /// A map whose values follow from position and channel.
  init(_ width: Int, _ height: Int, _ channels: Int, _ value: (_ x: Int, _ y: Int, _ c: Int) -> Int) {
    self.init(width, height, channels)
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<channels { self[x, y, c] = value(x, y, c) }
      }
    }
  }

  /// The part that begins at (x, y).
  func crop(_ width: Int, _ height: Int, x left: Int = 0, y top: Int = 0) -> Map {
    Map(width, height, channels) { x, y, c in self[left + x, top + y, c] }
  }

  /// Puts a part at (x, y).
  mutating func insert(_ part: Map, _ left: Int, _ top: Int) {
    for y in 0..<part.height {
      for x in 0..<part.width {
        for c in 0..<channels { self[left + x, top + y, c] = part[x, y, c] }
      }
    }
  }

  /// shuffle r ("The network"): channel c·r² + dy·r + dx of (x, y) becomes channel c of (r·x + dx, r·y + dy).
  func shuffled(_ r: Int) -> Map {
    Map(width * r, height * r, channels / (r * r)) { x, y, c in
      self[x / r, y / r, c * r * r + y % r * r + x % r]
    }
  }

  /// The sum in integers: sat16(x + o).
  func adding(_ other: Map) -> Map {
    Map(width, height, channels) { x, y, c in sat16(self[x, y, c] + other[x, y, c]) }
  }
}
