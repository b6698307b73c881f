import VAEZip
import VAEZipContainer

/// What near-duplicates have in common: a picture of 8 × 8 pixels.
///
/// Pixels are averaged over 8 × 8 equal parts of the picture, so size, compression and noise hardly matter. Mean and
/// contrast of all samples together are taken out, so brightness matters little. Color keeps 0.3 of its saturation: so a
/// gray copy is still near, and pictures of one hue are not all alike. What is left is the rough layout of light.
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
  public init(_ image: Image) { self.init(image, cell: 1, width: image.width, height: image.height) }

  /// The signature of a .vz file: of its preview, from the latents alone, where that has at least 16 × 16 pixels, else of
  /// its picture. It differs by about 0.05 from that of the decoded picture.
  ///
  /// ```swift
  /// let signature = try PictureSignature(file: bytes, decoder: ImageDecoder())
  /// ```
  ///
  /// - Parameters:
  ///   - bytes: a .vz file.
  ///   - decoder: has the file's model.
  /// - Throws: `CodecError`, as `ImageDecoder.preview`.
  public init(file bytes: [UInt8], decoder: ImageDecoder) throws(CodecError) {
    let header = try CodecError.wrap { () throws(VZError) in
      try VZFile(parsing: bytes, limits: decoder.limits).header
    }
    let scale = PreviewScale.eighth
    guard min(header.width, header.height) >= 2 * Self.side * scale.rawValue else {
      self.init(try decoder.decode(bytes))
      return
    }
    self.init(
      try decoder.preview(bytes, scale: scale), cell: scale.rawValue, width: header.width,
      height: header.height)
  }

  /// - Parameters:
  ///   - image: its pixels are the means of cells of a picture.
  ///   - cell: side of a cell in pixels of the picture. The last column and row of cells may be narrower.
  ///   - width: of the picture, in pixels.
  ///   - height: of the picture, in pixels.
  init(_ image: Image, cell: Int, width: Int, height: Int) {
    let color = image.color
    let columns = (0..<Self.side).map { Self.weights(Self.part($0, of: width), cell: cell) }
    var means: [Double] = []
    for row in 0..<Self.side {
      let rows = Self.weights(Self.part(row, of: height), cell: cell)
      for columns in columns { means += Self.means(color, rows, columns) }
    }
    means = Self.desaturated(means)
    let mean = means.reduce(0, +) / Double(Self.count)
    let length = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
    // Below half a gray value in the mean a picture counts as one of one color.
    let scale = length < 0.5 * Double(Self.side) ? 0 : 127 / length
    values = means.map { Int8(clamping: Int((($0 - mean) * scale).rounded())) }
  }

  /// The same brightness with 0.3 of the saturation.
  private static func desaturated(_ samples: [Double]) -> [Double] {
    stride(from: 0, to: samples.count, by: 3).flatMap { start in
      let pixel = samples[start..<start + 3]
      let gray = pixel.reduce(0, +) / 3
      return pixel.map { gray + 0.3 * ($0 - gray) }
    }
  }

  /// The means of red, green and blue over a part of a picture.
  private static func means(
    _ image: Image, _ rows: [(place: Int, weight: Int)], _ columns: [(place: Int, weight: Int)]
  ) -> [Double] {
    let samples = Int(image.channels.rawValue)
    var sums = [0, 0, 0]
    for row in rows {
      var sumsOfRow = [0, 0, 0]
      for column in columns {
        let pixel = (row.place * image.width + column.place) * samples
        for channel in 0..<3 {
          sumsOfRow[channel] += column.weight * Int(image.pixels[pixel + min(channel, samples - 1)])
        }
      }
      for channel in 0..<3 { sums[channel] += row.weight * sumsOfRow[channel] }
    }
    let area = rows.reduce(0) { $0 + $1.weight } * columns.reduce(0) { $0 + $1.weight }
    return sums.map { Double($0) / Double(area) }
  }

  /// The pixels of a part of eight; at least one.
  private static func part(_ index: Int, of count: Int) -> Range<Int> {
    let start = min(index * count / side, count - 1)
    return start..<max((index + 1) * count / side, start + 1)
  }

  /// The cells that share pixels with a range, and how many.
  private static func weights(_ range: Range<Int>, cell: Int) -> [(place: Int, weight: Int)] {
    (range.lowerBound / cell...(range.upperBound - 1) / cell).map { place in
      (place, min(range.upperBound, (place + 1) * cell) - max(range.lowerBound, place * cell))
    }
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
