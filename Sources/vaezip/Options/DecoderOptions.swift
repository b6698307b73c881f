import ArgumentParser
import VAEZip

/// The options of commands that decode .vz files.
struct DecoderOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A model file, beside the built-in model; may be repeated.", valueName: "file"))
  var model: [String] = []

  @OptionGroup var resources: ResourceOptions

  /// The models that they name, and those of the program.
  func library() throws -> ModelLibrary {
    _ = try Kernels.selected()
    return Models.library(try model.map { try Models.load($0, memory: resources.maxMemory.value) })
  }

  /// The first model that they name, or the built-in one.
  func firstModel() throws -> Model {
    _ = try Kernels.selected()
    return try model.first.map { try Models.load($0, memory: resources.maxMemory.value) }
      ?? Model.builtIn()
  }

  /// The decoder that they ask for, for a file in memory.
  func decoder(for input: InputFile, _ models: ModelLibrary) -> ImageDecoder {
    ImageDecoder(
      models: models, threads: resources.threads,
      limits: resources.limits(holding: input.bytes.count))
  }

  /// Reads a .vz file. A file larger than the memory limit is refused unread.
  func read(_ path: String) throws(CommandFailure) -> InputFile {
    let input = try InputFile(path: path, limit: resources.maxMemory.value) {
      VZFile.signature.starts(with: $0.prefix(VZFile.signature.count))
    }
    if let refusal = FileKind(input.bytes.prefix(FileKind.signatureSize)).decompressRefusal {
      throw CommandFailure(input.name, refusal)
    }
    return input
  }

  /// How `decompress` and `verify` open files.
  func decoding() throws -> Decoding {
    Decoding(models: try library(), limits: resources.limits)
  }
}
