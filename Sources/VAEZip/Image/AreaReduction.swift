extension Image {
  /// A smaller picture of 8 bits: each pixel is the mean of the area that it covers, weighted by alpha. Integers alone,
  /// so it is the same everywhere.
  ///
  /// - Parameters:
  ///   - columns: width in pixels, 1 … `width`.
  ///   - rows: height in pixels, 1 … `height`.
  package func reduced(columns: Int, rows: Int) -> Image {
    precondition(1...width ~= columns && 1...height ~= rows)
    let samples = Int(channels.rawValue)
    let color = color.pixels
    let opacity = opacity
    var reduced = Planes(samples: samples)
    // Of color · alpha and of alpha, for each pixel of a row of the result.
    var sums = [Int](repeating: 0, count: columns * (samples + 1))
    var row = 0
    for y in 0..<height {
      let line = reducedRow(y, columns: columns, color: color, opacity: opacity)
      // In units of 1 / rows of a pixel, row y lies at y · rows, and a row of the result covers `height`.
      var start = y * rows
      while start < (y + 1) * rows {
        let end = min((y + 1) * rows, (row + 1) * height)
        for index in sums.indices { sums[index] += line[index] * (end - start) }
        if end == (row + 1) * height {
          reduced.append(sums, area: width * height)
          for index in sums.indices { sums[index] = 0 }
          row += 1
        }
        start = end
      }
    }
    return Image(
      width: columns, height: rows, channels: channels, pixels: reduced.color,
      alpha: alpha == nil ? nil : reduced.alpha, metadata: metadata)
  }

  /// Alpha in 8 bits; opaque without.
  private var opacity: [UInt8] {
    guard let alpha else { return [UInt8](repeating: 255, count: width * height) }
    guard depth == .sixteen else { return alpha }
    return (0..<width * height).map { index in
      let sample = UInt32(alpha[2 * index]) << 8 | UInt32(alpha[2 * index + 1])
      return UInt8(truncatingIfNeeded: (255 * sample + 32895) >> 16)
    }
  }

  /// Sums of color · alpha and of alpha of a row, for each pixel of the result; weights are parts of a pixel in units of
  /// 1 / `columns`, `width` in all.
  private func reducedRow(_ y: Int, columns: Int, color: [UInt8], opacity: [UInt8]) -> [Int] {
    let samples = Int(channels.rawValue)
    var sums = [Int](repeating: 0, count: columns * (samples + 1))
    var column = 0
    for x in 0..<width {
      let alpha = Int(opacity[y * width + x])
      var start = x * columns
      while start < (x + 1) * columns {
        let end = min((x + 1) * columns, (column + 1) * width)
        let (weight, place) = ((end - start) * alpha, column * (samples + 1))
        for c in 0..<samples { sums[place + c] += weight * Int(color[(y * width + x) * samples + c]) }
        sums[place + samples] += weight
        if end == (column + 1) * width { column += 1 }
        start = end
      }
    }
    return sums
  }

  /// What comes out.
  private struct Planes {
    let samples: Int
    var color: [UInt8] = []
    var alpha: [UInt8] = []

    init(samples: Int) { self.samples = samples }

    mutating func append(_ sums: [Int], area: Int) {
      for place in stride(from: 0, to: sums.count, by: samples + 1) {
        let weight = sums[place + samples]
        for c in 0..<samples {
          color.append(weight == 0 ? 0 : UInt8(clamping: (sums[place + c] + weight / 2) / weight))
        }
        alpha.append(UInt8(clamping: (weight + area / 2) / area))
      }
    }
  }
}
