import ArgumentParser
import Foundation
import VAETrain
import VAEZip

extension Posterior: ExpressibleByArgument {}
extension OptimizerKind: ExpressibleByArgument {}
extension PassMask: ExpressibleByArgument {
  /// What `--masks` takes.
  public static var allValueStrings: [String] { ["checkerboard", "dual-checkerboard"] }

  /// Reads one of these.
  public init?(argument: String) {
    switch argument {
    case "checkerboard": self = .checkerboard
    case "dual-checkerboard": self = .dualCheckerboard
    default: return nil
    }
  }
}

/// `vaezip train`
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model on your own images.",
    discussion: """
      Learns a model from a folder of PNG and JPEG images and writes it as a file that compress, \
      decompress and evaluate take with --model. Ctrl-C or SIGTERM ends the training early: \
      checkpoint and model are written within seconds.

      FILE.ckpt holds everything that a later run continues from with --resume. The learning rate is \
      constant until the last part of a run (--decay), in which it falls to nothing. FILE.ckpt has \
      the weights before that, so that training can go on as if it had never fallen; those of the \
      decay are in FILE.decayed.ckpt.

      --from begins with the weights of a model: it adapts to images of one kind in minutes, \
      where a new model takes hours. Several processes train together if a launcher such as torchrun \
      starts them: --batch is each one's share.

      Needs libtorch; the codec itself does not: \(TrainError.installation).

      EXAMPLES
        vaezip train Photos --out mine.model --minutes 60 --valid Held-back
        vaezip train Photos --out mine.model --resume mine.model.ckpt --minutes 120
        vaezip train Photos --out mine.model --resume mine.model.ckpt --minutes 150 --crop 512
        vaezip train Photos --out eyes.model --distortion mse=0.6,ssimulacra2=0.4 --crop 256
        vaezip train Maps --out maps.model --from photo --minutes 20
        vaezip train Photos --out text.model --posterior gaussian --distortion bce --minutes 5
      """)

  @Argument(help: "Folders of PNG and JPEG images (searched recursively), or single files.")
  var images: [String]

  @Option(help: ArgumentHelp("The model file to write.", valueName: "file"))
  var out: String

  @Option(
    help: ArgumentHelp(
      """
      Train until this long was spent, with the export and earlier runs; the last measurement on \
      --valid comes after it. (default: 60)
      """,
      valueName: "n"))
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

  @Option(help: ArgumentHelp("Held-out images to measure on every quarter of an hour.", valueName: "dir"))
  var valid: [String] = []

  @Flag(help: "Learn also from images that are put into the folders while training.")
  var watch = false

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

  @Flag(help: "Compute blocks and 1 × 1 convolutions in float16, with a scaled loss; with --cuda.")
  var float16 = false

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
    if [integers, bfloat16, float16].filter(\.self).count > 1 {
      throw ValidationError("--integers, --bfloat16 and --float16 exclude each other.")
    }
    if float16, !cuda || posterior != .uniform {
      throw ValidationError("--float16 needs --cuda and the uniform posterior.")
    }
    guard minutes ?? 1 > 0, minutes?.isFinite ?? true, steps ?? 1 > 0 else {
      throw ValidationError("--minutes and --steps must be positive.")
    }
    guard threads >= 0 else { throw ValidationError("--threads must not be negative.") }
  }

  func run() throws {
    let stop = StopSignals.handle()
    let output = ModelOutput(path: out)
    try output.check(inputs: images + valid + [resume, from].compactMap(\.self), table: csv)

    let torch = try Torch.load()
    let group = try WorkerGroup(torch)
    let trainer = try Trainer(
      torch: torch, images: images, validation: valid, start: start(), network: network.applied(to:),
      options: options, threads: threads == 0 ? ProcessInfo.processInfo.activeProcessorCount : threads,
      group: group, cuda: cuda, log: try TrainingLog(csvPath: group.rank == 0 ? csv : nil), stop: stop)
    try trainer.run(checkpointPath: out + ".ckpt")
    guard group.rank == 0 else { return }
    let label = name ?? (out as NSString).lastPathComponent
    let file = try trainer.export(name: label) { try output.write($0) }
    try trainer.measure(file)
  }
}

extension TrainCommand {
  private var options: TrainingOptions {
    var options = TrainingOptions()
    options.posterior = posterior
    if let steps { options.length = .steps(steps) }
    if let minutes { options.length = .minutes(minutes) }
    // What a model knows is soon lost at the rate that new ones learn at.
    options.learningRate = learning.rate ?? (from == nil ? 1e-3 : 3e-4)
    options.seed = seed
    options.bfloat16 = bfloat16
    options.float16 = float16
    options.integers = integers
    options.watchesFolders = watch
    learning.apply(to: &options)
    return options
  }

  private func start() throws -> TrainingStart {
    if let resume { return .checkpoint(resume) }
    guard let from else { return .blockDCT }
    if from == "photo" { return .model(try ModelFile(parsing: Model.builtInBytes())) }
    let file = try InputFile(path: from, limit: ModelFile.Limits.fileSize)
    return .model(try CommandFailure.naming(file.name) { try ModelFile(parsing: file.bytes) })
  }
}

/// The file that a model is written to, again and again while it gets better.
private struct ModelOutput {
  let path: String

  /// - Parameters:
  ///   - inputs: files that the training reads: neither the model nor the table may replace them.
  ///   - table: of `--csv`.
  /// - Throws: `TrainError.file` if the model could not be written after the training.
  func check(inputs: [String], table: String?) throws {
    let kept = KeptFiles()
    for input in inputs { kept.add(input, "is an input of this command, and stays as it is") }
    for output in [path] + (table.map { [$0] } ?? []) {
      let reason = SystemCalls.status(output).flatMap { kept.reason(for: FileAttributes($0)) }
      if let reason { throw TrainError.file(path: output, reason: reason) }
      let found = PathText.pathExtension(of: output)
      guard !FileFormats.pictureExtensions.contains(found) else {
        throw TrainError.file(path: output, reason: "is the name of a picture")
      }
    }
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      throw TrainError.file(path: path, reason: "is a directory")
    }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    guard access(folder, W_OK) == 0 else {
      throw TrainError.file(path: path, reason: "can't be written: \(String(cString: strerror(errno)))")
    }
  }

  /// Replaces the file at once by the whole model.
  func write(_ file: ModelFile) throws {
    do {
      try Data(file.serialized()).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw TrainError.file(path: path, reason: "can't be written: \(error.localizedDescription)")
    }
  }
}
