import Foundation
import VAEZip
import VAEZipImage
import VAEZipMetrics

/// The figures of one image at one quality, or their means over images: one row of
/// `vaezip evaluate`.
///
/// The keys of its JSON object are `columns`. A value that is no finite number (the PSNR of an
/// identical image) is null there and empty in CSV.
package struct Evaluation: Sendable, Equatable, Encodable {
  /// The image's file, or "mean".
  package var file: String
  /// 0…100.
  package var quality: Int
  /// Size of the whole file, bits per pixel.
  package var bpp: Double
  /// Over all samples of all channels of color, dB. Alpha has no distortion.
  package var psnr: Double
  /// 0…1.
  package var msssim: Double
  /// The symbols' information content under the model, −log₂ p in bits per pixel: the KL term.
  package var modelBPP: Double
  /// Excess of the file's size over the model's rate, in percent.
  package var overheadPercent: Double
  /// D + β · KL: the mean squared error (0…255), and `modelBPP` with β = 1/λ of the quality.
  package var objective: Double
  /// Pixels to bytes, seconds.
  package var encodeSeconds: Double
  /// Bytes to pixels, seconds.
  package var decodeSeconds: Double
  /// The parts of `overheadPercent`: symbols in zstd frames, symbols in the bit string,
  /// alpha (all of it), and the bytes outside of the streams.
  package var framesPercent: Double
  package var rawPercent: Double
  package var alphaPercent: Double
  package var containerPercent: Double
  /// Excess of the streams' size over an ideal range coder with the same tables, in percent.
  package var rangeCoderPercent: Double

  /// The names of the columns, of the JSON object's keys too.
  package static let columns = CodingKeys.allCases.map(\.rawValue)

  package enum CodingKeys: String, CodingKey, CaseIterable, Sendable {
    case file
    case quality
    case bpp
    case psnr
    case msssim
    case modelBPP = "model_bpp"
    case overheadPercent = "overhead_percent"
    case objective
    case encodeSeconds = "encode_seconds"
    case decodeSeconds = "decode_seconds"
    case framesPercent = "frames_percent"
    case rawPercent = "raw_percent"
    case alphaPercent = "alpha_percent"
    case containerPercent = "container_percent"
    case rangeCoderPercent = "range_coder_percent"
  }

  private static let figures: [(CodingKeys, WritableKeyPath<Evaluation, Double> & Sendable)] = [
    (.bpp, \.bpp), (.psnr, \.psnr), (.msssim, \.msssim), (.modelBPP, \.modelBPP),
    (.overheadPercent, \.overheadPercent), (.objective, \.objective),
    (.encodeSeconds, \.encodeSeconds), (.decodeSeconds, \.decodeSeconds),
    (.framesPercent, \.framesPercent), (.rawPercent, \.rawPercent),
    (.alphaPercent, \.alphaPercent), (.containerPercent, \.containerPercent),
    (.rangeCoderPercent, \.rangeCoderPercent),
  ]

  /// Codes an image and decodes it again, and compares the decoded color with the original.
  ///
  /// - Parameter file: the image's name in the report.
  /// - Throws: `EvaluationError`.
  package init(
    of image: Image, file: String, encoder: ImageEncoder, decoder: ImageDecoder
  ) throws(EvaluationError) {
    let clock = ContinuousClock()
    let encoded: EncodingTrial, decoded: Image, statistics: RateStatistics
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

    let distortion: Double
    do throws(MetricsError) {
      distortion = try Metrics.meanSquaredError(image, decoded)
      msssim = try Metrics.msssim(image, decoded)
    } catch {
      throw .metrics(error)
    }
    let pixels = Double(image.width) * Double(image.height)
    self.file = file
    quality = encoder.options.quality
    bpp = 8 * Double(encoded.bytes.count) / pixels
    psnr = Metrics.psnr(meanSquaredError: distortion)
    modelBPP = statistics.modelBits / pixels
    overheadPercent = (bpp / modelBPP - 1) * 100
    objective = distortion + modelBPP / encoder.model.lambda(at: encoder.qualityPosition)
    encodeSeconds = (middle - start) / .seconds(1)
    decodeSeconds = (end - middle) / .seconds(1)
    let streams = statistics.streams
    func percent(_ bits: Double) -> Double { 100 * bits / streams.modelBits }
    framesPercent = percent(Double(streams.framedBits) - streams.framedModelBits)
    rawPercent = percent(
      Double(8 * streams.bytes - streams.framedBits)
        - (streams.modelBits - streams.framedModelBits))
    alphaPercent = percent(Double(8 * statistics.alphaBytes))
    containerPercent = percent(Double(8 * statistics.containerBytes))
    rangeCoderPercent = 100 * (Double(streams.bytes) / Double(streams.rangeCoderBytes) - 1)
  }

  /// From known figures.
  package init(
    file: String, quality: Int, bpp: Double, psnr: Double, msssim: Double, modelBPP: Double,
    overheadPercent: Double, objective: Double, encodeSeconds: Double, decodeSeconds: Double,
    framesPercent: Double, rawPercent: Double, alphaPercent: Double, containerPercent: Double,
    rangeCoderPercent: Double
  ) {
    self.file = file
    self.quality = quality
    self.bpp = bpp
    self.psnr = psnr
    self.msssim = msssim
    self.modelBPP = modelBPP
    self.overheadPercent = overheadPercent
    self.objective = objective
    self.encodeSeconds = encodeSeconds
    self.decodeSeconds = decodeSeconds
    self.framesPercent = framesPercent
    self.rawPercent = rawPercent
    self.alphaPercent = alphaPercent
    self.containerPercent = containerPercent
    self.rangeCoderPercent = rangeCoderPercent
  }

  /// For each quality, in the order of its first appearance, the arithmetic means of all columns.
  package static func means(of results: [Evaluation]) -> [Evaluation] {
    var groups: [[Evaluation]] = []
    var places: [Int: Int] = [:]
    for result in results {
      if let place = places[result.quality] {
        groups[place].append(result)
      } else {
        places[result.quality] = groups.count
        groups.append([result])
      }
    }
    return groups.map { group in
      var mean = group[0]
      mean.file = "mean"
      for (_, path) in figures {
        mean[keyPath: path] = group.reduce(0) { $0 + $1[keyPath: path] } / Double(group.count)
      }
      return mean
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(file, forKey: .file)
    try container.encode(quality, forKey: .quality)
    for (key, path) in Self.figures {
      let value = self[keyPath: path]
      try container.encode(value.isFinite ? value : nil, forKey: key)
    }
  }

  /// A table in CSV (RFC 4180, with plain line feeds), its first line the names of the columns.
  package static func csv(_ rows: [Evaluation]) -> String {
    let lines = rows.map { row in
      let figures = figures.map { _, path in
        row[keyPath: path].isFinite ? "\(row[keyPath: path])" : ""
      }
      return ([quoted(row.file), "\(row.quality)"] + figures).joined(separator: ",")
    }
    return ([columns.joined(separator: ",")] + lines).map { $0 + "\n" }.joined()
  }

  private static func quoted(_ path: String) -> String {
    let text = notFormula(path)
    guard text.utf8.contains(where: { $0 < 32 || $0 == 0x22 || $0 == 0x2c }) else { return text }
    return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }

  /// The path, written so that no spreadsheet takes it for a formula: `./=x.png` is the same file as
  /// `=x.png`.
  private static func notFormula(_ path: String) -> String {
    guard let first = path.unicodeScalars.first, "=+-@\t\r＝＋－＠".unicodeScalars.contains(first)
    else { return path }
    return "./" + path
  }

  /// One JSON object: `results`, a row an image and quality, `means`, a row a quality, and, where
  /// there is something, `against`, comparisons with other codecs.
  package static func json(
    _ results: [Evaluation], against: [some Encodable] = [Evaluation]()
  ) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let report = Report(
      results: results, means: means(of: results), against: against.isEmpty ? nil : against)
    return String(decoding: try encoder.encode(report), as: UTF8.self) + "\n"
  }
}

/// The JSON object of `Evaluation.json`.
private struct Report<Comparison: Encodable>: Encodable {
  let results: [Evaluation]
  let means: [Evaluation]
  let against: [Comparison]?
}

/// Why an image could not be evaluated.
package enum EvaluationError: Error, Equatable, CustomStringConvertible {
  case codec(CodecError)
  case metrics(MetricsError)
  /// The decoded pixels differ from the encoder's: a bug of this program.
  case differentPixels

  package var description: String {
    switch self {
    case .codec(let error): error.description
    case .metrics(let error): error.description
    case .differentPixels: "internal fault: the decoded pixels differ from the encoder's"
    }
  }
}
