import ArgumentParser
import Foundation
import VAEZip
import VAEZipAnomaly
import VAEZipFeatures

/// `vaezip anomaly score`.
struct AnomalyScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Measure how far pictures are from normal ones.",
    discussion: """
      Prints a line a picture: its score, whether it is anomalous, and where it is most so. The score is the larger of \
      two distances, each divided by its threshold: that of the most distant place, and that of the whole picture. Above 1 \
      a picture is anomalous. Thresholds are chosen so that --fpr of the fitted normal pictures lie above them.

      --heat writes a PNG for each picture with its distances as colors over the picture in gray, and a scale; the middle \
      of the scale is the threshold of places. For this, .vz files are decoded.

      With --masks or --labels, AUROC is printed: the probability that an anomalous picture or pixel has a \
      higher score than a normal one. With --masks also AUPRO, the mean part of each defect that is found, up to a \
      false-positive rate of 0.3 (Bergmann et al. 2020). A mask is a PNG with the picture's name and size, not black where the \
      picture is anomalous; a picture without a mask is normal. Labels are a CSV file of lines NAME,0 or NAME,1.

      EXAMPLES
        vaezip anomaly score --normal normal.json Parts
        vaezip anomaly score --normal normal.json Archive --json scores.json --fpr 0.001
        vaezip anomaly score --normal normal.json Test --masks Masks --heat Maps
      """)

  @Argument(
    help: ArgumentHelp("PNG, JPEG, PPM and .vz files, and directories of such.", valueName: "file")
  )
  var files: [String]

  @Option(help: ArgumentHelp("What anomaly fit wrote.", valueName: "file"))
  var normal: String

  @Option(help: ArgumentHelp("Write heat maps there, as PNG.", valueName: "directory"))
  var heat: String?

  @Option(help: ArgumentHelp("Write all scores as CSV; - is standard output.", valueName: "file"))
  var csv: String?

  @Option(help: ArgumentHelp("Write all scores as JSON; - is standard output.", valueName: "file"))
  var json: String?

  @Option(
    help: ArgumentHelp(
      "Part of the normal pictures that may lie above the thresholds, 0…1.", valueName: "rate"))
  var fpr = 0.01

  @Option(help: ArgumentHelp("Masks of the pictures' anomalies, as PNG.", valueName: "directory"))
  var masks: String?

  @Option(help: ArgumentHelp("Which pictures are anomalous, as CSV.", valueName: "file"))
  var labels: String?

  @Flag(name: .shortAndLong, help: "Overwrite outputs that exist.")
  var force = false

  @OptionGroup var options: LatentOptions

  func validate() throws {
    guard 0...1 ~= fpr else { throw ValidationError("--fpr must be 0…1, not \(fpr).") }
    guard masks == nil || labels == nil else {
      throw ValidationError("--masks and --labels exclude each other.")
    }
    guard csv == nil || csv != json else {
      throw ValidationError("--csv and --json must not be the same file.")
    }
  }

  func run() throws {
    let paths = try PictureList.paths(files)
    let normalFile = try InputFile(path: normal, limit: 1 << 26)
    let normal = try CommandFailure.naming(normalFile.name) {
      try NormalPictures(json: normalFile.bytes)
    }
    let truth = try AnomalyTruth(masks: masks, labels: labels)
    try truth?.check(paths)
    let kept = KeptFiles()
    for path in paths + [self.normal] { kept.add(path, "is an input of this command") }
    let csvFile = try csv.map { try OutputFile(path: $0, overwrite: force, kept: kept) }
    let jsonFile = try json.map { try OutputFile(path: $0, overwrite: force, kept: kept) }
    let folder = try heat.map { try OutputFolder($0, force: force, kept: kept) }
    let heatNames = Self.heatNames(paths)
    try folder?.check(heatNames)

    let source = try LatentSource(
      options, effort: normal.effort ?? EncoderOptions.standardEffort,
      qualityPosition: normal.qualityPosition, modelID: UInt64(normal.model, radix: 16))
    var evaluation = AnomalyEvaluation()
    var report = AnomalyReport(falsePositiveRate: fpr)
    let printsLines = csv != "-" && json != "-"
    for (path, heatName) in zip(paths, heatNames) {
      let (latents, image) = try source.read(path)
      let score = try CommandFailure.naming(path) { try normal.score(latents, falsePositiveRate: fpr) }
      let row = AnomalyReport.Row(path, latents, score)
      report.pictures.append(row)
      if printsLines { try Messages.output(row.line + "\n") }
      if let folder { try folder.write(heatMap(score, path, image, source, latents), to: heatName) }
      try truth?.add(score, of: path, latents, to: &evaluation)
    }
    if truth != nil {
      report.figures = evaluation.figures
      if printsLines { try Messages.output(evaluation.figures.line + "\n") }
    }
    try csvFile?.write([UInt8](report.csv.utf8))
    try jsonFile?.write(try report.json())
    try csvFile?.commit()
    try jsonFile?.commit()
  }

  private func heatMap(
    _ score: AnomalyScore, _ path: String, _ image: Image?, _ source: LatentSource,
    _ latents: PictureLatents
  ) throws -> [UInt8] {
    let picture = try image ?? source.picture(path)
    return try PNG.write(
      HeatMap.image(
        score.local, over: picture, width: latents.width, height: latents.height,
        threshold: score.localThreshold))
  }

  /// Names of the heat maps: those of the pictures, numbered where two are the same.
  private static func heatNames(_ paths: [String]) -> [String] {
    var counts: [String: Int] = [:]
    return paths.map { path in
      let name = AnomalyTruth.stem(path)
      let count = counts[name, default: 0]
      counts[name] = count + 1
      return count == 0 ? "\(name).heat.png" : "\(name)-\(count).heat.png"
    }
  }
}

/// Which pictures, or pixels of them, are anomalous.
struct AnomalyTruth {
  private let masks: String?
  private let labels: [String: Bool]

  /// - Returns: nil if neither is given.
  init?(masks: String?, labels: String?) throws {
    guard masks != nil || labels != nil else { return nil }
    self.masks = masks.map { $0.utf8.last == UInt8(ascii: "/") ? $0 : $0 + "/" }
    if let masks, !PictureList.isDirectory(masks) { throw CommandFailure(masks, "is not a directory") }
    self.labels = try labels.map { try Self.read($0) } ?? [:]
  }

  /// A file's name without folders and extension.
  static func stem(_ path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return name }
    return String(name[..<dot])
  }

  private static func read(_ path: String) throws -> [String: Bool] {
    let file = try InputFile(path: path, limit: 1 << 28)
    var labels: [String: Bool] = [:]
    let lines = String(decoding: file.bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let parts = line.split(separator: ",", omittingEmptySubsequences: false)
      guard parts.count == 2, let label = ["0": false, "1": true][parts[1]] else {
        // A line of names may be the first one.
        if index == 0 { continue }
        throw CommandFailure(file.name, "line \(index + 1): expected NAME,0 or NAME,1")
      }
      labels[stem(String(parts[0]))] = label
    }
    return labels
  }

  /// Checks that all pictures have labels, if there are labels.
  func check(_ paths: [String]) throws(CommandFailure) {
    guard masks == nil else { return }
    for path in paths where labels[Self.stem(path)] == nil { throw CommandFailure(path, "has no label") }
  }

  /// Adds a picture's score to what is measured.
  func add(
    _ score: AnomalyScore, of path: String, _ latents: PictureLatents,
    to evaluation: inout AnomalyEvaluation
  ) throws {
    let stem = Self.stem(path)
    guard let masks else {
      guard let label = labels[stem] else { throw CommandFailure(path, "has no label") }
      evaluation.add(score, isAnomalous: label)
      return
    }
    let name = masks + stem + ".png"
    guard SystemCalls.status(name) != nil else {
      let mask = [Bool](repeating: false, count: latents.width * latents.height)
      try evaluation.add(score, mask: mask, width: latents.width, height: latents.height)
      return
    }
    let image = try ImageList.read(name).image
    let samples = Int(image.channels.rawValue)
    let pixels = image.color.pixels
    let mask = (0..<image.width * image.height).map { index in
      pixels[index * samples..<(index + 1) * samples].contains { $0 != 0 }
    }
    try CommandFailure.naming(name) {
      guard (image.width, image.height) == (latents.width, latents.height) else {
        throw FeatureError.mismatch(
          what: "size of the mask", expected: "\(latents.width) × \(latents.height)",
          found: "\(image.width) × \(image.height)")
      }
      try evaluation.add(score, mask: mask, width: image.width, height: image.height)
    }
  }
}

/// The scores of all pictures.
struct AnomalyReport: Encodable {
  struct Row: Encodable {
    let file: String
    let width, height: Int
    let score: Double
    let isAnomalous: Bool
    /// Of the most distant position, in pixels.
    let peak: Double
    let x, y: Int
    let picture: Double?

    private enum CodingKeys: String, CodingKey {
      case file, width, height, score, peak, x, y, picture
      case isAnomalous = "is_anomalous"
    }

    init(_ path: String, _ latents: PictureLatents, _ score: AnomalyScore) {
      file = PathText.repaired(path)
      (width, height) = (latents.width, latents.height)
      (self.score, isAnomalous) = (score.score, score.isAnomalous)
      (peak, picture) = (score.peak, score.global)
      (x, y) = (16 * score.peakPosition.x, 16 * score.peakPosition.y)
    }

    var line: String {
      let word = isAnomalous ? "anomalous" : "normal"
      return "\(Messages.printable(file)): \(word), score \(Rates.text(score)), "
        + "most at (\(x), \(y)): \(Rates.text(peak))"
    }
  }

  let falsePositiveRate: Double
  var pictures: [Row] = []
  var figures: AnomalyEvaluation.Figures?

  init(falsePositiveRate: Double) { self.falsePositiveRate = falsePositiveRate }

  private enum CodingKeys: String, CodingKey {
    case pictures, figures
    case falsePositiveRate = "false_positive_rate"
  }

  func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }

  /// As RFC 4180 has it.
  var csv: String {
    let header = "file,width,height,score,is_anomalous,peak,x,y,picture\n"
    return header
      + pictures.map { row in
        let file =
          row.file.contains { ",\"\n\r".contains($0) }
          ? "\"" + row.file.replacing("\"", with: "\"\"") + "\"" : row.file
        let picture = row.picture.map { "\($0)" } ?? ""
        return "\(file),\(row.width),\(row.height),\(row.score),\(row.isAnomalous ? 1 : 0),"
          + "\(row.peak),\(row.x),\(row.y),\(picture)\n"
      }.joined()
  }
}

extension AnomalyEvaluation.Figures {
  /// For people.
  fileprivate var line: String {
    func text(_ name: String, _ value: Double?) -> String? { value.map { "\(name) \(Rates.text($0))" } }
    let parts = [text("image AUROC", imageAUROC), text("pixel AUROC", pixelAUROC), text("AUPRO", aupro)]
    let known = parts.compactMap(\.self)
    return known.isEmpty
      ? "no figures: normal and anomalous pictures are needed" : known.joined(separator: ", ")
  }
}
