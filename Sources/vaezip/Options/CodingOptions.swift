import ArgumentParser
import VAEZip

/// How images are coded, but for their quality.
struct CodingOptions: ParsableArguments {
  @Option(
    name: [.customShort("e", allowingJoined: true), .long],
    help: ArgumentHelp(
      "From 1 (fast) to 9 (small file): time spent on a smaller file at equal quality.",
      valueName: "1…9"))
  var effort = EncoderOptions.standardEffort

  @Option(
    help: ArgumentHelp(
      "Side of a tile in pixels; regions and damage are cut to whole tiles. A power of "
        + "two, 64…16384. (default: one tile up to a megapixel, 512 above)", valueName: "n"))
  var tileSize: Int?

  @Option(
    help: ArgumentHelp("A model file to use instead of the built-in model.", valueName: "file"))
  var model: String?

  func validate() throws {
    guard EncoderOptions.efforts ~= effort else {
      throw ValidationError("--effort must be 1…9, not \(effort).")
    }
    if let tileSize, !EncoderOptions.tileSizes.contains(tileSize) {
      throw ValidationError("--tile-size must be a power of two, 64…16384, not \(tileSize).")
    }
  }

  /// - Parameter memory: bytes that the model may take.
  func loadedModel(memory: Int = .max) throws -> Model {
    // Checked first: an unavailable instruction set is not an error of the model file.
    _ = try Kernels.selected()
    return try model.map { try Models.load($0, memory: memory) } ?? Model.builtIn()
  }
}
