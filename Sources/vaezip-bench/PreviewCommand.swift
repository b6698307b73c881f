import ArgumentParser
import Foundation
import VAETrain
import VAEZip

/// `vaezip-bench preview`
struct PreviewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preview",
    abstract: "Measure previews against the means of the original's pixels, and their time against decoding.",
    discussion: """
      Each picture is compressed at each quality. The table has the mean PSNR of previews at 1/8 and 1/16, the lowest \
      one, and the time of a preview and of decoding, in turn. With --fit, the table of a model's previews is made \
      instead: of pictures that are not those that it is measured on.
      """)

  @Argument(help: "PNG files.") var images: [String]
  @Option(help: ArgumentHelp("A model file to use instead of the built-in one.", valueName: "file"))
  var model: String?
  @Option(help: "Qualities, with commas between.") var quality = "10,40,75,90"
  @Option(help: ArgumentHelp("Fit the preview table, and write it to this file.", valueName: "file"))
  var fit: String?
  @Option(help: "Crop pictures to squares of so many pixels; 0 takes them whole.") var crop = 0
  @Option(name: [.customShort("T"), .long], help: "Threads; 0 takes all cores.") var threads = 0

  private func qualities() throws -> [Int] {
    let numbers = quality.split(separator: ",").compactMap { Int($0) }
    guard !numbers.isEmpty, numbers.allSatisfy({ 0...100 ~= $0 }) else {
      throw ValidationError("--quality: numbers from 0 to 100, not \(quality).")
    }
    return numbers
  }

  private func picture(_ path: String) throws -> Image {
    let image = try PNG.read(contentsOf: URL(filePath: path)).image.color
    return crop > 0 ? image.centered(crop) : image
  }

  func run() throws {
    let model = try Bench.model(self.model)
    if let fit { return try fitTable(of: model, to: fit) }
    try model.prepare()
    print("| quality | 1/8, dB (lowest) | 1/16, dB (lowest) | preview, ms | decoding, ms | ratio |")
    print("|--:|--:|--:|--:|--:|--:|")
    for quality in try qualities() {
      let encoder = try ImageEncoder(
        model: model, options: EncoderOptions(quality: quality, threads: threads, effort: 1))
      var figures = Figures()
      for path in images {
        let image = try picture(path)
        try figures.add(
          image, file: try encoder.encode(image).bytes,
          decoder: ImageDecoder(models: ModelLibrary([model]), threads: threads))
      }
      print("| \(quality) | \(figures.text) |")
    }
  }

  private func fitTable(of model: Model, to path: String) throws {
    let bytes =
      try self.model.map { [UInt8](try Data(contentsOf: URL(filePath: $0))) } ?? Model.builtInBytes()
    var fit = try PreviewFit(try ModelFile(parsing: bytes), threads: threads)
    for image in images {
      for quality in try qualities() {
        try fit.add(try picture(image), qualityPosition: model.qualityPositions[quality])
      }
    }
    guard let table = fit.table() else { throw ValidationError("Too few pictures for a fit.") }
    try Data(table.serialized(model: model.id)).write(to: URL(filePath: path), options: .atomic)
  }
}

/// Of the previews of some pictures.
private struct Figures {
  private var eighth: [Double] = []
  private var sixteenth: [Double] = []
  private var previewTimes = 0.0
  private var decodingTimes = 0.0

  mutating func add(_ image: Image, file: [UInt8], decoder: ImageDecoder) throws {
    for scale in PreviewScale.allCases {
      let preview = try decoder.preview(file, scale: scale)
      let psnr = try Metrics.psnr(image.boxDownsampled(scale.rawValue), preview.color)
      if scale == .eighth { eighth.append(psnr) } else { sixteenth.append(psnr) }
    }
    let rounds = 3
    previewTimes += median(
      try (0..<rounds).map { _ in
        try Clock.seconds { _ = try decoder.preview(file, scale: .sixteenth) }
      })
    decodingTimes += median(
      try (0..<rounds).map { _ in try Clock.seconds { _ = try decoder.decode(file) } })
  }

  var text: String {
    func decibels(_ values: [Double]) -> String {
      let mean = values.reduce(0, +) / Double(values.count)
      return String(format: "%.2f (%.2f)", mean, values.min() ?? .nan)
    }
    let count = Double(eighth.count)
    return [
      decibels(eighth), decibels(sixteenth), decimal(1000 * previewTimes / count),
      decimal(1000 * decodingTimes / count), String(format: "%.3f", previewTimes / decodingTimes),
    ].joined(separator: " | ")
  }
}

extension Image {
  /// The means of cells; at the right and lower border those of the pixels that there are.
  fileprivate func boxDownsampled(_ scale: Int) -> Image {
    let (columns, rows) = ((width + scale - 1) / scale, (height + scale - 1) / scale)
    let samples = Int(channels.rawValue)
    var means: [UInt8] = []
    for y in 0..<rows {
      for x in 0..<columns {
        let (xs, ys) = (x * scale..<min((x + 1) * scale, width), y * scale..<min((y + 1) * scale, height))
        for c in 0..<samples {
          var sum = 0
          for line in ys { for column in xs { sum += Int(pixels[(line * width + column) * samples + c]) } }
          means.append(UInt8(clamping: (sum + xs.count * ys.count / 2) / (xs.count * ys.count)))
        }
      }
    }
    return Image(width: columns, height: rows, channels: channels, pixels: means)
  }

  /// The middle of a picture.
  fileprivate func centered(_ side: Int) -> Image {
    let (w, h, samples) = (min(side, width), min(side, height), Int(channels.rawValue))
    let (left, top) = ((width - w) / 2, (height - h) / 2)
    var part: [UInt8] = []
    for y in top..<top + h {
      part += pixels[(y * width + left) * samples..<(y * width + left + w) * samples]
    }
    return Image(width: w, height: h, channels: channels, pixels: part)
  }
}
