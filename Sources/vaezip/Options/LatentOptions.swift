import ArgumentParser
import VAEZip
import VAEZipFeatures

/// The options of commands that look at latents.
struct LatentOptions: ParsableArguments {
  @Option(
    name: [.customShort("q", allowingJoined: true), .long],
    help: ArgumentHelp(
      "Quality at which PNGs are looked at, from 0 to 100; a .vz file has its own. (default: 75)",
      valueName: "0…100"))
  var quality: Int?

  @Option(
    name: [.customShort("e", allowingJoined: true), .long],
    help: ArgumentHelp(
      "How the latents of a PNG are chosen, as with compress; 1 rounds them and is fastest. "
        + "Rates depend on it, so take the effort of the files that a PNG is compared with. (default: 1)",
      valueName: "1…9"))
  var effort: Int?

  @OptionGroup var decoder: DecoderOptions

  func validate() throws {
    if let quality, !(0...100 ~= quality) {
      throw ValidationError("--quality must be 0…100, not \(quality).")
    }
    if let effort, !(EncoderOptions.efforts ~= effort) {
      throw ValidationError("--effort must be 1…9, not \(effort).")
    }
  }
}

/// Reads the latents of PNG and .vz files.
struct LatentSource {
  private let reader: LatentReader
  private let options: LatentOptions
  /// Of PNGs.
  let effort: Int
  private let qualityPosition: Int
  /// For PNGs.
  let model: Model

  /// - Parameters:
  ///   - effort: of PNGs, where no option says it.
  ///   - qualityPosition: likewise; nil is that of quality 75.
  init(_ options: LatentOptions, effort: Int = 1, qualityPosition: Int? = nil) throws {
    self.options = options
    self.effort = options.effort ?? effort
    let limit = options.decoder.resources.maxMemory.value
    _ = try Kernels.selected()
    let named = try options.decoder.model.map { try Models.load($0, memory: limit) }
    model = try named.first ?? Model.builtIn()
    let positions = model.qualityPositions
    let wanted = options.quality.map { positions[$0] } ?? qualityPosition ?? positions[75]
    // Of another model, the position may not be there; what it is compared with will say that the models differ.
    self.qualityPosition = min(wanted, model.lastQualityPosition)
    reader = LatentReader(
      models: Models.library(named), threads: options.decoder.resources.threads,
      limits: options.decoder.resources.limits())
  }

  /// The model of some latents.
  func model(id: UInt64) throws -> Model { try reader.models.model(id: id) }

  /// The latents of a file, and its picture if that is a PNG.
  func read(_ path: String) throws(CommandFailure) -> (latents: PictureLatents, image: Image?) {
    let file = try LatentFile(path, options.decoder.resources)
    return try CommandFailure.naming(file.name) {
      guard let image = file.image else { return (try reader.latents(of: file.bytes), nil) }
      let latents = try reader.latents(
        of: image, model: model, qualityPosition: qualityPosition, effort: effort)
      return (latents, image)
    }
  }

  /// The picture of a file.
  func picture(_ path: String) throws(CommandFailure) -> Image {
    let file = try LatentFile(path, options.decoder.resources)
    return try CommandFailure.naming(file.name) {
      try file.image
        ?? ImageDecoder(models: reader.models, threads: reader.threads, limits: reader.limits)
        .decode(file.bytes)
    }
  }
}

/// A PNG or .vz file in memory.
struct LatentFile {
  let name: String
  let bytes: [UInt8]
  /// Of a PNG.
  let image: Image?

  init(_ path: String, _ resources: ResourceOptions) throws(CommandFailure) {
    let file = try InputFile(path: path, limit: resources.maxMemory.value) { beginning in
      [PNG.signature, VZFile.signature].contains { $0.starts(with: beginning.prefix($0.count)) }
    }
    (name, bytes) = (file.name, file.bytes)
    if bytes.starts(with: PNG.signature) {
      var limits = PNG.Limits.default
      limits.pixels = resources.maxPixels.value
      image = try CommandFailure.naming(name) {
        try PNG.read(file.bytes, limits: limits, keepsMetadata: false).image
      }
    } else {
      guard bytes.starts(with: VZFile.signature) else {
        throw CommandFailure(name, "neither a PNG nor a .vz file")
      }
      image = nil
    }
  }
}
