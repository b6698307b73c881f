import VAEZip
import VAEZipMetrics

/// A picture that vaezip has coded and decoded again, and what that cost.
package struct CodecTrial: Sendable {
  /// The .vz file.
  package let bytes: [UInt8]
  package let decoded: Image
  /// All figures that need no metric.
  package let figures: [Figure: Double]

  /// Codes an image, decodes it, and proves that the decoder's pixels are the encoder's.
  ///
  /// - Throws: `EvaluationError`.
  package init(
    of image: Image, encoder: ImageEncoder, decoder: ImageDecoder
  ) throws(EvaluationError) {
    let clock = ContinuousClock()
    let encoded: EncodingTrial, statistics: RateStatistics
    let start: ContinuousClock.Instant, middle: ContinuousClock.Instant
    let end: ContinuousClock.Instant
    do throws(CodecError) {
      var options = encoder.options
      // All pixels are compared.
      options.keepsInvisibleColor = true
      let plain = try ImageEncoder(model: encoder.model, options: options)
      start = clock.now
      encoded = try plain.encodeTrial(image, measuresRate: false)
      middle = clock.now
      decoded = try decoder.decode(encoded.bytes)
      end = clock.now
      statistics = try decoder.rateStatistics(encoded.bytes)
    } catch {
      throw .codec(error)
    }
    guard decoded == encoded.reconstruction else { throw .differentPixels }
    bytes = encoded.bytes

    let pixels = Double(image.width) * Double(image.height)
    var figures: [Figure: Double] = [
      .bytes: Double(bytes.count), .bpp: 8 * Double(bytes.count) / pixels,
      .codecEncodeSeconds: (middle - start) / .seconds(1),
      .codecDecodeSeconds: (end - middle) / .seconds(1),
    ]
    if !encoder.options.isLossless {
      let objective = try Self.objective(statistics, image, decoded, encoder)
      figures.merge(objective.figures.merging(Self.overheads(statistics)) { $1 }) { $1 }
    }
    self.figures = figures
  }

  private static func objective(
    _ statistics: RateStatistics, _ image: Image, _ decoded: Image, _ encoder: ImageEncoder
  ) throws(EvaluationError) -> Objective {
    let distortion: Double
    do throws(MetricsError) {
      distortion = try Metrics.meanSquaredError(image, decoded)
    } catch {
      throw .metrics(error)
    }
    let rates = statistics.rates
    return Objective(
      hyperBits: rates.hyper.modelBits, latentBits: rates.pass1.modelBits + rates.pass2.modelBits,
      distortion: distortion, beta: 1 / encoder.model.lambda(at: encoder.qualityPosition),
      pixels: Double(image.width) * Double(image.height),
      channels: Double(image.channels.rawValue))
  }

  /// What the file costs beside the model's rate, in percent of that.
  private static func overheads(_ statistics: RateStatistics) -> [Figure: Double] {
    let streams = statistics.streams
    func percent(_ bits: Double) -> Double { 100 * bits / streams.modelBits }
    let raw =
      Double(8 * streams.bytes - streams.framedBits) - (streams.modelBits - streams.framedModelBits)
    return [
      .overheadPercent: percent(Double(8 * statistics.fileBytes)) - 100,
      .framesPercent: percent(Double(streams.framedBits) - streams.framedModelBits),
      .rawPercent: percent(raw),
      .alphaPercent: percent(Double(8 * statistics.alphaBytes)),
      .containerPercent: percent(Double(8 * statistics.containerBytes)),
      .rangeCoderPercent: 100 * (Double(streams.bytes) / Double(streams.rangeCoderBytes) - 1),
    ]
  }
}

/// Why an image could not be evaluated.
package enum EvaluationError: Error, Equatable, CustomStringConvertible {
  case codec(CodecError)
  case metrics(MetricsError)
  /// The decoded pixels differ from the encoder's: a bug of this program.
  case differentPixels
  /// A file of published curves has no such line, or a wrong one.
  case curves(String)

  package var description: String {
    switch self {
    case .codec(let error): error.description
    case .metrics(let error): error.description
    case .differentPixels: "internal fault: the decoded pixels differ from the encoder's"
    case .curves(let reason): reason
    }
  }
}
