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

  @OptionGroup var resources: ResourceOptions

  func run() throws {
    let input = try InputFile(path: file, limit: resources.maxMemory.value) {
      Self.isModel($0) || VZFile.signature.starts(with: $0.prefix(VZFile.signature.count))
    }
    try CommandFailure.naming(input.name) {
      try Messages.output(Self.isModel(input.bytes[...]) ? model(input) : image(input))
    }
  }

  /// Whether a file begins as models do: with the length of a header, which is JSON.
  private static func isModel(_ beginning: ArraySlice<UInt8>) -> Bool {
    beginning.count > 8 && beginning[8] == UInt8(ascii: "{")
  }

  private func model(_ input: InputFile) throws -> String {
    let limit = resources.maxMemory.value
    let memory = Model.memory(fileSize: input.bytes.count)
    guard memory <= limit else {
      throw VZError.limitExceeded("bytes of memory", limit: limit, found: memory)
    }
    let file = ModelBytes(input.bytes)
    try PublishedModels.check(file, id: ModelFile.id(of: file))
    let report = ModelReport(
      name: input.name, bytes: input.bytes, model: try ModelFile(parsing: input.bytes),
      verbose: verbose)
    return json ? try report.json() : report.text()
  }

  private func image(_ input: InputFile) throws -> String {
    let bytes = input.bytes
    let limits = resources.limits(holding: bytes.count)
    do {
      let index = try VZFile(parsing: bytes, limits: limits)
      let memory = ImageReport.memory(index, verbose: verbose, json: json)
      guard memory <= limits.memory else {
        throw VZError.limitExceeded("bytes of memory", limit: limits.memory, found: memory)
      }
      for tile in index.tiles.indices { try index.verify(tile: tile, in: bytes) }
      try index.verifyEnd(of: bytes)
      let report = try ImageReport(
        name: input.name, bytes: bytes, index: index, contents: try contents(of: bytes, limits),
        verbose: verbose)
      return json ? try report.json() : report.text()
    } catch VZError.notVZ {
      throw CommandFailure(input.name, "neither a .vz file nor a model file")
    }
  }

  /// What the streams of an image consist of; nil if that is not asked for, or without its model.
  private func contents(
    of bytes: [UInt8], _ limits: VZFile.Limits
  ) throws -> [ImageReport.TileContents]? {
    guard verbose else { return nil }
    let models = try model.map { [try Models.load($0, memory: limits.memory)] } ?? []
    let decoder = ImageDecoder(
      models: Models.library(models), threads: resources.threads, limits: limits)
    let statistics: [TileStatistics]
    do throws(CodecError) {
      statistics = try decoder.streamStatistics(bytes)
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
