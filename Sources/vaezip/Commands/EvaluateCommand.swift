import ArgumentParser
import Foundation
import VAEZip
import VAEZipEvaluation

/// `vaezip evaluate`.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure rate, distortion and time on images.",
    discussion: """
      Compresses each image at each quality, decompresses the result, and compares the pixels with \
      the original. Only the reports that you ask for are written. A directory stands for all its \
      *.png, in the order of their names.

      COLUMNS
        bpp               bits per pixel: the size of the whole .vz file
        psnr              over all samples of R, G, B (or gray), in dB
        msssim            MS-SSIM, the mean over the channels, 0…1
        model_bpp         the model's rate, -log₂ p of the symbols, in bits
                          per pixel: the KL term of the objective
        overhead_percent  the file's size over the model's rate: zstd's loss
                          and the container
        objective         D + β·KL, with D the mean squared error (0…255),
                          KL model_bpp, and β = 1/λ, the weight that the
                          model was trained with at this quality
        encode_seconds    wall time from pixels to bytes, without PNG
        decode_seconds    wall time from bytes to pixels, without PNG
        frames_percent, raw_percent, alpha_percent, container_percent
                          parts of overhead_percent: symbols in zstd frames,
                          symbols in the bit string, alpha (all of it), all
                          outside the streams
        range_coder_percent
                          the streams' size over that of an ideal range coder
                          with the same probabilities

      Distortion is measured on color, invisible color (alpha 0) included. Alpha is coded without \
      loss and counts in the file's size. With --against it is left out for all codecs. Metadata \
      are always left out.

      The rows "mean" are arithmetic means over the images. In JSON the object has two arrays of \
      such rows, "results" and "means"; infinite values are null. With --against there is a third, \
      "against": by how many percent vaezip's files are larger (smaller, if negative) at equal PSNR \
      and equal MS-SSIM, as the mean of the images' Bjøntegaard delta rates over the qualities that \
      the curves share; name enough qualities for it, --quality 0,10,20,…,100.

      EXAMPLES
        vaezip evaluate Samples
        vaezip evaluate --quality 75 photo.png drawing.png
        vaezip evaluate --against jpeg,avif Samples
        vaezip evaluate --model mine.model --csv mine.csv --json mine.json Held-back
      """)

  @Argument(help: ArgumentHelp("PNG files, and directories of such.", valueName: "file"))
  var files: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Qualities, 0 to 100, separated by commas.", valueName: "list"))
  var quality = QualityList(qualities: [10, 30, 50, 70, 90])

  @OptionGroup var coding: CodingOptions

  @Option(help: ArgumentHelp("Write the rows as CSV; - is standard output.", valueName: "file"))
  var csv: String?

  @Option(help: ArgumentHelp("Write the rows as JSON; - is standard output.", valueName: "file"))
  var json: String?

  @Option(
    help: ArgumentHelp(
      "Also run these codecs' programs on the images, and print BD-rates: jpeg, webp, avif, jxl, heic.",
      valueName: "list"))
  var against: PeerList?

  @Option(
    name: [.customShort("T"), .long],
    help: ArgumentHelp("Threads; 0 takes all cores. Only times depend on it.", valueName: "n"))
  var threads = 0

  func validate() throws {
    guard 0...1024 ~= threads else {
      throw ValidationError("--threads must be 0…1024, not \(threads).")
    }
    guard !files.contains("-"), !files.contains("") else {
      throw ValidationError("Images are evaluated from files, not from standard input.")
    }
    guard csv == nil || csv != json else {
      throw ValidationError("--csv and --json must not be the same file.")
    }
  }

  func run() throws {
    let images = try checkedImages()
    let runs = try (against?.peers ?? []).map { try PeerRun($0) }
    defer { for run in runs { run.finish() } }
    let model = try coding.loadedModel()
    // Opened first: if a report cannot be written, no work is lost.
    let kept = KeptFiles()
    for image in images { kept.add(image, "is an input of this command") }
    if let path = coding.model { kept.add(path, "is the model") }
    let csvFile = try csv.map { try OutputFile(path: $0, overwrite: true, kept: kept) }
    let jsonFile = try json.map { try OutputFile(path: $0, overwrite: true, kept: kept) }
    let usesOutput = [csv, json].compactMap(\.self).contains {
      $0 == "-" || OpenDescriptor.number(of: $0) == STDOUT_FILENO
    }
    let table = EvaluationTable(names: images + ["mean"], toStandardError: usesOutput)

    let results = try measure(images, model: model, table: table)
    for mean in Evaluation.means(of: results) { try table.print(mean) }
    let reports = try runs.map { run in
      let report = try PeerReport(run.peer, results: results) { file in
        try run.measure(picture(file))
      }
      Messages.line(report.line)
      return report
    }
    let rows = results.map { row in
      var row = row
      row.file = PathText.repaired(row.file)
      return row
    }
    try csvFile?.write(Array(Evaluation.csv(rows + Evaluation.means(of: rows)).utf8))
    try csvFile?.commit()
    try jsonFile?.write(Array(Report.visible(try Evaluation.json(rows, against: reports)).utf8))
    try jsonFile?.commit()
  }

  private func measure(
    _ images: [String], model: Model, table: EvaluationTable
  ) throws -> [Evaluation] {
    // So that the first image's time does not include it.
    try model.prepare()
    let decoder = ImageDecoder(models: ModelLibrary([model]), threads: threads)
    let encoders = try quality.qualities.map {
      try ImageEncoder(
        model: model,
        options: EncoderOptions(
          quality: $0, threads: threads, tileSize: coding.tileSize, effort: coding.effort))
    }
    let bar = ProgressBar(total: images.count * encoders.count)
    var results: [Evaluation] = []
    try table.printHeader()
    for path in images {
      let image = try picture(path)
      for encoder in encoders {
        bar.show(results.count, "\(path), quality \(encoder.options.quality)")
        let result = Result {
          try CommandFailure.naming(path) {
            try Evaluation(of: image, file: path, encoder: encoder, decoder: decoder)
          }
        }
        bar.clear()
        let row = try result.get()
        results.append(row)
        try table.print(row)
      }
    }
    return results
  }

  /// The images that the arguments name, directories replaced by their images. All are read once
  /// before the work begins, so that a bad one is reported before hours are spent.
  private func checkedImages() throws -> [String] {
    var images: [String] = []
    var isBad = false
    func report(_ failure: CommandFailure) {
      Messages.failure(failure.description)
      isBad = true
    }
    for path in files {
      do throws(CommandFailure) {
        images += try Self.images(at: path)
      } catch {
        report(error)
      }
    }
    for path in images {
      do throws(CommandFailure) {
        for notice in try Self.read(path).notices { Messages.failure("\(path): \(notice)") }
      } catch {
        report(error)
      }
    }
    if isBad { throw ExitCode(1) }
    return images
  }

  private static func images(at path: String) throws(CommandFailure) -> [String] {
    guard let status = SystemCalls.status(path), status.st_mode & S_IFMT == S_IFDIR else {
      return [path]
    }
    guard let names = SystemCalls.names(in: path) else {
      throw CommandFailure(path, Messages.systemError(errno))
    }
    let images = names.filter {
      PathText.pathExtension(of: $0) == "png" && $0.utf8.first != UInt8(ascii: ".")
    }
    guard !images.isEmpty else { throw CommandFailure(path, "holds no .png file") }
    let folder = path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
    return images.sorted().map { folder + $0 }
  }

  private static func read(_ path: String) throws(CommandFailure) -> PNG.Decoded {
    let file = try InputFile(path: path) {
      PNG.signature.starts(with: $0.prefix(PNG.signature.count))
    }
    return try CommandFailure.naming(file.name) {
      try PNG.read(file.bytes, keepsMetadata: false)
    }
  }

  /// The image to code. Alpha goes, since some peers lack it and others change the color below it.
  private func picture(_ path: String) throws(CommandFailure) -> Image {
    let image = try Self.read(path).image
    return against == nil ? image : image.color
  }
}

/// Qualities on the command line: `10,30,50`.
struct QualityList: ExpressibleByArgument {
  let qualities: [Int]

  init(qualities: [Int]) { self.qualities = qualities }

  init?(argument: String) {
    var qualities: [Int] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let quality = Int(part), 0...100 ~= quality else { return nil }
      // A quality that is named twice is measured once.
      if !qualities.contains(quality) { qualities.append(quality) }
    }
    self.qualities = qualities
  }

  var defaultValueDescription: String { qualities.map(String.init).joined(separator: ",") }
}

/// The rows for people.
private struct EvaluationTable {
  private let nameWidth: Int
  private let toStandardError: Bool

  init(names: [String], toStandardError: Bool) {
    nameWidth = names.map { Messages.printable(Self.short($0)).count }.max() ?? 0
    self.toStandardError = toStandardError
  }

  func printHeader() throws {
    try print(
      "file",
      ["q", "bpp", "psnr", "msssim", "model_bpp", "over_%", "objective", "enc_s", "dec_s"])
  }

  func print(_ row: Evaluation) throws {
    try print(
      Self.short(row.file),
      [
        "\(row.quality)", Self.fixed(row.bpp, 4), Self.fixed(row.psnr, 2),
        Self.fixed(row.msssim, 5), Self.fixed(row.modelBPP, 4),
        Self.fixed(row.overheadPercent, 1), Self.fixed(row.objective, 2),
        Self.fixed(row.encodeSeconds, 3), Self.fixed(row.decodeSeconds, 3),
      ])
  }

  private func print(_ name: String, _ cells: [String]) throws {
    let widths = [3, 8, 7, 8, 10, 8, 11, 8, 8]
    let name = Messages.printable(name)
    var line = name + String(repeating: " ", count: max(0, nameWidth - name.count))
    for (cell, width) in zip(cells, widths) {
      line += " " + String(repeating: " ", count: max(0, width - cell.count)) + cell
    }
    if toStandardError {
      Messages.line(line)
    } else {
      try Messages.output(Messages.printable(line) + "\n")
    }
  }

  private static func fixed(_ value: Double, _ digits: Int) -> String {
    value.isFinite ? String(format: "%.\(digits)f", value) : value.isNaN ? "-" : "inf"
  }

  /// Without the directories.
  private static func short(_ path: String) -> String {
    PathText.name(of: path)
  }
}
