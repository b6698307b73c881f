import VAEZipSupport

/// The reason why a model file or a network cannot be used.
public enum ModelError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file is shorter than its header says.
  case truncated(expected: Int, found: Int)
  /// The file, or a part of it, is larger than the format allows.
  case tooLarge(what: String, bytes: Int, limit: Int)
  /// The safetensors header is not what the format asks for.
  case malformedHeader(String)
  /// The version of the format is unknown.
  case unsupportedVersion(Int)
  /// A width, a depth or the list of quality levels is outside of what the format allows.
  case invalidDescription(String)
  /// A fixed-point position is missing, unknown or out of range.
  case invalidCalibration(String)
  /// `qualityPositions` are not 101 increasing positions.
  case invalidQualityPositions(String)
  /// A tensor that the description asks for is not there.
  case missingTensor(String)
  /// A tensor that the description does not know is there.
  case unexpectedTensor(String)
  /// A tensor has a wrong shape, type or place in the file.
  case invalidTensor(name: String, reason: String)
  /// A weight is infinite or not a number.
  case notFinite(tensor: String, index: Int)
  /// A layer cannot be expressed in the integers of Formats/MODEL.md.
  case notRepresentable(layer: String, reason: String)
  /// The program was built without a model.
  case noBuiltInModel
  /// A .vz file names a model that is not available.
  case unknownModel(id: UInt64)
  /// A model file has the id of a published model, but not its content.
  case forgedID(id: UInt64, sha256: String)

  /// The instruction set that the environment asks for cannot be used.
  case kernels(KernelError)

  /// One line, whatever the names in a file are.
  public var description: String {
    text.prefix(300).unicodeScalars.reduce(into: "") { line, scalar in
      let isPrintable =
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .format: false
        default: true
        }
      line += isPrintable ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
    }
  }

  private var text: String {
    switch self {
    case .truncated(let expected, let found):
      "model file is truncated: expected \(expected) bytes, found \(found)"
    case .tooLarge(let what, let bytes, let limit):
      "model file: \(what) takes \(bytes) bytes, the limit is \(limit)"
    case .malformedHeader(let reason): "model file: malformed header at offset 8: \(reason)"
    case .unsupportedVersion(let version): "model file: unknown format version \(version)"
    case .invalidDescription(let reason): "model file: invalid description: \(reason)"
    case .invalidCalibration(let reason): "model file: invalid calibration: \(reason)"
    case .invalidQualityPositions(let reason): "model file: invalid quality positions: \(reason)"
    case .missingTensor(let name): "model file: tensor \(name) is missing"
    case .unexpectedTensor(let name): "model file: unexpected tensor \(name)"
    case .invalidTensor(let name, let reason): "model file: tensor \(name): \(reason)"
    case .notFinite(let tensor, let index):
      "model file: tensor \(tensor): element \(index) is not a finite number"
    case .notRepresentable(let layer, let reason):
      "model: \(layer) does not fit the integer format: \(reason)"
    case .noBuiltInModel: "this build has no built-in model; name a model file"
    case .kernels(let error): error.description
    case .unknownModel(let id): "unknown model \(ModelFile.name(ofID: id))"
    case .forgedID(let id, let sha256):
      "model file: forged: it has the id \(ModelFile.name(ofID: id)) of a published model, "
        + "but another SHA-256: \(sha256)"
    }
  }
}
