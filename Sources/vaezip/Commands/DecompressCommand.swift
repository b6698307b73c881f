import ArgumentParser
import VAEZip

/// `vaezip decompress`.
struct DecompressCommand: CheckedCommand {
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
      fraction of the time. Its pixels come close to the means of the original's; those of exact pixels, and \
      of alpha, are the means. --region then takes all cells that hold a part of it.

      --format ppm and --format pam write the plain formats of netpbm, for pipes; -o picture.ppm does, too. They hold \
      no metadata, so a color profile or an orientation is lost, and a notice says so.

      --keep-going makes a picture of a damaged file: tiles (one up to a megapixel, else \
      squares of 512 pixels by default) that are damaged or missing are replaced by what the model expects without \
      any information; near their edges, pixels of their neighbors change a little. Each is \
      listed on standard error, with its number and its X,Y,W,H in pixels, and the exit status is \
      3. Damage before the tiles (header, metadata, tile index) is an error \
      even then.

      With -r, folders are searched for .vz files: those that begin like one, and those that are named like \
      one. Several small files are decoded at a time. A file that fails does not stop the others; the exit status \
      is 1 then.

      An output appears whole or not at all, and inherits the input's permissions and times. \
      A file that exists is not overwritten without -f. A run over many files may be ended at any moment and \
      started again with --skip-existing. With --rm, an input is removed after its PNG has been written to the \
      disk, unless tiles were replaced.

      EXAMPLES
        vaezip decompress photo.vz
        vaezip decompress -r Archive --output-dir Pictures
        vaezip decompress photo.vz -o copy.png
        vaezip decompress --model mine.safetensors photo.vz
        vaezip decompress -o - photo.vz | display -
        vaezip decompress --format ppm -o - photo.vz | cjpeg > photo.jpg
        vaezip decompress --region 1024,512,640,480 large.vz -o part.png
        vaezip decompress --scale 8 large.vz -o small.png
        vaezip decompress --keep-going damaged.vz
      """)

  @Argument(
    help: ArgumentHelp(
      ".vz files, and folders with -r; - is standard input.", valueName: "input"))
  var inputs: [String] = []

  @OptionGroup var selection: InputOptions
  @OptionGroup var outputs: OutputOptions

  @Option(
    help: ArgumentHelp("Decode only this part, in pixels from the top left.", valueName: "X,Y,W,H"))
  var region: Region?

  @Option(
    help: ArgumentHelp(
      "Make a picture of 1/8 or 1/16 of the size, without the synthesis.", valueName: "8|16"))
  var scale: PreviewScale?

  @Option(
    help: ArgumentHelp(
      "The kind of picture that is written: png, ppm (PGM for gray) or pam. By default the output's name says it.",
      valueName: "png|ppm|pam"))
  var format: PictureFormat?

  @Flag(help: "Replace damaged tiles, list them, and exit with status 3.")
  var keepGoing = false

  @OptionGroup var decoding: DecoderOptions
  @OptionGroup var options: CodecOptions

  func check() throws {
    try selection.check(inputs)
    try outputs.check(inputs, selection, extensions: outputFormat.extensions, options)
    guard !(outputs.removesInputs && region != nil) else {
      throw ValidationError("--rm keeps files of which only a --region was decoded; leave one out.")
    }
    guard !(outputs.removesInputs && scale != nil) else {
      throw ValidationError("--rm keeps files of which only a small picture was made; leave out --scale.")
    }
  }

  /// What `--format` says, or the output's name.
  private var outputFormat: PictureFormat { format ?? PictureFormat(path: outputs.output) }

  func run() throws {
    let kept = KeptFiles()
    let work = Decompression(
      decoding: try decoding.decoding(), region: region, scale: scale, format: outputFormat,
      keepsGoing: keepGoing, overwrites: options.force, isVerbose: options.verbose,
      removesInputs: outputs.removesInputs,
      kept: kept)
    let plan = try BatchPlan(
      inputs, selection, outputs, formats: .decompress(to: outputFormat), isQuiet: options.quiet)
    for job in plan.jobs { kept.add(job.input, "is an input of this command") }
    for model in decoding.model { kept.add(model, "is the model") }
    let run = BatchRun(
      plan: plan, threads: decoding.resources.threads, memory: decoding.resources.maxMemory.value,
      verb: "decompressed", printsJSON: options.json, isQuiet: options.quiet)
    try run { try work($0, $1, &$2) }
  }
}
