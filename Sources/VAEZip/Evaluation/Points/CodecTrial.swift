import VAEZip
import VAEZipMetrics

/// A picture that vaezip has coded and decoded again, and what that cost.
package struct CodecTrial: Sendable {
  /// The .vz file.
  package let bytes: [UInt8]
  package let decoded: Image
  /// All figures that need no metric.
  package private(set) var figures: [Figure: Double]

  /// Codes an image, decodes it, and proves that the decoder's pixels are the encoder's.
  ///
  /// - Throws: `EvaluationError`.
  package init(
    of image: Image, encoder: ImageEncoder, decoder: ImageDecoder
  ) throws(EvaluationError) {
    let encoded: EncodingTrial, time: Duration
    do throws(CodecError) {
      var options = encoder.options
      // All pixels are compared.
      options.keepsInvisibleColor = true
      let plain = try ImageEncoder(model: encoder.model, options: options)
      let start = ContinuousClock.now
      encoded = try plain.encodeTrial(image, measuresRate: false)
      time = ContinuousClock.now - start
    } catch {
      throw .codec(error)
    }
    try self.init(of: image, file: encoded.bytes, encoder: encoder, decoder: decoder)
    guard decoded == encoded.reconstruction else { throw .differentPixels }
    figures[.codecEncodeSeconds] = time / .seconds(1)
  }

  /// Decodes the file of an image, which keeps its invisible color.
  ///
  /// - Parameter encoder: what made the file, or one of the same model and options.
  /// - Throws: `EvaluationError`.
  package init(
    of image: Image, file bytes: [UInt8], encoder: ImageEncoder, decoder: ImageDecoder
  ) throws(EvaluationError) {
    let statistics: RateStatistics, time: Duration
    do throws(CodecError) {
      let start = ContinuousClock.now
      decoded = try decoder.decode(bytes)
      time = ContinuousClock.now - start
      statistics = try decoder.rateStatistics(bytes)
    } catch {
      throw .codec(error)
    }
    self.bytes = bytes

    let pixels = Double(image.width) * Double(image.height)
    figures = [
      .bytes: Double(bytes.count), .bpp: 8 * Double(bytes.count) / pixels,
      .codecDecodeSeconds: time / .seconds(1),
    ]
    if !encoder.options.isLossless {
      let objective = try Self.objective(statistics, image, decoded, encoder)
      figures.merge(objective.figures.merging(Self.overheads(statistics)) { $1 }) { $1 }
    }
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

  /// What the file costs beside the model's rate, in percent of that; nothing if all pixels are exact.
  private static func overheads(_ statistics: RateStatistics) -> [Figure: Double] {
    let streams = statistics.streams
    guard streams.modelBits > 0 else { return [:] }
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
