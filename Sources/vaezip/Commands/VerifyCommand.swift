import ArgumentParser
import VAEZip

/// `vaezip verify`.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check .vz files, and write nothing.",
    discussion: """
      Decodes each INPUT, a .vz file, and compares all of its checksums: of the header, the \
      chunks, the tile index, the tiles, and the decoded pixels. It prints one line for each file on \
      standard error: that it is right, or what is wrong and where. A bad file does not stop \
      the others; the exit status is 1 if there is one.

      EXAMPLES
        vaezip verify photo.vz
        vaezip verify --quiet *.vz          prints bad files only
        vaezip verify --model mine.safetensors photo.vz
      """)

  @Argument(help: ArgumentHelp(".vz files; - is standard input.", valueName: "input"))
  var inputs: [String]

  @OptionGroup var decoding: DecoderOptions

  @Flag(help: "Print nothing about files that are right.")
  var quiet = false

  func run() throws {
    let models = try decoding.library()
    var failed = false
    for path in inputs {
      do throws(CommandFailure) {
        let line = try verify(path, with: models)
        if !quiet { Messages.line(line) }
      } catch {
        Messages.failure(error.description)
        failed = true
      }
    }
    if failed { throw ExitCode(1) }
  }

  private func verify(_ path: String, with models: ModelLibrary) throws(CommandFailure) -> String {
    let input = try decoding.read(path)
    let decoder = decoding.decoder(for: input, models)
    return try CommandFailure.naming(input.name) {
      try decoder.verify(input.bytes)
      let header = try VZFile(parsing: input.bytes, limits: decoder.limits).header
      let tiles = header.tileCount
      return "\(input.name): right: \(header.width) × \(header.height), "
        + "\(tiles) \(tiles == 1 ? "tile" : "tiles"), \(input.bytes.count) bytes"
    }
  }
}
