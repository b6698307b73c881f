import ArgumentParser
import Foundation
import VAEZip

/// `vaezip compress`.
struct CompressCommand: CheckedCommand {
  static let configuration = CommandConfiguration(
    commandName: "compress",
    abstract: "Compress images into .vz files.",
    discussion: """
      Reads each INPUT, a PNG, JPEG, PPM, PGM or PAM, and writes a .vz file beside it: photo.png becomes photo.vz. \
      The first bytes of a file say what it is, not its name. The quality says how close the picture stays to the original: 100 is nearly indistinguishable \
      from it, 75 looks good, 30 makes a small file. A higher quality has more bits per pixel \
      and a higher PSNR.

      In place of a quality, a target can be given: a size or a rate that files must not exceed, or a PSNR or \
      SSIMULACRA2 that pictures must reach. The best that keeps it, to 1/256 of a quality level, is found in 4 to 8 \
      encodings. The whole picture is in memory then. A target that cannot be reached is an error, and the \
      nearest figure is named.

      Every kind of PNG is taken, and every JPEG of 8 bits but CMYK. Of a JPEG, the Exif data with the orientation, \
      the color profile, XMP and the resolution are kept; pixels are not turned. Alpha is coded without loss, and metadata (color profile, \
      Exif, resolution, text, dates) are carried along. Color of 16 bits is rounded to 8 unless \
      --lossless is given; a notice says so.

      Graphics (screenshots, charts, pixel art) are kept exactly where that costs less than coming close: \
      some pixels, or all. --lossless keeps every pixel of every picture.

      To decompress a picture that was compressed with a model of your own (vaezip train), you \
      need that model.

      With -r, folders are searched for such pictures: files that begin like one, and files that are named like one. \
      Several small files are compressed at a time. A file that fails does not stop the others; the exit status is \
      1 then. Names that would lead to the same output are refused before the work begins.

      An output appears whole or not at all, and inherits the input's permissions and times. \
      A file that exists is not overwritten without -f. A run over many files may be ended at any moment and \
      started again with --skip-existing: what is done is not done again. With --rm, an input is removed after its \
      .vz file was written to the disk, read back, and decoded with all checksums right.

      EXAMPLES
        vaezip compress photo.png
        vaezip compress -q 40 -v photo.png -o small.vz
        vaezip compress *.png *.jpg
        vaezip compress -r Photos --output-dir Archive --skip-existing
        find Photos -newer stamp -name '*.png' -print0 | vaezip compress --filelist -
        vaezip compress --lossless chart.png
        vaezip compress --target-size 200K -r Photos -o Small/
        convert in.tiff png:- | vaezip compress -o out.vz -
        vaezip compress --model mine.safetensors photo.png
      """)

  @Argument(
    help: ArgumentHelp(
      "PNG, JPEG, PPM, PGM or PAM files, and folders with -r; - is standard input.", valueName: "input"))
  var inputs: [String] = []

  @OptionGroup var selection: InputOptions
  @OptionGroup var outputs: OutputOptions

  @OptionGroup var quality: QualityOptions
  @OptionGroup var coding: CodingOptions

  @Flag(help: "Leave out metadata: color profile, Exif, text and the like.")
  var strip = false

  @Flag(
    help: ArgumentHelp(
      "Keep the color of fully transparent pixels; by default it is replaced to save bytes."))
  var keepInvisible = false

  @OptionGroup var resources: ResourceOptions
  @OptionGroup var options: CodecOptions

  func check() throws {
    try selection.check(inputs)
    try outputs.check(inputs, selection, extensions: ["vz"], options)
  }

  func run() throws {
    let kept = KeptFiles()
    let model = try coding.loadedModel(memory: resources.maxMemory.value)
    let work = Compression(
      model: model,
      options: EncoderOptions(
        qualityPosition: quality.position(of: model), tileSize: coding.tileSize, effort: coding.effort,
        keepsInvisibleColor: keepInvisible, isLossless: quality.lossless),
      target: quality.target, limits: resources.limits, keepsMetadata: !strip, overwrites: options.force,
      isVerbose: options.verbose, removesInputs: outputs.removesInputs, kept: kept)
    let plan = try BatchPlan(inputs, selection, outputs, formats: .compress, isQuiet: options.quiet)
    for job in plan.jobs { kept.add(job.input, "is an input of this command") }
    if let model = coding.model { kept.add(model, "is the model") }
    let run = BatchRun(
      plan: plan, threads: resources.threads, memory: resources.maxMemory.value, verb: "compressed",
      printsJSON: options.json, isQuiet: options.quiet)
    try run { try work($0, $1, &$2) }
  }
}
