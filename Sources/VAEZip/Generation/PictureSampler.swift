import VAEZip
import VAEZipContainer
import VAEZipEntropy
import VAEZipFeatures
import VAEZipLatents
import VAEZipSupport

/// Draws pictures from a model: hyper-latents from their prior, then latents from their conditional distributions,
/// pass by pass, each given what was drawn before (ancestral sampling).
///
/// A sample is a .vz file, whose symbols are random: what a decoder makes of random bits. So its picture is the same
/// on every machine, and its size is what the model says of it. All arithmetic is on integers.
///
/// ```swift
/// let sampler = PictureSampler(model: try Model.builtIn())
/// let file = try sampler.sample(width: 256, height: 256, quality: 50, seed: 7, index: 0)
/// let image = try ImageDecoder().decode(file.bytes)
/// ```
public struct PictureSampler: Sendable {
  /// The model that pictures are drawn from.
  public let model: Model
  /// Factor of the latents' standard deviations, 0…4 with 8 fraction bits: below 1, pictures are more usual and less
  /// varied.
  public let temperature: Double
  /// The same of the hyper-latents, which decide what a small picture shows.
  public let hyperTemperature: Double
  /// Threads to use; 0 takes all cores. The result does not depend on it.
  public let threads: Int
  /// What a sample may ask for.
  public let limits: VZFile.Limits
  private let latents, hyperLatents: SymbolDistribution

  /// What temperatures may be.
  public static let temperatures: ClosedRange<Double> = 0...4

  /// A sampler; see the properties of the same names.
  ///
  /// - Parameter hyperTemperature: nil takes `temperature`.
  /// - Throws: `FeatureError.outOfRange` for a temperature.
  public init(
    model: Model, temperature: Double = 1, hyperTemperature: Double? = nil, threads: Int = 0,
    limits: VZFile.Limits = .default
  ) throws(FeatureError) {
    let hyperTemperature = hyperTemperature ?? temperature
    for (name, value) in [("temperature", temperature), ("hyper-temperature", hyperTemperature)] {
      guard Self.temperatures ~= value else {
        throw .outOfRange(name: name, expected: "0…4", found: "\(value)")
      }
    }
    self.model = model
    self.temperature = temperature
    self.hyperTemperature = hyperTemperature
    self.threads = threads
    self.limits = limits
    latents = SymbolDistribution(model.tables, temperature: temperature)
    hyperLatents = SymbolDistribution(model.tables, temperature: hyperTemperature)
  }

  /// Draws a picture.
  ///
  /// - Parameters:
  ///   - width: in pixels.
  ///   - height: in pixels.
  ///   - quality: 0…100: the quality whose latents are drawn.
  ///   - seed: any number; the same one gives the same pictures.
  ///   - index: number of the picture among those of the seed.
  /// - Throws: `FeatureError`: a number is out of range, or memory is short.
  public func sample(
    width: Int, height: Int, quality: Int, seed: UInt64, index: Int
  ) throws(FeatureError) -> GeneratedFile {
    guard 0...100 ~= quality else {
      throw .outOfRange(name: "quality", expected: "0…100", found: "\(quality)")
    }
    let header = try FeatureError.wrap { () throws(CodecError) in
      try CodecError.wrap { () throws(VZError) in
        try VZHeader(
          width: width, height: height, format: .rgb, modelID: model.id,
          qualityPosition: UInt16(model.qualityPositions[quality]),
          tileSizeLog2: EncoderOptions().tileSize(width: width, height: height).trailingZeroBitCount)
      }
    }
    return try draw(header, seed: seed, index: index) { _, _ in nil }
  }

  /// Draws a picture with the hyper-latents of a file: a variation with the same coarse statistics.
  ///
  /// - Parameters:
  ///   - bytes: a .vz file of this sampler's model.
  ///   - seed: any number.
  ///   - index: number of the picture among those of the seed.
  /// - Throws: `FeatureError`: the file is damaged, has another model, or has tiles without latents.
  public func sample(
    from bytes: [UInt8], seed: UInt64, index: Int
  ) throws(FeatureError) -> GeneratedFile {
    let latents = try LatentReader(models: ModelLibrary([model]), threads: threads, limits: limits)
      .latents(of: bytes)
    guard latents.modelID == model.id, latents.hasLatentsEverywhere else {
      throw .mismatch(
        what: "the file", expected: "the sampler's model, and no exact pixels", found: "others")
    }
    let header = try FeatureError.wrap { () throws(CodecError) in
      try CodecError.wrap { () throws(VZError) in
        let header = try VZFile(parsing: bytes, limits: limits).header
        return try VZHeader(
          width: header.width, height: header.height, format: Image.Format(channels: header.channels),
          modelID: header.modelID, qualityPosition: header.qualityPosition,
          tileSizeLog2: header.tileSizeLog2)
      }
    }
    return try draw(header, seed: seed, index: index) { coder, tile in
      latents.hyperSymbols(tile, coder)
    }
  }

  /// - Parameter hyper: the symbols of the hyper-latents of a tile; nil draws them.
  private func draw(
    _ header: VZHeader, seed: UInt64, index: Int,
    hyper: @Sendable (_ coder: TileCoder, _ tile: Tile) -> [Int16]?
  ) throws(FeatureError) -> GeneratedFile {
    let writer = try SymbolFileWriter(model, header, threads: threads, limits: limits)
    return try writer.write { tile, stream, scaleIndexes, _ in
      if stream == .hyper, let symbols = hyper(writer.coder, Tile(tile, header: header)) { return symbols }
      var generator = SampleGenerator(seed: seed, sample: index, tile: tile, stream: stream.rawValue)
      return (stream == .hyper ? hyperLatents : latents).draw(scaleIndexes, &generator)
    }
  }
}

extension PictureLatents {
  /// Whether no pixel is exact.
  var hasLatentsEverywhere: Bool { isCoded.values.allSatisfy(\.self) }

  /// The symbols of a tile's hyper-latents.
  func hyperSymbols(_ tile: Tile, _ coder: TileCoder) -> [Int16] {
    let (width, height) = ((tile.width + 3) / 4, (tile.height + 3) / 4)
    var symbols: [Int16] = []
    symbols.reserveCapacity(width * height * hyper.channels)
    for y in 0..<height {
      for x in 0..<width {
        for (value, mean) in zip(hyper.vector(tile.x / 4 + x, tile.y / 4 + y), coder.quality.hyperMean) {
          symbols.append(Int16(truncatingIfNeeded: (Int(value) - Int(mean)) >> coder.hyperBits))
        }
      }
    }
    return symbols
  }
}
