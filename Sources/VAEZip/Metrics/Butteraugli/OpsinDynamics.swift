import VAEZipSupport

/// Butteraugli's color space: responses of cones that have adapted to the light around a pixel, as X (red
/// against green), Y (their sum) and B (blue).
struct OpsinDynamics {
  typealias Vector = FloatPlane.Vector

  /// Luminance of white in cd/m².
  static let white: Float = 80
  /// What a cone's kind takes from linear red, green and blue, and its response in the dark.
  private static let absorbance: [(red: Float, green: Float, blue: Float, dark: Float)] = [
    (0.299_565_503_400_583_19, 0.633_730_878_338_259_36, 0.077_705_617_820_981_968, 1.755_748_364_328_735_3),
    (0.221_586_911_045_747_74, 0.693_913_880_441_161_42, 0.098_731_358_842_2, 1.755_748_364_328_735_3),
    (0.02, 0.02, 0.204_801_290_410_261_29, 12.226_454_707_163_354),
  ]
  private static let surroundings = GaussianFilter(deviation: 1.2, border: .mirrored)

  /// The planes X, Y and B of a picture.
  static func planes(_ picture: LinearPicture, threads: Threads) -> [FloatPlane] {
    let (width, height) = (picture.width, picture.height)
    func three() -> [FloatPlane] { (0..<3).map { _ in FloatPlane(width: width, height: height) } }
    let (linear, blurred, result) = (three(), three(), three())
    threads.forEachBand(height) { rows in
      var samples = [Float](repeating: 0, count: 3 * width)
      for y in rows {
        samples.withUnsafeMutableBufferPointer { samples in
          guard let row = samples.baseAddress else { return }
          picture.read(y, into: row, stride: width)
          for channel in 0..<3 {
            linear[channel].row(y).update(from: row + channel * width, count: width)
          }
        }
      }
    }
    for (from, to) in zip(linear, blurred) { surroundings.apply(from, to: to, threads: threads) }
    threads.forEachBand(height) { rows in
      for y in rows {
        convert(linear.map { $0.row(y) }, around: blurred.map { $0.row(y) }, to: result, y)
      }
    }
    return result
  }

  private static func convert(
    _ pixels: [UnsafeMutablePointer<Float>], around: [UnsafeMutablePointer<Float>],
    to result: [FloatPlane], _ y: Int
  ) {
    let (cones, white) = (absorbance, white)
    @inline(__always)
    func responses(_ rows: [UnsafeMutablePointer<Float>], _ x: Int) -> (Vector, Vector, Vector) {
      let (red, green, blue) = (
        rows[0].vector(x) * white, rows[1].vector(x) * white, rows[2].vector(x) * white
      )
      @inline(__always)
      func response(_ kind: Int) -> Vector {
        let cone = cones[kind]
        return red * cone.red + green * cone.green + blue * cone.blue + cone.dark
      }
      return (response(0), response(1), response(2))
    }
    @inline(__always)
    func adapted(_ response: Vector, _ surroundings: Vector, _ dark: Float) -> Vector {
      let light = Vector.larger(surroundings, Vector(repeating: dark))
      let sensitivity = Vector.larger(gamma(light) / light, Vector(repeating: 1e-4))
      return Vector.larger(response * sensitivity, Vector(repeating: dark))
    }
    let (planeX, planeY, planeB) = (result[0].row(y), result[1].row(y), result[2].row(y))
    for x in result[0].vectorStarts {
      let own = responses(pixels, x)
      let near = responses(around, x)
      let long = adapted(own.0, near.0, cones[0].dark)
      let middle = adapted(own.1, near.1, cones[1].dark)
      let short = adapted(own.2, near.2, cones[2].dark)
      planeX.store(long - middle, at: x)
      planeY.store(long + middle, at: x)
      planeB.store(short, at: x)
    }
  }

  /// The response to an amount of light in cd/m².
  @inline(__always)
  private static func gamma(_ light: Vector) -> Vector {
    (light + 9.971_063_576_929_914_5).logarithm * 19.245_013_259_874_995 - 23.160_462_398_057_55
  }
}
