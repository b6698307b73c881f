import CXXHash
import VAEZipEntropy

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A model as a file: what `Formats/MODEL.md` specifies, a safetensors file whose `__metadata__`
/// holds the network's description and calibration.
package struct ModelFile: Sendable, Equatable {
  package var network: NetworkDescription
  /// Fraction bits of each activation in `network.calibratedActivations`, 0…15.
  package var calibration: [String: Int]
  /// By name: those of `network.parameters()`, F16 or F32; optionally those of the second head
  /// (`analysis.deviation`), of the preview table, and integer tensors whose names begin with `entropy.`.
  package var tensors: [String: WeightTensor]
  /// The quality position of each quality 0…100, in 1/256 level; strictly increasing.
  package var qualityPositions: [Int]

  /// Limits of the format.
  package enum Limits {
    /// Bytes of a file.
    package static let fileSize = 1 << 30
    /// Bytes of its header.
    package static let headerSize = 4 << 20
    /// Channels.
    package static let width = 1024
    /// Blocks of a part of the network.
    package static let blocks = 64
    /// Quality levels.
    package static let levels = 64
    /// Elements of an `entropy.` tensor.
    package static let entropyElements = 1 << 20
    /// Number of qualities.
    package static let qualities = 101
  }

  /// The versions of the format that this program reads.
  package static let formatVersions = 1...3

  /// The version of the format that has all of this model.
  package var formatVersion: Int {
    if tensors[PreviewTable.weightName] != nil { return 3 }
    return network.passMask == .checkerboard ? 1 : 2
  }

  /// What the key "vaezip" of `__metadata__` holds, as JSON.
  private struct Metadata: Codable {
    var format: Int
    var description: NetworkDescription
    var calibration: [String: Int]
    var qualityPositions: [Int]
  }

  /// Puts a model together.
  ///
  /// - Parameters:
  ///   - tensors: values in the order of the specification's shapes, the last dimension innermost.
  ///   - extraTensors: integer tables of the entropy coder; those of a Gaussian are added if there
  ///     are none.
  ///   - qualityPositions: nil takes `standardQualityPositions`.
  /// - Throws: `ModelError` if something is missing, too much, of the wrong size or not finite.
  package init(
    network: NetworkDescription, calibration: [String: Int], tensors: [String: [Float]],
    extraTensors: [String: WeightTensor] = [:], qualityPositions: [Int]? = nil,
    dtype: WeightTensor.DType = .f16
  ) throws(ModelError) {
    try Self.validate(network)
    let posterior = tensors["analysis.deviation.weight"] != nil
    var packed = extraTensors
    for spec in network.parameters(posteriorHead: posterior) {
      guard let values = tensors[spec.name] else { throw .missingTensor(spec.name) }
      guard values.count == spec.count else {
        throw .invalidTensor(
          name: spec.name, reason: "\(values.count) elements, expected \(spec.count)")
      }
      packed[spec.name] =
        dtype == .f16
        ? WeightTensor(float16: values, shape: spec.shape)
        : WeightTensor(float32: values, shape: spec.shape)
    }
    if packed[ScaleTables.tensorName] == nil {
      packed[ScaleTables.tensorName] = WeightTensor(
        int32: ScaleTables.gaussian().tensor, shape: ScaleTables.tensorShape)
    }
    for name in tensors.keys.sorted() where packed[name] == nil { throw .unexpectedTensor(name) }
    self.network = network
    self.calibration = calibration
    self.tensors = packed
    self.qualityPositions =
      qualityPositions ?? Self.standardQualityPositions(levels: network.levels)
    try validate()
  }

  /// The standard quality positions of so many levels, in 1/256 level. They lie on a parabola, steeper
  /// towards 100, so that quality 75 stays well below the highest rates.
  package static func standardQualityPositions(levels: Int) -> [Int] {
    (0..<Limits.qualities).map { quality in
      (levels - 1) * 256 * quality * (150 + quality) / (100 * 250)
    }
  }

  /// Reads a model file.
  ///
  /// - Throws: `ModelError`; nothing is allocated before its size is checked.
  package init(parsing bytes: [UInt8]) throws(ModelError) {
    try self.init(parsing: ModelBytes(bytes), isKnown: false)
  }

  /// - Parameter isKnown: whether all numbers are known to be finite.
  /// - Throws: as `init(parsing:)`.
  package init(parsing bytes: ModelBytes, isKnown: Bool) throws(ModelError) {
    guard bytes.count <= Limits.fileSize else {
      throw .tooLarge(what: "the file", bytes: bytes.count, limit: Limits.fileSize)
    }
    let file = try SafetensorsFile(parsing: bytes)
    guard let text = file.metadata["vaezip"] else {
      throw .malformedHeader("no \"vaezip\" in __metadata__: not a model of this program")
    }
    guard let version = try? JSONDecoder().decode(FormatVersion.self, from: Data(text.utf8)) else {
      throw .malformedHeader("the metadata name no format version")
    }
    guard Self.formatVersions ~= version.format else { throw .unsupportedVersion(version.format) }
    let metadata: Metadata
    do {
      metadata = try JSONDecoder().decode(Metadata.self, from: Data(text.utf8))
    } catch {
      throw .malformedHeader("the metadata lack the description, calibration or quality positions")
    }
    network = metadata.description
    calibration = metadata.calibration
    qualityPositions = metadata.qualityPositions
    tensors = file.tensors
    guard version.format >= formatVersion else {
      let what = formatVersion == 3 ? "preview tables" : "masks"
      throw .invalidDescription("\(what) are no part of format \(version.format)")
    }
    try validate(isKnown: isKnown)
  }

  private struct FormatVersion: Codable { var format: Int }

  /// The bytes of the file: the same for the same model, always.
  package func serialized() -> [UInt8] {
    let metadata = Metadata(
      format: formatVersion, description: network, calibration: calibration,
      qualityPositions: qualityPositions)
    let known =
      network.parameters(posteriorHead: hasPosteriorHead).map(\.name)
      + [PreviewTable.weightName, PreviewTable.biasName]
    return SafetensorsFile(metadata: ["vaezip": Self.json(metadata)], tensors: tensors)
      .serialized(first: known)
  }

  /// Whether the encoder's second head, the log standard deviation of the posterior, is there.
  package var hasPosteriorHead: Bool { tensors["analysis.deviation.weight"] != nil }

  /// The identity of a model: XXH64 (seed 0) of its file.
  package static func id(of bytes: [UInt8]) -> UInt64 {
    id(of: ModelBytes(bytes))
  }

  package static func id(of bytes: ModelBytes) -> UInt64 {
    bytes.withUnsafeBytes { XXH64($0.baseAddress, $0.count, 0) }
  }

  /// How an identity is shown: 16 hexadecimal digits.
  package static func name(ofID id: UInt64) -> String {
    let digits = String(id, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private static func json(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Strings, integers and finite numbers (the description is validated) always encode.
    let data = (try? encoder.encode(value)) ?? Data()
    return String(decoding: data, as: UTF8.self)
  }
}
