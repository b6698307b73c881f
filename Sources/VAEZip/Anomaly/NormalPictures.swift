import VAEZip
import VAEZipFeatures
import VAEZipModel

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What normal pictures are like: Gaussians over `LatentStatistics`, of positions and of whole pictures, and how far normal
/// ones lie from them.
///
/// ```swift
/// var fit = NormalPictureFit()
/// for bytes in files { try fit.add(reader.latents(of: bytes)) }
/// let normal = try fit.finished()
/// let score = try normal.score(reader.latents(of: other), falsePositiveRate: 0.01)
/// if score.isAnomalous { print(score.peak) }
/// ```
public struct NormalPictures: Sendable, Equatable, Codable {
  /// Name and version of the format, as JSON has it.
  public static let format = "vaezip anomaly 1"

  let format: String
  /// The model whose rates were looked at, by its id in hexadecimal digits.
  public let model: String
  /// The position between its quality levels, in 1/256 level.
  public let qualityPosition: Int
  /// The effort at which pictures were coded; nil for files, which do not say it.
  public let effort: Int?
  /// Pictures that were fitted.
  public let pictures: Int
  /// Names of the dimensions.
  let localNames, globalNames: [String]
  let local: Gaussian
  /// Nil if there were too few pictures.
  let global: Gaussian?
  let distances: Distances

  private enum CodingKeys: String, CodingKey {
    case format, model, effort, pictures, local, global, distances
    case qualityPosition = "quality_position"
    case localNames = "local_names"
    case globalNames = "global_names"
  }

  /// Quantiles of the distances of normal positions and pictures, from 0 to 1 in equal steps.
  struct Distances: Sendable, Equatable, Codable {
    /// Of positions.
    let local: [Double]
    /// Of the most distant position of each picture.
    let peak: [Double]
    /// Of whole pictures; empty if there is no Gaussian for them.
    let global: [Double]
  }

  /// Reads what `json()` wrote.
  ///
  /// - Throws: `FeatureError.malformed`.
  public init(json bytes: [UInt8]) throws(FeatureError) {
    do {
      self = try JSONDecoder().decode(NormalPictures.self, from: Data(bytes))
    } catch {
      throw .malformed(what: "normal pictures", reason: "not the JSON that `vaezip anomaly fit` writes")
    }
    let isRight =
      format == Self.format && localNames == LatentStatistics.localNames
      && globalNames == LatentStatistics.globalNames && local.dimensions == localNames.count
      && global?.dimensions ?? globalNames.count == globalNames.count
      && !distances.local.isEmpty && !distances.peak.isEmpty && distances.global.isEmpty == (global == nil)
    guard isRight else {
      throw .malformed(what: "normal pictures", reason: "expected the format \(Self.format)")
    }
  }

  init(
    model: String, qualityPosition: Int, effort: Int?, pictures: Int, local: Gaussian, global: Gaussian?,
    distances: Distances
  ) {
    format = Self.format
    (localNames, globalNames) = (LatentStatistics.localNames, LatentStatistics.globalNames)
    (self.model, self.qualityPosition, self.effort) = (model, qualityPosition, effort)
    (self.pictures, self.local, self.global, self.distances) = (pictures, local, global, distances)
  }

  /// The JSON of a file.
  public func json() throws(FeatureError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return [UInt8](try encoder.encode(self)) + [UInt8(ascii: "\n")]
    } catch {
      throw .malformed(what: "normal pictures", reason: "cannot be written as JSON")
    }
  }

  /// - Throws: `FeatureError.mismatch` if the latents are of another model or quality.
  func check(_ latents: PictureLatents) throws(FeatureError) {
    let found = ModelFile.name(ofID: latents.modelID)
    guard found == model else {
      throw .mismatch(what: "model", expected: "\(model), as the normal pictures have", found: found)
    }
    guard latents.qualityPosition == qualityPosition else {
      throw .mismatch(
        what: "quality position", expected: "\(qualityPosition), as the normal pictures have",
        found: "\(latents.qualityPosition)")
    }
  }
}

/// Collects normal pictures; see `NormalPictures`.
public struct NormalPictureFit: Sendable {
  private var first: (model: String, qualityPosition: Int)?
  private let effort: Int?
  private static let dimensions = LatentStatistics.localNames.count
  private var local = GaussianFit(dimensions: Self.dimensions)
  private var global = GaussianFit(dimensions: LatentStatistics.globalNames.count)
  /// Local statistics of all positions, by picture, and the global ones.
  private var positions: [[Float]] = []
  private var wholes: [[Double]] = []

  /// - Parameter effort: at which the pictures are coded; nil for files.
  public init(effort: Int? = nil) { self.effort = effort }

  /// Bytes of memory that the fit takes.
  public var byteCount: Int { positions.reduce(0) { $0 + 4 * $1.count } }

  /// Adds a picture.
  ///
  /// - Throws: `FeatureError.mismatch` if it has another model or quality than those before, or no coded position.
  public mutating func add(_ latents: PictureLatents) throws(FeatureError) {
    let found = (ModelFile.name(ofID: latents.modelID), latents.qualityPosition)
    let expected = first ?? found
    guard expected == found else {
      throw .mismatch(
        what: "model and quality position", expected: "\(expected.0) and \(expected.1), as before",
        found: "\(found.0) and \(found.1)")
    }
    let features = LatentStatistics(latents)
    guard let whole = features.global else {
      throw .noLatents
    }
    first = expected
    var vectors: [Float] = []
    for position in 0..<features.local.count where features.isCoded.values[position] {
      let vector = features.local.values[position * Self.dimensions..<(position + 1) * Self.dimensions]
      local.add(vector.map { Double($0) })
      vectors += vector
    }
    positions.append(vectors)
    global.add(whole)
    wholes.append(whole)
  }

  /// The Gaussians of all pictures.
  ///
  /// - Throws: `FeatureError.outOfRange` if there are too few positions.
  public func finished() throws(FeatureError) -> NormalPictures {
    let count = positions.reduce(0) { $0 + $1.count } / Self.dimensions
    guard let first, let local = local.gaussian else {
      throw .outOfRange(
        name: "positions of normal pictures (16 × 16 pixels each)",
        expected: "at least \(Self.dimensions + 2)",
        found: "\(count)")
    }
    let global = global.gaussian
    let distances = positions.map { vectors in
      stride(from: 0, to: vectors.count, by: Self.dimensions).map { start in
        local.distance(vectors[start..<start + Self.dimensions].map { Double($0) })
      }
    }
    return NormalPictures(
      model: first.model, qualityPosition: first.qualityPosition, effort: effort, pictures: positions.count,
      local: local, global: global,
      distances: NormalPictures.Distances(
        local: Self.quantiles(distances.flatMap(\.self)),
        peak: Self.quantiles(distances.compactMap { $0.max() }),
        global: Self.quantiles(global.map { global in wholes.map { global.distance($0) } } ?? [])))
  }

  /// At most 1,001 quantiles of some numbers.
  private static func quantiles(_ values: [Double]) -> [Double] {
    let sorted = values.sorted()
    guard sorted.count > 1001 else { return sorted }
    return (0...1000).map { sorted[$0 * (sorted.count - 1) / 1000] }
  }
}
