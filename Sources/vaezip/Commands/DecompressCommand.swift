import ArgumentParser
import VAEZip

/// `vaezip decompress`.
struct DecompressCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decompress",
    abstract: "Decompress .vz files into PNG images.",
    discussion: """
      Reads each INPUT, a .vz file, and writes a PNG beside it: photo.vz becomes photo.png. What \
      the streams decode to is compared with the checksum in the file, so the PNG is, bit for bit, \
      the picture that the encoder meant. If they differ, or if the file is damaged anywhere, an error is \
      reported and nothing is written.

      A file names the model that it needs. If that is not the built-in one, give it with --model \
      (may be repeated; each file finds its own), or keep model files under any name \
      in ~/.local/share/vaezip/models or the folders of VAEZIP_MODELS.

      --region decodes a part of the picture, in a fraction of the time: only the tiles that it \
      needs are decoded and checked. The part equals that of the whole, bit for bit; but the checksum \
      of all pixels cannot be compared.

      --scale 8 and --scale 16 make a small picture of 1/8 or 1/16 of the size from the latents alone, in a \
      fraction of the time. Its pixels come close to the means of the original's; those of exact blocks, and \
      of alpha, are the means. --region then takes all cells that hold a part of it.

      --keep-going makes a picture of a damaged file: tiles (one up to a megapixel, else \
      squares of 512 pixels by default) that are damaged or missing are replaced by what the model expects without \
      any information; near their edges, pixels of their neighbors change a little. Each is \
      listed on standard error, with its number and its X,Y,W,H in pixels, and the exit status is \
      3. Damage before the tiles (header, metadata, tile index) is an error \
      even then.

      An output appears whole or not at all, and inherits the input's permissions and times. \
      A file that exists is not overwritten without -f.

      EXAMPLES
        vaezip decompress photo.vz
        vaezip decompress photo.vz -o copy.png
        vaezip decompress --model mine.safetensors photo.vz
        vaezip decompress -o - photo.vz | display -
        vaezip decompress --region 1024,512,640,480 large.vz -o part.png
        vaezip decompress --scale 8 large.vz -o small.png
        vaezip decompress --keep-going damaged.vz
      """)

  @Argument(help: ArgumentHelp(".vz files; - is standard input.", valueName: "input"))
  var inputs: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp("Decode only this part, in pixels from the top left.", valueName: "X,Y,W,H"))
  var region: Region?

  @Option(
    help: ArgumentHelp(
      "Make a picture of 1/8 or 1/16 of the size, without the synthesis.", valueName: "8|16"))
  var scale: PreviewScale?

  @Flag(help: "Replace damaged tiles, list them, and exit with status 3.")
  var keepGoing = false

  @OptionGroup var decoding: DecoderOptions
  @OptionGroup var options: CodecOptions

  func validate() throws { _ = try conversions() }

  private func conversions() throws -> Conversions {
    try Conversions(
      inputs: inputs, output: output, replacing: "vz", by: "png", force: options.force)
  }

  func run() throws {
    let models = try decoding.library()
    try conversions().run(models: decoding.model) {
      try decompress($0, to: $1, keeping: $2, with: models)
    }
  }

  private func decompress(
    _ path: String, to outputPath: String, keeping kept: KeptFiles, with models: ModelLibrary
  ) throws -> Conversions.Outcome {
    let input = try decoding.read(path)
    let decoder = decoding.decoder(for: input, models)
    let output = try OutputFile(
      path: outputPath, overwrite: options.force, source: input.attributes, kept: kept)
    let clock = ContinuousClock()
    return try CommandFailure.naming(input.name) {
      let start = clock.now
      let picture = PNGOutput(output)
      let damage =
        if let scale {
          try decoder.preview(
            input.bytes, scale: scale, region: region, keepsGoing: keepGoing, to: picture)
        } else {
          try decoder.decode(input.bytes, region: region, keepsGoing: keepGoing, to: picture)
        }
      try picture.finish()
      let finished = clock.now
      try output.commit(source: input.attributes)

      for line in damage.lines { Messages.failure("\(input.name): \(line)") }
      let outcome: Conversions.Outcome = damage.isEmpty ? .whole : .damaged
      guard !options.quiet else { return outcome }
      var summary =
        "\(input.name) → \(output.name): \(picture.width) × \(picture.height), "
        + "\(picture.bytes) bytes"
      if options.verbose { summary += ", \((finished - start).text)" }
      Messages.line(summary)
      return outcome
    }
  }
}

extension Damage {
  /// A line for each problem.
  fileprivate var lines: [String] {
    tiles.map { "replaced tile \($0.index) at \($0.region): \($0.reason)" }
      + (end.map { ["the pixels are not proved: \($0)"] } ?? [])
  }
}
