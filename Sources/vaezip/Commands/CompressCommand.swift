import ArgumentParser
import Foundation
import VAEZip

/// `vaezip compress`.
struct CompressCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compress",
    abstract: "Compress PNG images into .vz files.",
    discussion: """
      Reads each INPUT, a PNG, and writes a .vz file beside it: photo.png becomes photo.vz. The \
      quality says how close the picture stays to the original: 100 is nearly indistinguishable \
      from it, 75 looks good, 30 makes a small file. A higher quality has more bits per pixel \
      and a higher PSNR.

      Every kind of PNG is taken. Alpha is coded without loss, and metadata (color profile, \
      Exif, resolution, text, dates) are carried along. Color of 16 bits is rounded to 8 unless \
      --lossless is given; a notice says so.

      Graphics (screenshots, charts, pixel art) are kept exactly where that costs less than coming close: \
      in blocks of 64 × 64 pixels, or whole. --lossless keeps every pixel of every picture.

      To decompress a picture that was compressed with a model of your own (vaezip train), you \
      need that model.

      An output appears whole or not at all, and inherits the input's permissions and times. \
      A file that exists is not overwritten without -f.

      EXAMPLES
        vaezip compress photo.png
        vaezip compress -q 40 -v photo.png -o small.vz
        vaezip compress *.png
        vaezip compress --lossless chart.png
        convert in.tiff png:- | vaezip compress -o out.vz -
        vaezip compress --model mine.safetensors photo.png
      """)

  @Argument(help: ArgumentHelp("PNG files; - is standard input.", valueName: "input"))
  var inputs: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"))
  var output: String?

  @Option(
    name: [.customShort("q", allowingJoined: true), .long],
    help: ArgumentHelp("From 0 to 100.", valueName: "0…100"))
  var quality = 75

  @Flag(
    help: ArgumentHelp(
      "Keep every sample of color and alpha, 16 bits included; --quality has no meaning then."))
  var lossless = false

  @OptionGroup var coding: CodingOptions

  @Flag(help: "Leave out metadata: color profile, Exif, text and the like.")
  var strip = false

  @Flag(
    help: ArgumentHelp(
      "Keep the color of fully transparent pixels; by default it is replaced to save bytes."))
  var keepInvisible = false

  @OptionGroup var resources: ResourceOptions
  @OptionGroup var options: CodecOptions

  func validate() throws {
    guard 0...100 ~= quality else {
      throw ValidationError("--quality must be 0…100, not \(quality).")
    }
    _ = try conversions()
  }

  private func conversions() throws -> Conversions {
    try Conversions(
      inputs: inputs, output: output, replacing: "png", by: "vz", force: options.force)
  }

  func run() throws {
    let encoder = try ImageEncoder(
      model: try coding.loadedModel(memory: resources.maxMemory.value),
      options: EncoderOptions(
        quality: quality, threads: resources.threads, tileSize: coding.tileSize,
        effort: coding.effort, keepsInvisibleColor: keepInvisible, isLossless: lossless))
    try conversions().run(models: coding.model.map { [$0] } ?? []) {
      try compress($0, to: $1, keeping: $2, with: encoder)
      return .whole
    }
  }

  private func compress(
    _ path: String, to outputPath: String, keeping kept: KeptFiles, with encoder: ImageEncoder
  ) throws {
    let input = try InputDescriptor(path: path)
    let output = try OutputFile(
      path: outputPath, overwrite: options.force, source: input.attributes, kept: kept)
    try CommandFailure.naming(input.name) {
      let clock = ContinuousClock()
      let start = clock.now
      var limits = PNG.Limits.default
      limits.pixels = resources.maxPixels.value
      limits.metadataBytes = min(resources.maxMetadata.value, resources.maxMemory.value / 8)
      let picture = try PNG.Reader(
        limits: limits, size: input.announcedSize, keepsMetadata: !strip,
        keepsColorDepth: lossless
      ) { buffer throws(PNGError) in
        do throws(CommandFailure) {
          return try input.read(into: buffer)
        } catch {
          throw .notRead(error.cause)
        }
      }
      try checkLimits(picture, encoder)
      let encoded = try encoder.encode(from: picture, measuresError: options.verbose)
      for notice in picture.notices { Messages.failure("\(input.name): \(notice)") }
      let finished = clock.now
      if encoded.bytes.count > input.bytesRead {
        Messages.failure("\(input.name): \(growth(encoded.bytes.count, input.bytesRead))")
      }
      try output.write(encoded.bytes)
      try output.commit(source: input.attributes)

      guard !options.quiet else { return }
      let (width, height) = (picture.width, picture.height)
      let rate = 8 * Double(encoded.bytes.count) / (Double(width) * Double(height))
      var summary =
        "\(input.name) → \(output.name): \(width) × \(height), "
        + "\(encoded.bytes.count) bytes, \(String(format: "%.4f", rate)) bits per pixel"
      if options.verbose {
        let psnr = Metrics.psnr(meanSquaredError: encoded.meanSquaredError ?? .nan)
        summary += String(format: ", PSNR %.2f dB", psnr) + ", \((finished - start).text)"
      }
      Messages.line(summary)
    }
  }

  /// What to do about a file that is larger than the PNG it was made of.
  private func growth(_ bytes: Int, _ original: Int) -> String {
    "the .vz file has \(bytes) bytes, the PNG \(original); "
      + (lossless
        ? "a higher --effort may help, or keep the PNG" : "a lower --quality makes it smaller")
  }

  /// Nothing of the image's size has been allocated yet.
  private func checkLimits(_ picture: PNG.Reader, _ encoder: ImageEncoder) throws {
    let pixels = VZHeader.computedPixels(width: picture.width, height: picture.height)
    guard pixels <= resources.maxPixels.value else {
      throw VZError.limitExceeded(
        "pixels, in whole cells of 16 × 16", limit: resources.maxPixels.value, found: pixels)
    }
    let needed =
      picture.memoryEstimate
      + (try encoder.memoryEstimate(
        width: picture.width, height: picture.height, format: picture.format,
        measuresError: options.verbose))
    let limit = resources.maxMemory.value
    guard needed <= limit else {
      throw VZError.limitExceeded("bytes of memory", limit: limit, found: needed)
    }
  }
}
