import ArgumentParser
import VAEZip

/// `vaezip thumbnail`.
struct ThumbnailCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "thumbnail",
    abstract: "Make a small PNG of a .vz file.",
    discussion: """
      Writes a PNG that fits into a square, upright, with the picture's colors and alpha. Of a large picture, \
      only the latents are decoded. It is never larger than the picture.

      Desktops call this command for their file managers: `install` puts vaezip.thumbnailer into place.

      EXAMPLES
        vaezip thumbnail photo.vz small.png
        vaezip thumbnail -s 512 photo.vz - | display -
      """)

  @Argument(help: ArgumentHelp("A .vz file; - is standard input.", valueName: "input"))
  var input: String

  @Argument(help: ArgumentHelp("The PNG to write; - is standard output.", valueName: "output"))
  var output: String

  @Option(
    name: [.customShort("s", allowingJoined: true), .long],
    help: ArgumentHelp("Width and height of the square, in pixels.", valueName: "1…4096"))
  var size = 256

  @Flag(name: .shortAndLong, help: "Overwrite a file that exists, and write to a terminal.")
  var force = false

  @OptionGroup var decoding: DecoderOptions

  func validate() throws {
    guard 1...4096 ~= size else {
      throw ValidationError("--size must be 1…4096, not \(size).")
    }
    guard !input.isEmpty, !output.isEmpty else {
      throw ValidationError("A file's name must not be empty.")
    }
  }

  func run() throws {
    let models = try decoding.library()
    let input = try decoding.read(input)
    let kept = KeptFiles()
    kept.add(self.input, "is the input of this command")
    for model in decoding.model { kept.add(model, "is the model") }
    let output = try OutputFile(path: output, overwrite: force, kept: kept)
    try CommandFailure.naming(input.name) {
      let image = try decoding.decoder(for: input, models).thumbnail(input.bytes, size: size)
      try output.write(try PNG.write(image, compression: .level(6)))
      try output.commit()
    }
  }
}
