import ArgumentParser
import VAEZip

/// How good pictures are to be, or how small their files.
struct QualityOptions: ParsableArguments {
  @Option(
    name: [.customShort("q", allowingJoined: true), .long],
    help: ArgumentHelp(
      "From 0 to 100, fractions too. From 30 to 90 it is about the SSIMULACRA2 that photographs get on average: "
        + "50 is fair, 70 high quality, 90 hard to tell from the original. (default: 75)",
      valueName: "0…100"))
  var quality: Double?

  @Flag(
    help: ArgumentHelp(
      "Keep every sample of color and alpha, 16 bits included."))
  var lossless = false

  @Option(
    help: ArgumentHelp(
      "The best quality whose file has at most so many bytes; with K or M for 2¹⁰ or 2²⁰.",
      valueName: "n"))
  var targetSize: Quantity?

  @Option(
    help: ArgumentHelp(
      "The best quality whose file has at most so many bits per pixel.", valueName: "bits"))
  var targetBpp: Double?

  @Option(
    help: ArgumentHelp(
      "The smallest file with at least this PSNR.", valueName: "dB"))
  var targetPsnr: Double?

  @Option(
    name: .customLong("target-ssimulacra2"),
    help: ArgumentHelp(
      "The smallest file with at least this score: 90 is hard to tell from the original, 50 is fair.",
      valueName: "score"))
  var targetSSIMULACRA2: Double?

  func validate() throws {
    guard 0...100 ~= quality ?? 0 else {
      throw ValidationError("--quality must be 0…100, not \(quality ?? 0).")
    }
    for (name, value) in [("bpp", targetBpp), ("psnr", targetPsnr)] {
      guard let value else { continue }
      guard value > 0, value.isFinite else {
        throw ValidationError("--target-\(name) must be more than 0, not \(value).")
      }
    }
    if let score = targetSSIMULACRA2, !(score <= 100 && score.isFinite) {
      throw ValidationError("--target-ssimulacra2 must be at most 100, not \(score).")
    }
    let chosen =
      [
        quality != nil, lossless, targetSize != nil, targetBpp != nil, targetPsnr != nil,
        targetSSIMULACRA2 != nil,
      ]
      .filter { $0 }
    guard chosen.count < 2 || lossless && quality != nil && chosen.count == 2 else {
      throw ValidationError("Of --quality, --lossless and the targets, one can be chosen.")
    }
  }

  var target: EncodingTarget? {
    if let targetSize { return .bytes(targetSize.value) }
    if let targetBpp { return .bitsPerPixel(targetBpp) }
    if let targetPsnr { return .psnr(targetPsnr) }
    return targetSSIMULACRA2.map { .ssimulacra2($0) }
  }

  /// The position between a model's quality levels.
  func position(of model: Model) -> Int { model.qualityPosition(quality ?? 75) }
}
