import Foundation
import VAEZip

extension Image {
  /// The image at a fraction of its size, with Lanczos' window of two lobes (Duchon 1979). It shows the
  /// same thing from further away: sharper, and with less noise for each pixel.
  ///
  /// - Parameter factor: at least 1; the sides are divided by it and rounded down.
  /// - Precondition: RGB, and both sides at least `factor`.
  package func downscaled(by factor: Double) -> Image {
    let across = Downscaling(from: width, by: factor)
    let down = Downscaling(from: height, by: factor)
    var result: [UInt8] = []
    result.reserveCapacity(3 * across.count * down.count)
    for y in 0..<down.count {
      var row = [Float](repeating: 0, count: 3 * width)
      for tap in 0..<down.taps {
        let (weight, source) = (down.weight(y, tap), 3 * width * down.source(y, tap))
        for index in 0..<3 * width { row[index] += weight * Float(pixels[source + index]) }
      }
      for x in 0..<across.count {
        var sums = SIMD4<Float>.zero
        for tap in 0..<across.taps {
          let source = 3 * across.source(x, tap)
          sums += across.weight(x, tap) * SIMD4(row[source], row[source + 1], row[source + 2], 0)
        }
        for channel in 0..<3 { result.append(UInt8(min(max(sums[channel] + 0.5, 0), 255))) }
      }
    }
    return Image(width: across.count, height: down.count, channels: .rgb, pixels: result)
  }
}

/// The weights with which the samples of a line make those of a shorter one.
private struct Downscaling {
  /// Samples of the shorter line.
  let count: Int
  /// Samples that each of them is made of.
  let taps: Int
  private let sources: [Int]
  private let weights: [Float]

  init(from length: Int, by factor: Double) {
    count = Int(Double(length) / factor)
    taps = Int((4 * factor).rounded(.up)) + 1
    var (sources, weights): ([Int], [Float]) = ([], [])
    for index in 0..<count {
      let center = (Double(index) + 0.5) * factor - 0.5
      let first = Int((center - 2 * factor).rounded(.up))
      let line = (0..<taps).map { Self.window((Double(first + $0) - center) / factor) }
      let sum = line.reduce(0, +)
      weights += line.map { Float($0 / sum) }
      sources += (0..<taps).map { min(max(first + $0, 0), length - 1) }
    }
    (self.sources, self.weights) = (sources, weights)
  }

  func source(_ index: Int, _ tap: Int) -> Int { sources[index * taps + tap] }
  func weight(_ index: Int, _ tap: Int) -> Float { weights[index * taps + tap] }

  private static func window(_ x: Double) -> Double {
    func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(.pi * x) / (.pi * x) }
    return abs(x) < 2 ? sinc(x) * sinc(x / 2) : 0
  }
}
