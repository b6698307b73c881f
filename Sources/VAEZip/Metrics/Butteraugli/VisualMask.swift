import VAEZipSupport

/// How much detail around a pixel hides errors there.
struct VisualMask {
  typealias Vector = FloatPlane.Vector

  /// The amount of detail, blurred.
  let detail: FloatPlane
  private static let filter = GaussianFilter(deviation: 2.7)
  /// Pixels between a pixel and the neighbors whose detail counts.
  private static let step = 3

  init(_ bands: FrequencyBands, threads: Threads) {
    let (width, height) = (bands.high[0].width, bands.high[0].height)
    let amount = FloatPlane(width: width, height: height)
    threads.forEachBand(height) { rows in
      for y in rows {
        let rows = [bands.high[0], bands.high[1], bands.ultraHigh[0], bands.ultraHigh[1]].map {
          $0.row(y)
        }
        let result = amount.row(y)
        let (gain, bias): (Float, Float) = (6.194_240_804_39, 6.194_240_804_39 * 12.610_505_941_97)
        for x in amount.vectorStarts {
          let color = (rows[0].vector(x) + rows[2].vector(x)) * 2.5
          let light = (rows[1].vector(x) + rows[3].vector(x)) * 0.4
          let size = (color * color + light * light).squareRoot()
          result.store((size * gain + bias).squareRoot() - bias.squareRoot(), at: x)
        }
      }
    }
    detail = FloatPlane(width: width, height: height, margin: Self.step, filledWith: .infinity)
    Self.filter.apply(amount, to: detail, threads: threads)
    // What the filter wrote beyond the last column must not look like a smooth place.
    for y in 0..<height {
      for x in width..<detail.coveredWidth { detail.row(y)[x] = .infinity }
    }
  }

  /// Of a row, a mean of the three smallest amounts of detail among a pixel and its neighbors: an error beside
  /// a smooth area is seen.
  func erode(row y: Int, to result: UnsafeMutablePointer<Float>) {
    let rows = [-Self.step, 0, Self.step].map { detail.row(y + $0) }
    for x in detail.vectorStarts {
      let center = rows[1].vector(x)
      var first = center
      var second = center * 2
      var third = second
      for (index, row) in rows.enumerated() {
        for offset in [-Self.step, 0, Self.step] where index != 1 || offset != 0 {
          var rest = row.vector(x + offset)
          (first, rest) = (Vector.smaller(first, rest), Vector.larger(first, rest))
          (second, rest) = (Vector.smaller(second, rest), Vector.larger(second, rest))
          third = Vector.smaller(third, rest)
        }
      }
      result.store(first * 0.45 + second * 0.3 + third * 0.25, at: x)
    }
  }

  /// The weight of squared errors of higher frequencies, by the eroded detail.
  @inline(__always)
  static func weight(_ detail: Vector) -> Vector {
    let sum = 1 + 2.548_594_479_3 / (detail * 0.451_936_922_203 + 0.829_591_754_942)
    return sum * sum * (scale * scale)
  }

  /// The weight of squared errors of low frequencies, by the eroded detail.
  @inline(__always)
  static func lowWeight(_ detail: Vector) -> Vector {
    let sum = 1 + 0.505_054_525_019 / (detail * 3.874_494_188_04 + 0.200_255_785_22)
    return sum * sum * (scale * scale)
  }

  /// Makes 1 of the distance at which people begin to see a difference.
  @inline(__always)
  private static var scale: Float { 1 / (17.83 * 0.790_799_174_04) }
}
