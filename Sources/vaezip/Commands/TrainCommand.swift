import ArgumentParser
import Dispatch
import Foundation
import VAETrain
import VAEZip

extension Posterior: ExpressibleByArgument {}
extension Distortion: ExpressibleByArgument {}

/// `vaezip train`
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model on your own images.",
    discussion: """
      Learns a model from a folder of PNG and JPEG images and writes it as a file that compress, \
      decompress and evaluate take with --model. Beside it, FILE.ckpt holds everything that a later \
      run continues from with --resume; it is written every few minutes and at the end. Ctrl-C ends \
      the training early: checkpoint and model are written then too.

      --from begins with the weights of a model, which takes minutes to suit images of one kind, \
      where a new model takes hours. Several processes train together if a launcher such as torchrun \
      starts them: --batch is each one's share.

      Needs libtorch (see README); the codec itself does not.

      EXAMPLES
        vaezip train Photos --out mine.model --minutes 60 --valid Held-back
        vaezip train Photos --out mine.model --resume mine.model.ckpt --minutes 120
        vaezip train Maps --out maps.model --from photo --minutes 20
        vaezip train Photos --out text.model --posterior gaussian --loss bce --minutes 5
      """)

  @Argument(help: "Folders of PNG and JPEG images (searched recursively), or single files.")
  var images: [String]

  @Option(help: ArgumentHelp("The model file to write.", valueName: "file"))
  var out: String

  @Option(help: ArgumentHelp("Train until this long was spent, earlier runs included.", valueName: "n"))
  var minutes: Double?

  @Option(help: ArgumentHelp("Train until this step instead.", valueName: "n"))
  var steps: Int?

  @Option(help: ArgumentHelp("Go on from this checkpoint.", valueName: "checkpoint"))
  var resume: String?

  @Option(
    help: ArgumentHelp(
      "Begin with the weights of this model; photo is the built-in one.", valueName: "model"))
  var from: String?

  @Option(help: "The latent's posterior: uniform (the codec's) or gaussian (learned, analytic KL).")
  var posterior: Posterior = .uniform

  @Option(name: .customLong("loss"), help: "The distortion: mse or bce.")
  var distortion: Distortion = .mse

  @Option(help: ArgumentHelp("Held-out images to measure on every quarter of an hour.", valueName: "dir"))
  var valid: [String] = []

  @Option(help: ArgumentHelp("Append figures to this CSV file.", valueName: "file"))
  var csv: String?

  @Option(help: "The model's name.")
  var name: String?

  @Option(name: [.customShort("T"), .long], help: "Number of threads; 0 means all cores.")
  var threads = 0

  @Option(help: "Seed of initial weights, crops and noise.")
  var seed: UInt64 = 1

  @Flag(help: "Train on a CUDA device: the first, or that of the process' LOCAL_RANK.")
  var cuda = false

  @Flag(help: "Compute convolutions in bfloat16; needs AVX512-BF16, AMX or a GPU to pay.")
  var bfloat16 = false

  @Flag(help: "Round layers while learning as the codec's integers do: for the last minutes of a training.")
  var integers = false

  @OptionGroup(title: "Learning")
  var learning: LearningOptions

  @OptionGroup(title: "Network (with --resume or --from, blocks can be added and levels changed)")
  var network: NetworkOptions

  func validate() throws {
    if minutes != nil, steps != nil {
      throw ValidationError("--minutes and --steps exclude each other.")
    }
    if resume != nil, from != nil {
      throw ValidationError("--resume and --from exclude each other.")
    }
    if integers, bfloat16 {
      throw ValidationError("--integers and --bfloat16 exclude each other.")
    }
    if learning.similarity > 0, distortion != .mse {
      throw ValidationError("--similarity belongs to --loss mse.")
    }
    guard minutes ?? 1 > 0, steps ?? 1 > 0 else {
      throw ValidationError("--minutes and --steps must be positive.")
    }
    guard threads >= 0 else { throw ValidationError("--threads must not be negative.") }
  }

  func run() throws {
    var options = TrainingOptions()
    options.posterior = posterior
    options.distortion = distortion
    if let steps { options.length = .steps(steps) }
    if let minutes { options.length = .minutes(minutes) }
    options.similarity = learning.similarity
    options.batch = learning.batch
    options.cropSize = learning.crop
    // What a model knows is soon lost at the rate that new ones learn at.
    options.rate = learning.rate ?? (from == nil ? 1e-3 : 3e-4)
    options.evening = learning.evening
    options.smaller = learning.smaller
    options.seed = seed
    options.bfloat16 = bfloat16
    options.integers = integers
    let label = name ?? (out as NSString).lastPathComponent

    // Ctrl-C and kill end the run after the step at hand, with everything written.
    let stop = StopFlag()
    let signals = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { stop.set() }
      source.resume()
      return source
    }
    defer { for source in signals { source.cancel() } }

    let torch = try Torch.load()
    let group = try WorkerGroup(torch)
    let trainer = try Trainer(
      torch: torch, images: images, validation: valid, start: start(), network: network.applied(to:),
      options: options, threads: threads == 0 ? ProcessInfo.processInfo.activeProcessorCount : threads,
      group: group, cuda: cuda, log: try TrainingLog(csvPath: group.rank == 0 ? csv : nil), stop: stop)
    try trainer.run(checkpointPath: out + ".ckpt")
    guard group.rank == 0 else { return }
    let file = try trainer.export(name: label)
    do {
      try Data(file.serialized()).write(to: URL(fileURLWithPath: out), options: .atomic)
    } catch {
      throw TrainError.file(path: out, reason: "can't be written: \(error.localizedDescription)")
    }
    try trainer.measureIntegers(of: file)
  }
}

extension TrainCommand {
  private func start() throws -> TrainingStart {
    if let resume { return .checkpoint(resume) }
    guard let from else { return .warm }
    if from == "photo" { return .model(try ModelFile(parsing: Model.builtInBytes())) }
    let file = try InputFile(path: from, limit: ModelFile.Limits.fileSize)
    return .model(try CommandFailure.naming(file.name) { try ModelFile(parsing: file.bytes) })
  }
}

/// How the trainer learns.
struct LearningOptions: ParsableArguments {
  @Option(help: "Crops a step.")
  var batch = 8

  @Option(help: "The crops' side in pixels, a multiple of 64.")
  var crop = 128

  @Option(
    help: """
      Learning rate after warm-up; a cosine takes it to a thousandth. (default: 0.001; with --from \
      0.0003)
      """)
  var rate: Double?

  @Option(
    help: ArgumentHelp(
      "0: crops count by their bits; 1: all alike, flat ones as much as busy ones.",
      valueName: "share"))
  var evening = 0.0

  @Option(
    help: ArgumentHelp(
      "How far MS-SSIM counts instead of the squared error, 0…1.", valueName: "share"))
  var similarity = 0.0

  @Option(
    help: ArgumentHelp(
      "The share of the crops, 0…1, that are cut from the images at 2/3 and half their size.",
      valueName: "share"))
  var smaller = 0.0

  func validate() throws {
    guard 0...1 ~= evening, 0...1 ~= smaller, 0...1 ~= similarity else {
      throw ValidationError("--evening, --smaller and --similarity must be in 0…1.")
    }
    guard batch > 0 else { throw ValidationError("--batch must be positive.") }
    guard crop >= 64, crop % 64 == 0 else {
      throw ValidationError("--crop must be a multiple of 64.")
    }
    guard rate ?? 1 > 0 else { throw ValidationError("--rate must be positive.") }
  }
}

/// What the network is like, where that is not what it begins with; see Formats/MODEL.md.
struct NetworkOptions: ParsableArguments {
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

  @Option(help: "Quality levels. (default: 9)")
  var levels: Int?

  @Option(
    help: "λ of the lowest level: bits per pixel + λ · MSE (0…255) is minimised. (default: 0.0004)")
  var lambdaLow: Double?

  @Option(help: "λ of the highest level. (default: 1.07)")
  var lambdaHigh: Double?

  func validate() throws {
    for width in [width, latent].compactMap(\.self) {
      guard width >= 32, width % 32 == 0 else {
        throw ValidationError("--width and --latent must be multiples of 32.")
      }
    }
    guard [analysisBlocks, synthesisBlocks, contextBlocks].allSatisfy({ $0 ?? 0 >= 0 }) else {
      throw ValidationError("Numbers of blocks must not be negative.")
    }
    guard 2...64 ~= levels ?? 2 else { throw ValidationError("--levels must be 2…64.") }
    guard lambdaLow ?? 1 > 0, lambdaHigh ?? .infinity > lambdaLow ?? 0 else {
      throw ValidationError("--lambda-high must exceed --lambda-low, which must be positive.")
    }
  }

  /// A network with these options' changes.
  func applied(to network: NetworkDescription) -> NetworkDescription {
    var changed = network
    changed.transformWidth = width ?? changed.transformWidth
    changed.latentWidth = latent ?? changed.latentWidth
    changed.analysisBlocks = analysisBlocks ?? changed.analysisBlocks
    changed.synthesisBlocks = synthesisBlocks ?? changed.synthesisBlocks
    changed.contextBlocks = contextBlocks ?? changed.contextBlocks
    if levels != nil || lambdaLow != nil || lambdaHigh != nil {
      changed.lambdas = NetworkDescription.lambdas(
        levels: levels ?? network.levels, from: lambdaLow ?? network.lambdas[0],
        to: lambdaHigh ?? network.lambdas[network.levels - 1])
    }
    return changed
  }
}
