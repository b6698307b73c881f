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

  init(name: String, bytes: [UInt8], model: ModelFile, verbose: Bool) {
    file = name
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
      "\(Report.line(file)): vaezip model \(Report.line(network.name))",
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
      lines.append(String(format: "  %2d fraction bits  ", bits) + name)
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
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }

  /// Text from a file, or a file's name, as part of one line: without control characters.
  static func line(_ text: String) -> String { Messages.printable(text) }
}
