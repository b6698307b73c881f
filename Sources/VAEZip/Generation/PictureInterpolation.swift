import VAEZip
import VAEZipContainer
import VAEZipFeatures
import VAEZipInference
import VAEZipLatents
import VAEZipModel
import VAEZipSupport

/// Frames between two pictures, in the latent space: latents and hyper-latents of both are mixed, then quantized again.
///
/// A frame is a .vz file, so its picture is the same on every machine. The first and the last one have the symbols
/// of the two pictures.
///
/// ```swift
/// let reader = LatentReader()
/// let interpolation = try PictureInterpolation(
///   from: reader.latents(of: first), to: reader.latents(of: second), model: Model.builtIn())
/// for step in 0..<9 { frames.append(try interpolation.frame(step, of: 9)) }
/// ```
public struct PictureInterpolation: Sendable {
  /// The way through the latent space.
  public enum Path: String, Sendable, CaseIterable {
    /// The straight line.
    case linear
    /// The arc between the two vectors of all latents, and that between the vectors of all hyper-latents (Shoemake
    /// 1985; White 2016, arXiv 1609.04468). Lengths change steadily, so frames in the middle keep their detail.
    case spherical
  }

  private let first, last: PictureLatents
  private let path: Path
  private let model: Model
  private let threads: Int
  private let limits: VZFile.Limits

  /// - Parameters:
  ///   - first: latents of the first picture, of this model.
  ///   - last: latents of the last picture: of the same size, model and quality.
  ///   - path: the way between them.
  ///   - threads: 0 takes all cores; the result does not depend on it.
  ///   - limits: what a frame may ask for.
  /// - Throws: `FeatureError.mismatch` if the pictures do not fit together or have exact pixels.
  public init(
    from first: PictureLatents, to last: PictureLatents, model: Model, path: Path = .linear,
    threads: Int = 0, limits: VZFile.Limits = .default
  ) throws(FeatureError) {
    func check(_ what: String, _ a: String, _ b: String) throws(FeatureError) {
      guard a == b else { throw .mismatch(what: what, expected: "\(a), as the first picture has", found: b) }
    }
    try check("size", "\(first.width) × \(first.height)", "\(last.width) × \(last.height)")
    try check("model", ModelFile.name(ofID: first.modelID), ModelFile.name(ofID: last.modelID))
    try check("quality position", "\(first.qualityPosition)", "\(last.qualityPosition)")
    guard first.modelID == model.id else {
      throw .mismatch(
        what: "model", expected: ModelFile.name(ofID: model.id), found: ModelFile.name(ofID: first.modelID))
    }
    guard first.hasLatentsEverywhere, last.hasLatentsEverywhere else {
      throw .mismatch(what: "pixels", expected: "none that are exact", found: "some")
    }
    (self.first, self.last, self.path) = (first, last, path)
    (self.model, self.threads, self.limits) = (model, threads, limits)
  }

  /// A frame.
  ///
  /// - Parameters:
  ///   - step: 0 ..< `count`; 0 is the first picture.
  ///   - count: number of frames, at least 2.
  /// - Throws: `FeatureError`: a number is out of range, or memory is short.
  public func frame(_ step: Int, of count: Int) throws(FeatureError) -> GeneratedFile {
    guard count >= 2, 0..<count ~= step else {
      throw .outOfRange(name: "step", expected: "0…\(max(count - 1, 1)) of at least 2", found: "\(step)")
    }
    let header = try FeatureError.wrap { () throws(CodecError) in
      try CodecError.wrap { () throws(VZError) in
        try VZHeader(
          width: first.width, height: first.height, format: .rgb, modelID: model.id,
          qualityPosition: UInt16(first.qualityPosition),
          tileSizeLog2: EncoderOptions().tileSize(width: first.width, height: first.height)
            .trailingZeroBitCount)
      }
    }
    let writer = try SymbolFileWriter(model, header, threads: threads, limits: limits)
    let latent = FeatureMap(mixed(first.best, last.best, step, count))
    let hyper = mixed(first.hyper, last.hyper, step, count)
    let file = try writer.write(
      source: { tile in
        TileCoder.Source(
          latent: View(latent).at(tile.x, tile.y),
          hyper: FeatureMap(
            hyper, x: tile.x / 4, y: tile.y / 4, width: (tile.width + 3) / 4, height: (tile.height + 3) / 4))
      },
      symbols: { _, _, _, symbols in symbols })
    withExtendedLifetime(latent) {}
    return file
  }

  private func mixed(
    _ a: LatentMap<Int16>, _ b: LatentMap<Int16>, _ step: Int, _ count: Int
  ) -> LatentMap<Int16> {
    let weights =
      path == .linear
      ? MixtureWeights(linear: step, of: count)
      : MixtureWeights(spherical: step, of: count, a.values, b.values)
    return LatentMap(
      width: a.width, height: a.height, channels: a.channels,
      values: zip(a.values, b.values).map { weights.mix($0, $1) })
  }
}

extension PictureLatents {
  /// The latents before quantization where they are known.
  fileprivate var best: LatentMap<Int16> { unquantized ?? quantized }
}

extension FeatureMap {
  /// A part of a map.
  fileprivate convenience init(
    _ map: LatentMap<Int16>, x: Int = 0, y: Int = 0, width: Int? = nil, height: Int? = nil
  ) {
    let (width, height) = (width ?? map.width, height ?? map.height)
    self.init(width: width, height: height, channels: map.channels)
    for row in 0..<height {
      for column in 0..<width {
        for (channel, value) in map.vector(x + column, y + row).enumerated() {
          pixel(column, row)[channel] = value
        }
      }
    }
  }
}
