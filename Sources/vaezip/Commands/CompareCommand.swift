import ArgumentParser
import Foundation
import VAETrain
import VAEZip
import VAEZipEvaluation

/// `vaezip compare`.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Measure how far a picture is from another one.",
    discussion: """
      Prints all metrics of two pictures of the same size: PNG, JPEG, PPM or .vz. The first one is the original; \
      SSIMULACRA2, Butteraugli and PSNR-HVS-M differ if the two are exchanged or nearly so. Metrics see 8 bits \
      of color. A gray picture is compared with a colored one as three equal channels. Alpha is not measured, \
      only compared.

      With --difference, a picture of the differences is written: of each sample the absolute difference times \
      --gain, black where the two are equal.

      EXAMPLES
        vaezip compare photo.png photo.vz
        vaezip compare photo.png photo.jpg --difference where.png --gain 16
        vaezip compare a.png b.png --json
      """)

  @Argument(help: ArgumentHelp("The original: PNG, JPEG, PPM or .vz.", valueName: "original"))
  var original: String

  @Argument(help: ArgumentHelp("The picture that is measured.", valueName: "picture"))
  var picture: String

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("Write the differences as PNG; - is standard output.", valueName: "file"))
  var difference: String?

  @Option(help: ArgumentHelp("Factor of the differences in the picture.", valueName: "n"))
  var gain = 8

  @Flag(help: "Print one JSON object.")
  var json = false

  @Flag(name: .shortAndLong, help: "Replace the file of --difference if it exists.")
  var force = false

  @OptionGroup var decoder: DecoderOptions

  func validate() throws {
    guard 1...255 ~= gain else { throw ValidationError("--gain must be 1…255, not \(gain).") }
    guard original != "-" || picture != "-" else {
      throw ValidationError("Only one picture can come from standard input.")
    }
    guard !json || difference != "-" else {
      throw ValidationError("--json and --difference - both go to standard output.")
    }
  }

  func run() throws {
    let models = try decoder.library()
    let first = try PictureFile(original, decoder, models)
    let second = try PictureFile(picture, decoder, models)
    let kept = KeptFiles()
    for path in [original, picture] + decoder.model { kept.add(path, "is an input of this command") }
    let output = try difference.map {
      try OutputFile(path: $0, overwrite: force, kept: kept)
    }
    let (a, b) = (first.image.inColor(like: second.image), second.image.inColor(like: first.image))
    let figures = try CommandFailure.naming("\(original), \(picture)") {
      try PictureComparison(a, threads: decoder.resources.threads).figures(of: b)
    }
    let report = ComparisonReport(first, second, figures: figures)
    if let output {
      try output.write(try PNG.write(Self.difference(a, b, gain: gain)))
      try output.commit()
    }
    if json {
      try Messages.output(try Report.json(report))
    } else if difference == "-" {
      for line in report.lines { Messages.line(line) }
    } else {
      try Messages.output(report.lines.map { Messages.printable($0) + "\n" }.joined())
    }
  }

  private static func difference(_ a: Image, _ b: Image, gain: Int) -> Image {
    Image(
      width: a.width, height: a.height, channels: a.channels,
      pixels: zip(a.pixels, b.pixels).map { UInt8(clamping: gain * abs(Int($0) - Int($1))) })
  }
}

/// A picture from a file of any kind that `compare` reads.
struct PictureFile {
  /// As errors name it.
  let name: String
  /// Of the file.
  let bytes: Int
  let image: Image

  init(
    _ path: String, _ options: DecoderOptions, _ models: ModelLibrary
  ) throws(CommandFailure) {
    let file = try InputFile(path: path, limit: options.resources.maxMemory.value) {
      PictureReading.isPlausible($0, includingVZ: true)
    }
    name = file.name
    bytes = file.bytes.count
    image = try CommandFailure.naming(file.name) {
      guard !file.bytes.starts(with: VZFile.signature) else {
        return try options.decoder(for: file, models).decode(file.bytes)
      }
      guard ImageFile.Kind(beginning: file.bytes) != nil else {
        throw CommandFailure(file.name, "no PNG, JPEG, PPM, PGM, PAM or .vz file")
      }
      var limits = PNG.Limits.default
      limits.pixels = options.resources.maxPixels.value
      return try PictureReading.decoded(file.bytes, limits: limits).image
    }
  }
}

/// The report of `vaezip compare`.
struct ComparisonReport: Encodable {
  struct File: Encodable {
    let file: String
    let bytes: Int
    let width: Int
    let height: Int
    let format: String

    init(_ picture: PictureFile) {
      file = PathText.repaired(picture.name)
      bytes = picture.bytes
      (width, height) = (picture.image.width, picture.image.height)
      format = picture.image.format.description
    }
  }

  let original: File
  let picture: File
  /// Whether both have the same alpha; nil where neither has any.
  let alphaIsEqual: Bool?
  /// By the names of `QualityMetric`, and `mse`; null where infinite.
  let metrics: [String: Double?]
  private let names: [String]
  private let figures: [Figure: Double]

  private enum CodingKeys: String, CodingKey {
    case original, picture, alphaIsEqual, metrics
  }

  init(_ original: PictureFile, _ picture: PictureFile, figures: [Figure: Double]) {
    self.original = File(original)
    self.picture = File(picture)
    self.figures = figures
    names = [original.name, picture.name]
    let (a, b) = (original.image, picture.image)
    alphaIsEqual =
      a.alpha == nil && b.alpha == nil ? nil : a.alpha == b.alpha && a.depth == b.depth
    metrics = Dictionary(
      uniqueKeysWithValues: figures.map { ($0.key.rawValue, $0.value.isFinite ? $0.value : nil) })
  }

  /// For people.
  var lines: [String] {
    func row(_ file: File, _ name: String) -> String {
      let bits = Double(8 * file.bytes) / (Double(file.width) * Double(file.height))
      return "\(name): \(file.width) × \(file.height), \(file.format), \(file.bytes) bytes, "
        + String(format: "%.3f bits per pixel", bits)
    }
    var lines = [row(original, names[0]), row(picture, names[1])]
    for metric in QualityMetric.allCases {
      lines.append(Self.line(metric.title, figures[metric.figure], metric.unit, metric))
    }
    lines.append(Self.line("mean squared error", figures[.distortion], "", nil))
    if let alphaIsEqual { lines.append("  alpha               " + (alphaIsEqual ? "equal" : "differs")) }
    return lines
  }

  private static func line(
    _ title: String, _ value: Double?, _ unit: String, _ metric: QualityMetric?
  ) -> String {
    let name = title.padding(toLength: 18, withPad: " ", startingAt: 0)
    guard let value else { return "  \(name)  -" }
    guard value.isFinite else { return "  \(name)  infinite: the pictures are equal by it" }
    if metric == .msssim {
      let decibels = Metrics.decibels(msssim: value)
      let more = decibels.isFinite ? String(format: " (%.2f dB)", decibels) : ""
      return "  \(name)  " + String(format: "%.5f", value) + more
    }
    return "  \(name)  " + String(format: "%.3f", value) + (unit.isEmpty ? "" : " \(unit)")
  }
}

extension Image {
  /// The color, as three equal channels if the other picture has three.
  fileprivate func inColor(like other: Image) -> Image {
    channels == .gray && other.channels == .rgb ? color.withChannels(of: other) : color
  }
}
