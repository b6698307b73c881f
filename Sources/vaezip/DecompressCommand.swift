import ArgumentParser
import VAEZip

/// `vaezip decompress`.
struct DecompressCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decompress",
    abstract: "Decompress .vz files into PNG images.",
    discussion: """
      Reads each INPUT, a .vz file, and writes a PNG beside it: photo.vz becomes photo.png. The \
      pixels are compared with the checksum that the file carries, so what is written is what \
      the encoder saw, bit for bit; otherwise, and if the file is damaged anywhere, an error is \
      reported and nothing is written.

      A file says which model it needs. If that is not the built-in one, name it with --model; \
      several may be named, and each file takes its own.

      An output appears whole or not at all, and takes over the input's permissions and times. \
      A file that exists is not overwritten without -f.

      EXAMPLES
        vaezip decompress photo.vz
        vaezip decompress photo.vz -o copy.png
        vaezip decompress --model mine.safetensors photo.vz
        vaezip decompress -o - photo.vz | display -
      """)

  @Argument(help: ArgumentHelp(".vz files; - is standard input.", valueName: "input"))
  var inputs: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "A model file, beside the built-in model; may be repeated.", valueName: "file"))
  var model: [String] = []

  @OptionGroup var options: CodecOptions

  func validate() throws { _ = try conversions() }

  private func conversions() throws -> Conversions {
    try Conversions(inputs: inputs, output: output, replacing: "vz", by: "png")
  }

  func run() throws {
    _ = try Kernels.selected()
    let models = try model.map(Models.load)
    let decoder = Decoder(
      models: ModelLibrary(models), threads: options.threads,
      limits: Container.Limits(pixels: options.maxPixels))
    try conversions().run { try decompress($0, to: $1, with: decoder) }
  }

  private func decompress(_ path: String, to outputPath: String, with decoder: Decoder) throws {
    let input = try InputFile(path: path, signature: Container.signature)
    let output = try OutputFile(
      path: outputPath, overwrite: options.force, source: input.attributes)
    let clock = ContinuousClock()
    try CommandFailure.naming(input.name) {
      let start = clock.now
      let picture = PNGOutput(output)
      try decoder.decode(input.bytes, to: picture)
      try picture.finish()
      let finished = clock.now
      try output.commit(source: input.attributes)

      guard !options.quiet else { return }
      var summary = "\(input.name) → \(output.name): \(picture.width) × \(picture.height), "
        + "\(picture.bytes) bytes"
      if options.verbose { summary += ", \((finished - start).text)" }
      Messages.line(summary)
    }
  }
}
