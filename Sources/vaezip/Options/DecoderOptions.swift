import ArgumentParser
import VAEZip

/// The options of commands that decode .vz files.
struct DecoderOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A model file, beside the built-in model; may be repeated.", valueName: "file"))
  var model: [String] = []

  @OptionGroup var resources: ResourceOptions

  /// The decoder that they ask for.
  func decoder() throws -> ImageDecoder {
    _ = try Kernels.selected()
    return ImageDecoder(
      models: Models.library(try model.map(Models.load)), threads: resources.threads,
      limits: VZFile.Limits(
        pixels: resources.maxPixels.value, memory: resources.maxMemory.value))
  }

  /// Reads a .vz file. A file larger than the memory limit is refused unread.
  func read(_ path: String) throws(CommandFailure) -> InputFile {
    try InputFile(
      path: path, limit: resources.maxMemory.value, signature: VZFile.signature)
  }
}
