import VAEZipSupport

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A separable Gaussian, cut off after 2.25 standard deviations.
struct GaussianFilter {
  /// What lies beyond the borders.
  enum Border {
    /// Nothing: the weights that lie inside are scaled to a sum of 1.
    case renormalized
    /// The plane, mirrored; the last sample counts twice.
    case mirrored
  }

  private let border: Border
  private let radius: Int
  /// The middle weight, then outwards. All weights sum to 1.
  private let weights: [Float]

  init(deviation: Double, border: Border = .renormalized) {
    self.border = border
    let radius = max(1, Int(2.25 * deviation))
    let values = (0...radius).map { exp(-Double($0 * $0) / (2 * deviation * deviation)) }
    let sum = 2 * values.reduce(0, +) - values[0]
    self.radius = radius
    weights = values.map { Float($0 / sum) }
  }

  /// The factor by which a sum is multiplied that lacks the weights beyond a border.
  private func scales(_ count: Int) -> [Float] {
    guard border == .renormalized else { return Array(repeating: 1, count: count) }
    return (0..<count).map { place in
      let sum = (max(0, place - radius)...min(count - 1, place + radius)).reduce(Float(0)) {
        $0 + weights[abs($1 - place)]
      }
      return 1 / sum
    }
  }

  /// Filters a plane.
  ///
  /// - Parameters:
  ///   - target: of the source's size; another plane.
  func apply(_ source: FloatPlane, to target: FloatPlane, threads: Threads) {
    let (across, down) = (scales(source.width), scales(source.height))
    let filter = self
    threads.forEachBand(source.height) { rows in
      let line = FloatPlane(width: source.width, height: 1, margin: filter.radius)
      let outside = FloatPlane(width: source.width, height: 1)
      for y in rows {
        filter.filterDown(source, y, scale: down[y], outside: outside.row(0), to: line)
        filter.filterAcross(line, scales: across, to: target.row(y))
      }
    }
  }

  /// The column sums around row `y`; the line's margin gets what lies beyond the borders.
  private func filterDown(
    _ source: FloatPlane, _ y: Int, scale: Float, outside: UnsafeMutablePointer<Float>,
    to line: FloatPlane
  ) {
    let rows = (-radius...radius).map { offset in
      let place = y + offset
      if 0..<source.height ~= place { return source.row(place) }
      return border == .renormalized ? outside : source.row(Self.mirrored(place, source.height))
    }
    let result = line.row(0)
    rows.withUnsafeBufferPointer { rows in
      weights.withUnsafeBufferPointer { weights in
        for x in source.vectorStarts {
          var sum = rows[radius].vector(x) * weights[0]
          for tap in 1...radius {
            sum += (rows[radius - tap].vector(x) + rows[radius + tap].vector(x)) * weights[tap]
          }
          result.store(sum * scale, at: x)
        }
      }
    }
    let width = source.width
    for place in 1...radius {
      let isMirrored = border == .mirrored
      result[-place] = isMirrored ? result[Self.mirrored(-place, width)] : 0
      result[width - 1 + place] = isMirrored ? result[Self.mirrored(width - 1 + place, width)] : 0
    }
  }

  private func filterAcross(
    _ line: FloatPlane, scales: [Float], to result: UnsafeMutablePointer<Float>
  ) {
    let row = line.row(0)
    weights.withUnsafeBufferPointer { weights in
      for x in line.vectorStarts {
        var sum = row.vector(x) * weights[0]
        for tap in 1...radius {
          sum += (row.vector(x - tap) + row.vector(x + tap)) * weights[tap]
        }
        result.store(sum, at: x)
      }
    }
    guard border == .renormalized else { return }
    for x in 0..<min(radius, line.width) { result[x] *= scales[x] }
    for x in max(radius, line.width - radius)..<max(radius, line.width) { result[x] *= scales[x] }
  }

  private static func mirrored(_ place: Int, _ count: Int) -> Int {
    let period = 2 * count
    let inside = (place % period + period) % period
    return min(inside, period - 1 - inside)
  }
}

extension Threads {
  /// Runs `body` for bands of rows that together are all.
  func forEachBand(_ height: Int, _ body: @Sendable (_ rows: Range<Int>) -> Void) {
    let bandHeight = max(16, min(64, height / (4 * count)))
    forEach((height + bandHeight - 1) / bandHeight) { band in
      body(band * bandHeight..<min((band + 1) * bandHeight, height))
    }
  }
}
