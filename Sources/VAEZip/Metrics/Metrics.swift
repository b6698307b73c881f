import VAEZipImage

/// How far a decoded image is from the original, and what that cost.
public enum Metrics {}

/// Why a metric has no value. `description` is one line for a person.
public enum MetricsError: Error, Equatable, CustomStringConvertible {
  /// The images have different sizes or channels.
  case differentShapes(String, String)
  /// A rate–distortion curve needs at least two points of different quality.
  case tooFewPoints(Int)
  /// Two points of one curve have the same quality, so rate is no function of quality.
  case repeatedQuality(Double)
  /// A rate is not positive, or a rate or quality not finite.
  case unusablePoint(rate: Double, quality: Double)
  /// The two curves have no quality in common.
  case noOverlap(reference: ClosedRange<Double>, test: ClosedRange<Double>)

  /// One line for a person.
  public var description: String {
    switch self {
    case .differentShapes(let a, let b): "images of different shapes cannot be compared: \(a), \(b)"
    case .tooFewPoints(let count): "a rate–distortion curve needs at least 2 points, not \(count)"
    case .repeatedQuality(let quality): "two points of one curve have the quality \(quality)"
    case .unusablePoint(let rate, let quality):
      "no point of a rate–distortion curve: rate \(rate), quality \(quality)"
    case .noOverlap(let reference, let test):
      "the curves have no quality in common: \(reference.lowerBound)…\(reference.upperBound)"
        + " and \(test.lowerBound)…\(test.upperBound)"
    }
  }
}

extension Metrics {
  package static func requireSameShape(_ a: Image, _ b: Image) throws(MetricsError) {
    func shape(_ image: Image) -> String { "\(image.width)×\(image.height) \(image.channels)" }
    guard a.width == b.width, a.height == b.height, a.channels == b.channels else {
      throw .differentShapes(shape(a), shape(b))
    }
  }
}
