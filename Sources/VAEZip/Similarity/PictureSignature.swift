import VAEZip

/// What near-duplicates have in common: a picture of 8 × 8 pixels.
///
/// Pixels are averaged over 8 × 8 equal parts of the picture, so size, compression and noise hardly matter. Mean and
/// contrast of all samples together are taken out, so brightness matters little. What is left is the rough
/// layout of light and color.
public struct PictureSignature: Sendable, Hashable {
  /// Pixels side by side, and rows of them.
  public static let side = 8
  /// Numbers of a signature.
  package static let count = 3 * side * side

  /// The numbers: pixels row by row, each red, green, blue. Their mean is about 0 and their length 127, but for a picture
  /// of one color, whose numbers are all 0.
  package let values: [Int8]

  package init?(values: [Int8]) {
    guard values.count == Self.count else { return nil }
    self.values = values
  }

  /// The signature of a picture.
  ///
  /// - Parameter image: gray or color, of any size; transparency is not looked at.
  public init(_ image: Image) {
    let color = image.color
    let samples = Int(color.channels.rawValue)
    var means: [Double] = []
    for row in 0..<Self.side {
      for column in 0..<Self.side {
        let y = Self.part(row, of: color.height)
        let x = Self.part(column, of: color.width)
        var sums = [0, 0, 0]
        for line in y {
          for place in x {
            for channel in 0..<3 {
              sums[channel] += Int(
                color.pixels[(line * color.width + place) * samples + min(channel, samples - 1)])
            }
          }
        }
        means += sums.map { Double($0) / Double(x.count * y.count) }
      }
    }
    let mean = means.reduce(0, +) / Double(Self.count)
    let length = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
    // Below half a gray value in the mean a picture counts as one of one color.
    let scale = length < 0.5 * Double(Self.side) ? 0 : 127 / length
    values = means.map { Int8(clamping: Int((($0 - mean) * scale).rounded())) }
  }

  /// The pixels of a part of eight; at least one.
  private static func part(_ index: Int, of count: Int) -> Range<Int> {
    let start = min(index * count / side, count - 1)
    return start..<max((index + 1) * count / side, start + 1)
  }

  /// How different two pictures look: 0 for the same layout, about 1.4 for pictures that have nothing to do with each other, at
  /// most 2. A picture of one color differs by 1 from others.
  public func distance(_ other: PictureSignature) -> Double { Self.distance(squared: squaredDistance(other)) }

  static func distance(squared: Int) -> Double { Double(squared).squareRoot() / 127 }

  private func squaredDistance(_ other: PictureSignature) -> Int {
    var sum: Int32 = 0
    for index in 0..<Self.count {
      let difference = Int32(values[index]) - Int32(other.values[index])
      sum += difference * difference
    }
    return Int(sum)
  }
}
