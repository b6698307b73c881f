import ArgumentParser
import VAEZip

/// `vaezip info`.
struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Show what is in a .vz file or a model file.",
    discussion: """
      Reads FILE and checks its structure and its checksums, all but that of the decoded pixels. \
      For an image it prints the size, the model that it needs, and what its bytes are for; for a \
      model the id, the widths and depths of the network, and the quality levels. With -v it also \
      decodes the symbols of an image, which needs the model, and shows what each stream \
      consists of: zstd frames, and a bit string for segments that are too short for a frame.

      EXAMPLES
        vaezip info photo.vz
        vaezip info -v photo.vz             lists the tiles, too
        vaezip info --json photo.vz         for programs
        vaezip compress -o - photo.png | vaezip info -
      """)

  @Argument(
    help: ArgumentHelp("A .vz file or a model file; - is standard input.", valueName: "file"))
  var file: String

  @Flag(help: "Print a JSON object.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "With -v, the image's model, if it is not the built-in one.", valueName: "file"))
  var model: String?

  @Flag(name: .shortAndLong, help: "List tiles, or tensors and calibration.")
  var verbose = false

  func run() throws {
    let input = try InputFile(path: file)
    let isModel = input.bytes.count > 8 && input.bytes[8] == UInt8(ascii: "{")
    try CommandFailure.naming(input.name) {
      // A model file begins with the length of its header, which is JSON.
      if isModel {
        let report = ModelReport(
          name: input.name, bytes: input.bytes, model: try ModelFile(parsing: input.bytes),
          verbose: verbose)
        Messages.output(json ? try report.json() : report.text())
      } else {
        do {
          let report = try ImageReport(
            name: input.name, bytes: input.bytes, contents: try contents(of: input.bytes),
            verbose: verbose)
          Messages.output(json ? try report.json() : report.text())
        } catch VZError.notVZ {
          throw CommandFailure(input.name, "neither a .vz file nor a model file")
        }
      }
    }
  }

  /// What the streams of an image consist of; nil if that is not asked for, or without its model.
  private func contents(of bytes: [UInt8]) throws -> [ImageReport.TileContents]? {
    guard verbose else { return nil }
    let models = try model.map { [try Models.load($0)] } ?? []
    let statistics: [TileStatistics]
    do throws(CodecError) {
      statistics = try ImageDecoder(models: Models.library(models)).streamStatistics(bytes)
    } catch {
      switch error {
      case .model(.unknownModel): return nil
      // As the report itself would say it.
      case .container(let reason): throw reason
      default: throw error
      }
    }
    return statistics.map { tile in
      ImageReport.TileContents(
        hyper: ImageReport.Contents(tile.symbols.hyper),
        pass1: ImageReport.Contents(tile.symbols.pass1),
        pass2: ImageReport.Contents(tile.symbols.pass2))
    }
  }
}
