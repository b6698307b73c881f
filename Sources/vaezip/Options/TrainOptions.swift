import ArgumentParser
import VAETrain
import VAEZip

extension Distortion: ExpressibleByArgument {
  /// Reads `NAME=SHARE,…`.
  public init?(argument: String) { self.init(parsing: argument) }
}

/// How the trainer learns.
struct LearningOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The distortion: mse, ms-ssim, ssimulacra2, or shares of them such as \
      mse=0.6,ssimulacra2=0.4; bce stands alone.
      """, valueName: "metric"))
  var distortion: Distortion = .mse

  @Option(
    help: ArgumentHelp(
      """
      Factor of the shares of ms-ssim and ssimulacra2 at the highest quality level, 0…1; from \
      the middle level on they fall, and mse takes the rest.
      """, valueName: "share"))
  var upperShare = 0.5

  @Option(help: "adam, soap (fewer steps, for large batches on a GPU) or muon.")
  var optimizer: OptimizerKind = .adam

  @Option(help: "Crops a step.")
  var batch = 8

  @Option(help: "The crops' side in pixels, a multiple of 64.")
  var crop = 128

  @Option(help: "Learning rate after warm-up. (default: 0.001; with --from 0.0003)")
  var rate: Double?

  @Option(
    help: ArgumentHelp(
      "Last share of the run, 0…1, in which the learning rate falls to nothing.",
      valueName: "part"))
  var decay = 0.2

  @Option(help: ArgumentHelp("Steps over which weights are averaged for the model.", valueName: "steps"))
  var average = 1000

  @Option(
    help: ArgumentHelp(
      "How much more often the upper quality levels are drawn than the lower ones, 0…1.",
      valueName: "share"))
  var upperLevels = 0.3

  @Option(
    help: ArgumentHelp(
      "0: crops count by their bits; 1: all alike, flat ones as much as busy ones.",
      valueName: "weight"))
  var flatCrops = 0.0

  @Option(
    help: ArgumentHelp(
      "The share of the crops, 0…1, that are cut from the images at 2/3 and half their size.",
      valueName: "share"))
  var downscaled = 0.0

  @Flag(
    inversion: .prefixedNo,
    help: "Mirror and transpose crops at random; not for images that have an upright, such as letters.")
  var flips = true

  func validate() throws {
    let shares = [upperShare, decay, upperLevels, flatCrops, downscaled]
    guard shares.allSatisfy({ 0...1 ~= $0 }) else {
      throw ValidationError(
        "--upper-share, --decay, --upper-levels, --flat-crops and --downscaled must be in 0…1.")
    }
    guard 1...65536 ~= batch else { throw ValidationError("--batch must be 1…65536.") }
    guard 64...4096 ~= crop, crop % 64 == 0 else {
      throw ValidationError("--crop must be a multiple of 64 up to 4096.")
    }
    guard rate ?? 1 > 0, rate?.isFinite ?? true else {
      throw ValidationError("--rate must be positive.")
    }
    guard average > 0 else { throw ValidationError("--average must be positive.") }
  }

  func apply(to options: inout TrainingOptions) {
    options.distortion = distortion
    options.distortion.upperShare = upperShare
    options.optimizer = optimizer
    options.batch = batch
    options.cropSize = crop
    options.decay = decay
    options.averageSteps = average
    options.upperLevels = upperLevels
    options.flatCropWeight = flatCrops
    options.downscaledShare = downscaled
    options.flips = flips
  }
}

/// Changes to the network that a run begins with; see Formats/MODEL.md.
struct NetworkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      A JSON file with the changes to the network that the run begins with, such as \
      {"transformWidth": 256, "synthesisBlocks": 7}; instead of the options below.
      """, valueName: "file.json"))
  var network: String?

  @Option(help: "Channels of analysis and synthesis, a multiple of 32; new models only. (default: 192)")
  var width: Int?

  @Option(help: "Channels of the latent, a multiple of 32; new models only. (default: 320)")
  var latent: Int?

  @Option(help: "Residual blocks of the analysis. (default: 4)")
  var analysisBlocks: Int?

  @Option(help: "Residual blocks of the synthesis. (default: 5)")
  var synthesisBlocks: Int?

  @Option(help: "Residual blocks of the context. (default: 1)")
  var contextBlocks: Int?

  @Option(
    help: ArgumentHelp(
      """
      Which latents the first of the context's two passes codes: checkerboard, or \
      dual-checkerboard, the other colors in half of the channels. (default: checkerboard)
      """))
  var masks: PassMask?

  @Option(help: "Quality levels. (default: 9)")
  var levels: Int?

  @Option(
    help: "λ of the lowest level: bits per pixel + λ · MSE (0…255) is minimized. (default: 0.0004)")
  var lambdaLow: Double?

  @Option(help: "λ of the highest level. (default: 1.07)")
  var lambdaHigh: Double?

  func validate() throws {
    for width in [width, latent].compactMap(\.self) {
      guard 32...ModelFile.Limits.width ~= width, width % 32 == 0 else {
        throw ValidationError(
          "--width and --latent must be multiples of 32 up to \(ModelFile.Limits.width).")
      }
    }
    let blocks = [analysisBlocks, synthesisBlocks, contextBlocks]
    guard blocks.allSatisfy({ 0...ModelFile.Limits.blocks ~= $0 ?? 0 }) else {
      throw ValidationError("Numbers of blocks must be 0…\(ModelFile.Limits.blocks).")
    }
    guard 2...ModelFile.Limits.levels ~= levels ?? 2 else {
      throw ValidationError("--levels must be 2…\(ModelFile.Limits.levels).")
    }
    guard lambdaLow ?? 1 > 0, lambdaHigh ?? .infinity > lambdaLow ?? 0 else {
      throw ValidationError("--lambda-high must exceed --lambda-low, which must be positive.")
    }
    let others = masks != nil || ([width, latent, levels] + blocks).contains { $0 != nil }
    if network != nil, others || lambdaLow != nil || lambdaHigh != nil {
      throw ValidationError("--network excludes the other options of the network.")
    }
  }

  /// The network to train.
  ///
  /// - Parameter base: the network to begin with.
  /// - Throws: `TrainError.file` if the JSON file is unusable.
  func applied(to base: NetworkDescription) throws -> NetworkDescription {
    if let network { return try NetworkDescription(jsonFile: network, base: base) }
    var changed = base
    changed.transformWidth = width ?? changed.transformWidth
    changed.latentWidth = latent ?? changed.latentWidth
    changed.analysisBlocks = analysisBlocks ?? changed.analysisBlocks
    changed.synthesisBlocks = synthesisBlocks ?? changed.synthesisBlocks
    changed.contextBlocks = contextBlocks ?? changed.contextBlocks
    changed.passMask = masks ?? changed.passMask
    if levels != nil || lambdaLow != nil || lambdaHigh != nil {
      changed.lambdas = NetworkDescription.lambdas(
        levels: levels ?? base.levels, from: lambdaLow ?? base.lambdas[0],
        to: lambdaHigh ?? base.lambdas[base.levels - 1])
    }
    return changed
  }
}
