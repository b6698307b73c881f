import VAEZipSupport

/// Butteraugli's detector of lines: sums differences along lines in sixteen directions, and squares the sums.
/// So an error that forms an edge counts for more than the same amount of noise.
struct MaltaFilter {
  private typealias Vector = SIMD16<Float>
  /// How far a line reaches from its center.
  static let reach = 4

  /// A line's samples on one side of its center; the other side is their mirror image.
  private struct Line {
    let half: [(x: Int, y: Int)]
    /// How often its squared sum counts.
    var weight: Float = 1
  }

  private let lines: [Line]
  private let gain: Double

  /// For ultra-high frequencies: all samples of the lines.
  static let dense = MaltaFilter(
    lines: [
      Line(half: [(1, 0), (2, 0), (3, 0), (4, 0)]), Line(half: [(0, 1), (0, 2), (0, 3), (0, 4)]),
      Line(half: [(1, 1), (2, 2), (3, 3)]), Line(half: [(-1, 1), (-2, 2), (-3, 3)]),
      Line(half: [(0, 1), (-1, 2), (-1, 3), (-1, 4)], weight: 2),
      Line(half: [(0, 1), (1, 2), (1, 3), (1, 4)], weight: 2),
      Line(half: [(1, 0), (2, 1), (3, 1), (4, 1)], weight: 2),
      Line(half: [(1, 0), (2, -1), (3, -1), (4, -1)], weight: 2),
      Line(half: [(1, 1), (1, 2), (2, 3)]), Line(half: [(-1, 1), (-1, 2), (-2, 3)]),
      Line(half: [(1, 1), (2, 1), (3, 2)]), Line(half: [(-1, 1), (-2, 1), (-3, 2)]),
    ], gain: 0.399_058_176_37)

  /// For lower frequencies: every other sample.
  static let sparse = MaltaFilter(
    lines: [
      Line(half: [(2, 0), (4, 0)]), Line(half: [(0, 2), (0, 4)]), Line(half: [(2, 2), (3, 3)]),
      Line(half: [(-2, 2), (-3, 3)]), Line(half: [(-1, 2), (-1, 4)]), Line(half: [(1, 2), (1, 4)]),
      Line(half: [(2, 1), (4, 1)]), Line(half: [(2, -1), (4, -1)]), Line(half: [(1, 2), (2, 3)]),
      Line(half: [(-1, 2), (-2, 3)]), Line(half: [(2, 1), (3, 2)]), Line(half: [(-2, 1), (-3, 2)]),
      Line(half: [(-2, 1), (-4, 2)]), Line(half: [(2, 1), (4, 2)]), Line(half: [(1, 2), (2, 4)]),
      Line(half: [(-1, 2), (-2, 4)]),
    ], gain: 0.611_612_573_796)

  /// Adds the squared sums over the lines of two bands' difference.
  ///
  /// - Parameters:
  ///   - weight: of the result.
  ///   - norm: the amplitude from which differences count for less.
  ///   - differences: is overwritten; has a margin of `reach`.
  func add(
    _ original: FloatPlane, _ distorted: FloatPlane, weight: Double, norm: Double,
    differences: FloatPlane, to result: FloatPlane, threads: Threads
  ) {
    weigh(original, distorted, weight: weight, norm: norm, to: differences, threads: threads)
    let offsets = lines.map { line in
      (taps: line.half.map { $0.y * differences.stride + $0.x }, weight: line.weight)
    }
    threads.forEachBand(result.height) { rows in
      for y in rows {
        let (center, sums) = (differences.row(y), result.row(y))
        // The last step may reach a vector into the margins, which no result depends on.
        for x in Swift.stride(from: 0, to: result.width, by: Vector.scalarCount) {
          let bytes = UnsafeRawPointer(center + x)
          @inline(__always)
          func sample(_ offset: Int) -> Vector {
            bytes.loadUnaligned(fromByteOffset: offset * 4, as: Vector.self)
          }
          let middle = sample(0)
          var total = Vector.zero
          for line in offsets {
            var sum = middle
            for tap in line.taps { sum += sample(tap) + sample(-tap) }
            total += sum * sum * line.weight
          }
          let place = UnsafeMutableRawPointer(sums + x)
          place.storeBytes(of: place.loadUnaligned(as: Vector.self) + total, as: Vector.self)
        }
      }
    }
  }

  /// Differences, larger where the distorted picture lacks detail or has too much of it.
  private func weigh(
    _ original: FloatPlane, _ distorted: FloatPlane, weight: Double, norm: Double,
    to differences: FloatPlane, threads: Threads
  ) {
    let length = 2 * 3.75 + 1
    let symmetric = Float(gain * (0.5 * weight).squareRoot() / length * norm)
    let oneSided = Float(gain * (0.33 * weight).squareRoot() / length * norm)
    let norm = Float(norm)
    threads.forEachBand(original.height) { rows in
      for y in rows {
        let (a, b, result) = (original.row(y), distorted.row(y), differences.row(y))
        for x in original.vectorStarts {
          let (a, b) = (a.vector(x), b.vector(x))
          let size = a.magnitude
          let scale = 1 / ((size + b.magnitude) * 0.5 + norm)
          let along = b.replacing(with: -b, where: a .< 0)
          let missing = (size * 0.55 - along).positive - (along - size * 1.05).positive
          let signed = missing.replacing(with: -missing, where: a .< 0)
          result.store(scale * ((a - b) * symmetric + signed * oneSided), at: x)
        }
        // The margin stays zero.
        for x in original.width..<original.coveredWidth { result[x] = 0 }
      }
    }
  }
}
