import ArgumentParser
import Foundation
import VAETrain
import VAEZip
import VAEZipEvaluation

/// `vaezip evaluate`.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure rate, distortion and time on images, and compare with other codecs.",
    discussion: EvaluateManual.text)

  @Argument(help: ArgumentHelp("PNG, JPEG and PPM files, and directories of such.", valueName: "file"))
  var files: [String]

  @Flag(name: [.customShort("r"), .long], help: "Take directories in directories too.")
  var recursive = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Qualities, 0 to 100, fractions too, separated by commas; 0..100:10 are 0, 10 … 100. lossless "
        + "keeps all pixels.",
      valueName: "list"))
  var quality = QualityList(qualities: [10, 30, 50, 70, 90])

  @OptionGroup var coding: CodingOptions

  @Option(
    help: ArgumentHelp(
      "Also run these codecs' programs on the images: jpeg, webp, avif, jxl, heic; without loss: "
        + "png, webp-lossless, jxl-lossless.", valueName: "list"))
  var against: PeerList?

  @Option(
    help: ArgumentHelp(
      "gaussian: also measure KL, D and the evidence lower bound of a --model that was trained with "
        + "this posterior, with sampled latents. Needs libtorch.", valueName: "posterior"))
  var posterior: Posterior?

  @Option(help: ArgumentHelp("Write all points as CSV; - is standard output.", valueName: "file"))
  var csv: String?

  @Option(
    help: ArgumentHelp("Write points, means and BD-rates as JSON; - is standard output.", valueName: "file"))
  var json: String?

  @Option(
    help: ArgumentHelp(
      "Write a page of HTML with curves and pictures, in one file that needs no network.",
      valueName: "file"))
  var report: String?

  @Option(help: ArgumentHelp("Pictures on the page of --report.", valueName: "n"))
  var reportPictures = 12

  @Option(
    help: ArgumentHelp(
      "Add curves of a CSV file to the reports: columns codec, bpp, psnr, msssim ….",
      valueName: "file"))
  var curves: String?

  @Option(help: ArgumentHelp("Write the decoded pictures there, as PNG.", valueName: "directory"))
  var save: String?

  @Option(
    name: [.customShort("T"), .long],
    help: ArgumentHelp("Threads; 0 takes all cores. Only times depend on it.", valueName: "n"))
  var threads = 0

  @Option(
    help: ArgumentHelp(
      "Pictures whose metrics are computed at the same time; 0 takes one a core. Codecs always run "
        + "one after another.", valueName: "n"))
  var jobs = 0

  func validate() throws {
    guard 0...1024 ~= threads else {
      throw ValidationError("--threads must be 0…1024, not \(threads).")
    }
    guard 0...1024 ~= jobs else { throw ValidationError("--jobs must be 0…1024, not \(jobs).") }
    guard 0...1000 ~= reportPictures else {
      throw ValidationError("--report-pictures must be 0…1000, not \(reportPictures).")
    }
    guard !files.contains("-"), !files.contains("") else {
      throw ValidationError("Images are evaluated from files, not from standard input.")
    }
    let outputs = [csv, json, report].compactMap(\.self)
    guard Set(outputs).count == outputs.count else {
      throw ValidationError("--csv, --json and --report must not be the same file.")
    }
    guard save != "" else { throw ValidationError("--save must not be empty.") }
  }

  func run() throws {
    let images = try ImageList(files, isRecursive: recursive).paths
    let published = try curves.map(Self.published) ?? []
    let model = try coding.loadedModel()
    // Opened first: if a report cannot be written, no work is lost.
    let kept = KeptFiles()
    for image in images { kept.add(image, "is an input of this command") }
    if let path = coding.model { kept.add(path, "is the model") }
    let outputs = try EvaluationOutputs(csv: csv, json: json, report: report, kept: kept)
    let saved = try save.map { try SavedPictures(directory: $0, images: images, kept: kept) }
    let measuresPrograms = against != nil || report != nil
    let folder = measuresPrograms ? try ExchangeFolder() : nil
    defer { folder?.remove() }

    let textbook =
      posterior == .gaussian ? try TextbookEvaluation(path: coding.model, model: model) : nil
    let (peers, failures) = Self.start(against?.peers ?? [], folder)
    let table = EvaluationTable(
      names: images + ["mean"],
      codecs: (quality.qualities.isEmpty ? [] : [EvaluationRun.codec])
        + (quality.includesLossless ? [EvaluationRun.losslessCodec] : [])
        + (textbook == nil ? [] : [TextbookEvaluation.name]) + peers.map(\.peer.rawValue),
      toStandardError: outputs.usesStandardOutput)
    let run = try EvaluationRun(
      options(measuresPrograms), model: model, version: Self.version, images: images.count,
      textbook: textbook, peers: peers, folder: folder, saved: saved, table: table)
    for failure in failures { run.note(failure) }
    run.add(published: published)
    try table.printHeader()
    for image in images { try run.measure(image) }

    let means = EvaluationPoint.means(of: run.report.results)
    for mean in means { try table.print(mean) }
    if textbook != nil { try table.printObjective(run.report.results + means) }
    for line in BDRateTable.lines(run.report.bdRates) { Messages.line(line) }
    try outputs.write(
      run.report, pictures: run.pictures, facts: facts(modelID: ModelFile.name(ofID: model.id), images.count))
    if !run.report.failures.isEmpty { throw ExitCode(1) }
  }

  private static var version: String { VAEZipCommand.configuration.version }

  private func options(_ measuresPrograms: Bool) -> EvaluationRun.Options {
    EvaluationRun.Options(
      qualities: quality.qualities, includesLossless: quality.includesLossless, coding: coding,
      threads: threads, jobs: jobs,
      reportPictures: report == nil ? 0 : reportPictures, measuresPrograms: measuresPrograms,
      dropsAlpha: against != nil)
  }

  /// The peers whose programs are there, and why others are not.
  private static func start(
    _ peers: [PeerCodec], _ folder: ExchangeFolder?
  ) -> ([PeerRun], [EvaluationReport.Failure]) {
    guard let folder else { return ([], []) }
    var (runs, failures) = ([PeerRun](), [EvaluationReport.Failure]())
    for peer in peers {
      do throws(ProgramRun.Failure) {
        runs.append(try PeerRun(peer, folder: folder.path))
      } catch {
        failures.append(.init(codec: peer.rawValue, reason: error.description))
      }
    }
    return (runs, failures)
  }

  private static func published(_ path: String) throws(CommandFailure) -> [EvaluationPoint] {
    let file = try InputFile(path: path, limit: 1 << 24)
    return try CommandFailure.naming(file.name) {
      try PublishedCurves.points(String(decoding: file.bytes, as: UTF8.self))
    }
  }

  /// What the page says at its top.
  private func facts(modelID: String, _ images: Int) -> [(name: String, value: String)] {
    let date = Date().formatted(.iso8601.year().month().day())
    return [
      ("version", Self.version), ("model", modelID), ("effort", "\(coding.effort)"),
      ("images", "\(images)"), ("machine", Machine.description), ("date", date),
    ]
  }
}
