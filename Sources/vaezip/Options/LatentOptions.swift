import ArgumentParser
import VAEZip
import VAEZipFeatures

/// The options of commands that look at latents.
struct LatentOptions: ParsableArguments {
  @Option(
    name: [.customShort("q", allowingJoined: true), .long],
    help: ArgumentHelp(
      "Quality at which pictures are looked at, from 0 to 100, fractions too; a .vz file has its own. "
        + "(default: 75)",
      valueName: "0…100"))
  var quality: Double?

  @Option(
    name: [.customShort("e", allowingJoined: true), .long],
    help: ArgumentHelp(
      "How the latents of a picture are chosen, as with compress; 1 rounds them and is fastest. "
        + "Rates depend on it, so take the effort of the .vz files that it is compared with. (default: 1)",
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

/// Reads the latents of pictures and .vz files.
struct LatentSource {
  private let reader: LatentReader
  private let options: LatentOptions
  /// Of pictures.
  let effort: Int
  private let qualityPosition: Int
  /// For pictures.
  let model: Model

  /// - Parameters:
  ///   - effort: of pictures, where no option says it.
  ///   - qualityPosition: likewise; nil is that of quality 75.
  ///   - modelID: likewise; nil, or that of a model that is not to be found, is the built-in model.
  init(
    _ options: LatentOptions, effort: Int = 1, qualityPosition: Int? = nil, modelID: UInt64? = nil
  ) throws {
    self.options = options
    self.effort = options.effort ?? effort
    let limit = options.decoder.resources.maxMemory.value
    _ = try Kernels.selected()
    let named = try options.decoder.model.map { try Models.load($0, memory: limit) }
    let models = Models.library(named)
    let model =
      try named.first ?? modelID.flatMap { try? models.model(id: $0, memory: limit) } ?? Model.builtIn()
    self.model = model
    let wanted =
      options.quality.map { model.qualityPosition($0) } ?? qualityPosition ?? model.qualityPosition(75)
    // Of another model, the position may not be there; what it is compared with will say that the models differ.
    self.qualityPosition = min(wanted, model.lastQualityPosition)
    reader = LatentReader(
      models: models, threads: options.decoder.resources.threads,
      limits: options.decoder.resources.limits())
  }

  /// The model of some latents.
  func model(id: UInt64) throws -> Model { try reader.models.model(id: id) }

  /// The latents of a file, and its picture unless that is a .vz file.
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

/// A picture's file or a .vz file in memory.
struct LatentFile {
  let name: String
  let bytes: [UInt8]
  /// Nil for a .vz file.
  let image: Image?

  init(_ path: String, _ resources: ResourceOptions) throws(CommandFailure) {
    let file = try InputFile(path: path, limit: resources.maxMemory.value) {
      PictureReading.isPlausible($0, includingVZ: true)
    }
    (name, bytes) = (file.name, file.bytes)
    guard !bytes.starts(with: VZFile.signature) else {
      image = nil
      return
    }
    guard ImageFile.Kind(beginning: bytes) != nil else {
      throw CommandFailure(name, "no PNG, JPEG, PPM, PGM, PAM or .vz file")
    }
    var limits = PNG.Limits.default
    limits.pixels = resources.maxPixels.value
    image = try CommandFailure.naming(name) { try PictureReading.decoded(file.bytes, limits: limits).image }
  }
}
