import Foundation
import VAEZip

/// The report of `vaezip info` on a model file. The names of the properties are those of the JSON
/// object, in snake case.
struct ModelReport: Encodable {
  struct Tensor: Encodable {
    let name: String
    let type: String
    let shape: [Int]
  }

  let kind = "model"
  let file: String
  /// The path, for people.
  private let name: String
  let bytes: Int
  let modelId: String
  /// Numbers that were trained.
  let parameters: Int
  let description: NetworkDescription
  /// Whether the model has learned standard deviations, the textbook's Gaussian posterior.
  let gaussianPosterior: Bool
  /// Level position of each quality 0 … 100, in levels.
  let qualityLevels: [Double]
  /// Only if asked for.
  let calibration: [String: Int]?
  let tensors: [Tensor]?

  private enum CodingKeys: String, CodingKey {
    case kind, file, bytes, modelId, parameters, description, gaussianPosterior, qualityLevels
    case calibration, tensors
  }

  init(name: String, bytes: [UInt8], model: ModelFile, verbose: Bool) {
    file = PathText.repaired(name)
    self.name = name
    self.bytes = bytes.count
    modelId = ModelFile.name(ofID: ModelFile.id(of: bytes))
    description = model.network
    gaussianPosterior = model.hasPosteriorHead
    let specifications = description.parameters(posteriorHead: model.hasPosteriorHead)
    parameters = specifications.reduce(0) { $0 + $1.count }
    qualityLevels = model.qualityPositions.map { Double($0) / 256 }
    calibration = verbose ? model.calibration : nil
    tensors =
      verbose
      ? model.tensors.sorted { $0.key < $1.key }.map { name, tensor in
        Tensor(name: name, type: tensor.dtype.rawValue, shape: tensor.shape)
      } : nil
  }

  func json() throws -> String { try Report.json(self) }

  func text() -> String {
    let network = description
    var lines = [
      "\(Report.line(name)): vaezip model \(Report.line(network.name))",
      "  id          \(modelId)",
      "  file        \(bytes) bytes",
      "  parameters  \(parameters)",
      "  widths      transform \(network.transformWidth), latent \(network.latentWidth), "
        + "hyper \(network.hyperWidth), prior \(network.priorWidth), context \(network.contextWidth)",
      "  blocks      analysis \(network.analysisBlocks), hyper-analysis "
        + "\(network.hyperAnalysisBlocks), prior \(network.priorBlocks), context "
        + "\(network.contextBlocks), synthesis \(network.synthesisBlocks)",
      "  posterior   \(gaussianPosterior ? "gaussian" : "uniform")",
      "  levels      \(network.levels), λ = "
        + network.lambdas.map { String(format: "%.4g", $0) }.joined(separator: ", "),
    ]
    for (name, bits) in (calibration ?? [:]).sorted(by: { $0.key < $1.key }) {
      lines.append("  \(Report.column(bits, 2)) fraction bits  \(Report.line(name))")
    }
    for tensor in tensors ?? [] {
      let shape = tensor.shape.map(String.init).joined(separator: " × ")
      lines.append("  \(tensor.type)  \(Report.line(tensor.name))  \(shape)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// Helpers of all reports.
enum Report {
  /// A value as a JSON object, its keys in snake case and sorted.
  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return visible(String(decoding: try encoder.encode(value), as: UTF8.self)) + "\n"
  }

  /// JSON whose strings have no control characters and none that are invisible or change the
  /// direction of text: they are written as `\u202e`, which means the same.
  static func visible(_ json: String) -> String {
    var result = ""
    for scalar in json.unicodeScalars {
      let category = scalar.properties.generalCategory
      if scalar != "\n", category == .control || category == .format {
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A number in a column, at the right.
  static func column(_ number: Int, _ width: Int) -> String { column("\(number)", width) }

  /// Text in a column, at the right.
  static func column(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  /// Text from a file, or a file's name, as part of one line.
  static func line(_ text: String) -> String { Messages.printable(text) }
}
