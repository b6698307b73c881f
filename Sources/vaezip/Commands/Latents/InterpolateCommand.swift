import ArgumentParser
import VAEZip
import VAEZipFeatures
import VAEZipGeneration

extension PictureInterpolation.Path: ExpressibleByArgument {}

/// `vaezip interpolate`.
struct InterpolateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "interpolate",
    abstract: "Make the pictures between two pictures, in the latent space.",
    discussion: """
      Mixes the latents and hyper-latents of two pictures of the same size (PNG, JPEG, PPM, .vz) and decodes each mixture. The \
      first frame is the first picture as the codec has it at that quality, the last one the second. Two .vz \
      files must have the same model and quality, and no exact pixels. Alpha is left out.

      The result is the same on every machine. Between photographs of different things the frames are a cross-fade \
      with sharper edges than one of pixels; between two members of a small domain, with a model that was trained on \
      it, they pass through plausible others.

      --path spherical follows the arc between the two vectors, so that lengths change steadily; linear is the straight \
      line.

      Into DIRECTORY come frame-0.png … and strip.png with all frames side by side.

      EXAMPLES
        vaezip interpolate a.png b.png --steps 9 -o Frames
        vaezip interpolate --model flags.model a.vz b.vz --path spherical -o Frames
      """)

  @Argument(help: ArgumentHelp("The first picture: PNG, JPEG, PPM or .vz.", valueName: "first"))
  var first: String

  @Argument(help: ArgumentHelp("The last picture.", valueName: "last"))
  var last: String

  @Option(help: ArgumentHelp("Number of frames, with the first and the last one.", valueName: "n"))
  var steps = 9

  @Option(help: "The way through the latent space: linear or spherical.")
  var path = PictureInterpolation.Path.linear

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The directory to write into; it is made.", valueName: "directory"))
  var output: String

  @Flag(help: "Also write the .vz files of the frames.")
  var vz = false

  @Flag(name: .shortAndLong, help: "Overwrite files that exist.")
  var force = false

  @OptionGroup var options: LatentOptions

  func validate() throws {
    guard 2...10_000 ~= steps else { throw ValidationError("--steps must be 2…10000, not \(steps).") }
  }

  func run() throws {
    let source = try LatentSource(options)
    let (a, b) = (try source.read(first).latents, try source.read(last).latents)
    let limits = options.decoder.resources.limits()
    let model = try CommandFailure.naming(first) { try source.model(id: a.modelID) }
    let threads = options.decoder.resources.threads
    let interpolation = try CommandFailure.naming("\(first), \(last)") {
      try PictureInterpolation(
        from: a, to: b, model: model, path: path, threads: threads, limits: limits)
    }
    let kept = KeptFiles()
    for path in [first, last] { kept.add(path, "is an input of this command") }
    for path in options.decoder.model { kept.add(path, "is the model") }
    let names = (0..<steps).map { "frame-\($0)" }
    let folder = try OutputFolder(output, force: force, kept: kept)
    try folder.check(["strip.png"] + names.flatMap { [$0 + ".png"] + (vz ? [$0 + ".vz"] : []) })

    let decoder = ImageDecoder(models: ModelLibrary([model]), threads: threads, limits: limits)
    var images: [Image] = []
    for (step, name) in names.enumerated() {
      let (file, image) = try CommandFailure.naming("\(first), \(last)") {
        let file = try interpolation.frame(step, of: steps)
        return (file, try decoder.decode(file.bytes))
      }
      try folder.write(try PNG.write(image), to: name + ".png")
      if vz { try folder.write(file.bytes, to: name + ".vz") }
      if (images.count + 1) * image.width * image.height <= 1 << 26 { images.append(image) }
    }
    if let strip = ContactSheet.image(images, columns: images.count) {
      try folder.write(try PNG.write(strip), to: "strip.png")
    }
  }
}
