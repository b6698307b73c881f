import ArgumentParser
import VAEZip
import VAEZipAnomaly
import VAEZipFeatures

/// `vaezip anomaly fit`.
struct AnomalyFitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Learn what normal pictures are like.",
    discussion: """
      Reads normal pictures (PNG, JPEG, PPM, .vz) and writes what score needs as JSON, a few kilobytes. One picture is enough \
      for places if it has some hundred of them; scores of whole pictures need at least eight pictures, better fifty.

      PNGs are looked at with rounded latents (-e 1), which shows most. Encoders choose symbols that hide a part of the \
      noise. Fit on .vz files if .vz files are to be scored, or give the effort of these with -e.

      EXAMPLES
        vaezip anomaly fit Normal -o normal.json
        vaezip anomaly fit -q 60 Normal/*.png -o normal.json
      """)

  @Argument(
    help: ArgumentHelp(
      "Files of normal pictures, PNG, JPEG, PPM or .vz, and directories of such.", valueName: "file"))
  var files: [String]

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"))
  var output: String

  @Flag(name: .shortAndLong, help: "Overwrite the output if it exists.")
  var force = false

  @OptionGroup var options: LatentOptions

  func run() throws {
    let paths = try PictureList.paths(files)
    let kept = KeptFiles()
    for path in paths { kept.add(path, "is an input of this command") }
    for path in options.decoder.model { kept.add(path, "is the model") }
    let file = try OutputFile(path: output, overwrite: force, kept: kept)
    let source = try LatentSource(options)
    // Files do not tell their effort.
    let hasPNG = paths.contains { PathText.pathExtension(of: $0) != "vz" }
    var fit = NormalPictureFit(effort: hasPNG ? source.effort : nil)
    let limit = options.decoder.resources.maxMemory.value
    for path in paths {
      let latents = try source.read(path).latents
      try CommandFailure.naming(path) {
        try fit.add(latents)
        // At its end the fit has its numbers twice.
        guard 3 * fit.byteCount <= limit else {
          throw FeatureError.memory(limit: limit, found: 3 * fit.byteCount)
        }
      }
    }
    let normal = try CommandFailure.naming(files.joined(separator: ", ")) { try fit.finished() }
    try file.write(try normal.json())
    try file.commit()
  }
}
