/// Values over a picture: rows from top to bottom, positions from left to right, the channels of a position
/// together. It has the order of a NumPy array of shape (height, width, channels).
public struct LatentMap<Value: Sendable & Equatable>: Sendable, Equatable {
  /// Positions side by side.
  public let width: Int
  /// Rows of positions.
  public let height: Int
  /// Values of a position.
  public let channels: Int
  /// All values: `height` · `width` · `channels`.
  public var values: [Value]

  /// A map of given values.
  ///
  /// - Precondition: there are `height` · `width` · `channels` values.
  public init(width: Int, height: Int, channels: Int = 1, values: [Value]) {
    precondition(values.count == width * height * channels)
    (self.width, self.height, self.channels) = (width, height, channels)
    self.values = values
  }

  /// A map of equal values.
  public init(width: Int, height: Int, channels: Int = 1, repeating value: Value) {
    self.init(
      width: width, height: height, channels: channels,
      values: Array(repeating: value, count: width * height * channels))
  }

  /// Number of positions.
  public var count: Int { width * height }

  /// The value of a channel at column `x` of row `y`.
  public subscript(x: Int, y: Int, channel: Int = 0) -> Value {
    get { values[(y * width + x) * channels + channel] }
    set { values[(y * width + x) * channels + channel] = newValue }
  }

  /// The channels of a position.
  public func vector(_ x: Int, _ y: Int) -> ArraySlice<Value> {
    let start = (y * width + x) * channels
    return values[start..<start + channels]
  }

  /// The same map with changed values.
  public func map<Other>(_ transform: (Value) -> Other) -> LatentMap<Other> {
    LatentMap<Other>(width: width, height: height, channels: channels, values: values.map(transform))
  }
}
