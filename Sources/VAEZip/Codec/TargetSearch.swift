import VAEZipImage
import VAEZipInference
import VAEZipMetrics

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Finds the quality position at which a growing figure of the encoding crosses a target.
struct TargetSearch {
  /// An encoding at a position, and how far above the target it is: in units of `scale`.
  private struct Trial {
    let position: Int
    let excess: Double
    let value: Double
    let encoded: EncodedImage
  }

  private let encoder: ImageEncoder
  private let image: Image
  private let target: EncodingTarget
  private let last: Int
  private var encodings = 0
  /// Growth of the excess by position, as far as it is known.
  private var slope: Double

  /// Encodings at the fast effort, and at the asked one; the rest of the bracket is given up after that.
  private static let mostFastTrials = 4
  private static let mostTrials = 10
  /// A step within which the fast effort tells nothing more.
  private static let nearEnough = 6.0

  init(
    _ encoder: ImageEncoder, _ image: Image, _ target: EncodingTarget
  ) throws(TargetError) {
    guard target.isValid else { throw .invalid(target) }
    self.encoder = encoder
    self.image = image
    self.target = target
    last = encoder.model.lastQualityPosition
    // What photographs have, roughly: the size doubles in 0.85 levels; a level is 3 dB, or 12 points.
    slope =
      switch target {
      case .bytes, .bitsPerPixel: 0.8 / 256
      case .psnr: 3.0 / 256
      case .ssimulacra2: 10.0 / 256
      }
  }

  mutating func run() throws(TargetError) -> TargetedImage {
    var position = min(last, encoder.model.qualityPositions[75])
    if encoder.options.effort > 1 { position = try predict(from: position) }
    let (low, high) = try bracket(from: position)
    // The better of the two sides that keeps the target.
    let best: Trial?
    if target.limitsSize {
      best = low ?? (high.map { $0.excess <= 0 } == true ? high : nil)
    } else {
      best = high ?? (low.map { $0.excess >= 0 } == true ? low : nil)
    }
    guard let best else { throw .outOfReach(target, nearest: (low ?? high)?.value ?? .nan) }
    return TargetedImage(
      encoded: best.encoded, qualityPosition: best.position, value: best.value, encodings: encodings)
  }

  /// Finds about the right position at effort 1.
  private mutating func predict(from start: Int) throws(TargetError) -> Int {
    var position = start
    var previous: Trial?
    for _ in 0..<Self.mostFastTrials {
      let trial = try encode(at: position, effort: 1)
      learnSlope(previous, trial)
      previous = trial
      let step = -trial.excess / slope
      position = clamped(Double(trial.position) + step)
      guard abs(step) > Self.nearEnough, position != trial.position else { break }
    }
    return position
  }

  /// Encodes at the asked effort until two neighboring positions lie on both sides of the target.
  ///
  /// - Returns: the highest position that is known to be below the target or on it, and the lowest one above; for
  ///   a metric, below it, and above or on it. Nil where there is none.
  private mutating func bracket(from start: Int) throws(TargetError) -> (low: Trial?, high: Trial?) {
    var (low, high): (Trial?, Trial?) = (nil, nil)
    var position = start
    // How many trials in a row were on the same side: a curve with a jump is not followed by its slope.
    var run = 0
    for _ in 0..<Self.mostTrials {
      let trial = try encode(at: position, effort: encoder.options.effort)
      let isLow = target.limitsSize ? trial.excess <= 0 : trial.excess < 0
      learnSlope(isLow ? low ?? high : high ?? low, trial)
      if isLow { low = trial } else { high = trial }
      run = isLow ? max(run, 0) + 1 : min(run, 0) - 1
      let step = -trial.excess / slope
      // One further than predicted, so that the two sides are found soon.
      let guess = Double(trial.position) + step + (isLow ? 0.7 : -0.7)
      let lowest = low.map { $0.position + 1 } ?? 0
      let highest = high.map { $0.position - 1 } ?? last
      guard lowest <= highest else { break }
      position =
        abs(run) > 1 && low != nil && high != nil
        ? (lowest + highest) / 2 : min(max(clamped(guess), lowest), highest)
    }
    return (low, high)
  }

  private func clamped(_ position: Double) -> Int {
    Int(min(max(position.rounded(), 0), Double(last)))
  }

  /// Takes the slope between two trials, unless it is not one of a growing curve.
  private mutating func learnSlope(_ a: Trial?, _ b: Trial) {
    guard let a, a.position != b.position else { return }
    let found = (b.excess - a.excess) / Double(b.position - a.position)
    // Neighbors differ by noise too.
    guard found.isFinite, abs(a.position - b.position) > 3 else { return }
    slope = min(max(found, slope / 4), slope * 4)
  }

  /// Encodes the image, and compares the result with the target.
  private mutating func encode(at position: Int, effort: Int) throws(TargetError) -> Trial {
    encodings += 1
    var options = encoder.options
    options.qualityPosition = position
    options.effort = effort
    do throws(CodecError) {
      let encoder = try ImageEncoder(model: encoder.model, options: options)
      var decoded: [UInt8] = []
      var encoded: EncodedImage
      if case .ssimulacra2 = target {
        decoded.reserveCapacity(image.pixels.count)
        encoded = try CodecError.unwrap { () throws(StreamError<Never>) in
          try encoder.encode(from: ImageRows(image), measuresError: true) { decoded.append(contentsOf: $0) }
        }
      } else {
        encoded = try CodecError.unwrap { () throws(StreamError<Never>) in
          try encoder.encode(from: ImageRows(image), measuresError: !target.limitsSize || effort > 2)
        }
      }
      let value = target.value(of: encoded, image, decoded, threads: options.threads)
      return Trial(position: position, excess: target.excess(of: value), value: value, encoded: encoded)
    } catch {
      throw .codec(error)
    }
  }
}

extension EncodingTarget {
  /// Whether it is a positive number, or a score of at most 100.
  package var isValid: Bool {
    switch self {
    case .bytes(let count): count > 0
    case .bitsPerPixel(let value): value > 0 && value.isFinite
    case .psnr(let value): value > 0 && value.isFinite
    case .ssimulacra2(let value): value.isFinite && value <= 100
    }
  }

  /// The figure of an encoding.
  fileprivate func value(
    of encoded: EncodedImage, _ image: Image, _ decoded: [UInt8], threads: Int
  ) -> Double {
    switch self {
    case .bytes: return Double(encoded.bytes.count)
    case .bitsPerPixel:
      return 8 * Double(encoded.bytes.count) / (Double(image.width) * Double(image.height))
    case .psnr: return Metrics.psnr(meanSquaredError: encoded.meanSquaredError ?? .nan)
    case .ssimulacra2:
      let picture = Image(
        width: image.width, height: image.height, channels: image.channels, pixels: decoded)
      // Both have one shape.
      return (try? Metrics.ssimulacra2(image.visibleColor(elseOf: picture), picture, threads: threads))
        ?? .nan
    }
  }

  /// How far a figure is above the target, on a scale where it grows about evenly.
  fileprivate func excess(of value: Double) -> Double {
    switch self {
    case .bytes(let count): log(value / Double(count))
    case .bitsPerPixel(let limit): log(value / limit)
    case .psnr(let limit), .ssimulacra2(let limit): value - limit
    }
  }
}

extension Image {
  /// The color, and that of another picture where this one is fully transparent.
  fileprivate func visibleColor(elseOf other: Image) -> Image {
    var color = color
    guard let alpha else { return color }
    let (samples, bytes) = (Int(channels.rawValue), depth.bytes)
    for pixel in 0..<width * height where alpha[pixel * bytes..<(pixel + 1) * bytes].allSatisfy({ $0 == 0 }) {
      for sample in pixel * samples..<(pixel + 1) * samples { color.pixels[sample] = other.pixels[sample] }
    }
    return color
  }
}
