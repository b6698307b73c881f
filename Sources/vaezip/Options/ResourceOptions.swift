import ArgumentParser
import VAEZip

/// Limits on threads, pixels and memory.
struct ResourceOptions: ParsableArguments {
  @Option(
    name: [.customShort("T", allowingJoined: true), .long],
    help: ArgumentHelp(
      "Threads; 0 takes all cores. Several small files are worked on at a time, a thread each. The "
        + "results do not depend on it.", valueName: "n"))
  var threads = 0

  @Option(
    help: ArgumentHelp(
      "Refuse images with more pixels, before memory is taken. Counted in whole cells of 16 × 16, "
        + "which is what they cost. With K, M or G for 2¹⁰, 2²⁰, 2³⁰.",
      valueName: "n"))
  var maxPixels = Quantity(1 << 30)

  @Option(
    help: ArgumentHelp(
      "Refuse images that need more bytes of memory; with K, M or G. Memory grows with the width "
        + "of an image, hardly with its height. All files that are worked on at a time stay below it "
        + "together.", valueName: "n"))
  var maxMemory = Quantity(1 << 32)

  @Option(
    help: ArgumentHelp(
      "Refuse files with more bytes of metadata; with K, M or G.", valueName: "n"))
  var maxMetadata = Quantity(1 << 26)

  /// What a decoder may take beside the input's bytes, which are in memory already.
  func limits(holding bytes: Int = 0) -> VZFile.Limits {
    VZFile.Limits(
      pixels: maxPixels.value, chunkBytes: maxMetadata.value, memory: max(0, maxMemory.value - bytes))
  }

  var limits: ResourceLimits {
    ResourceLimits(
      pixels: maxPixels.value, memory: maxMemory.value, metadata: maxMetadata.value)
  }

  func validate() throws {
    guard 0...1024 ~= threads else {
      throw ValidationError("--threads must be 0…1024, not \(threads).")
    }
  }
}

/// A positive number, maybe with a suffix: `100M`, `4GiB`.
struct Quantity: ExpressibleByArgument, CustomStringConvertible {
  let value: Int

  init(_ value: Int) { self.value = value }

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let shift: Int
    switch argument.dropFirst(digits.count).uppercased() {
    case "": shift = 0
    case "K", "KB", "KIB": shift = 10
    case "M", "MB", "MIB": shift = 20
    case "G", "GB", "GIB": shift = 30
    default: return nil
    }
    guard let number = Int(digits), number > 0 else { return nil }
    let (value, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
    guard !overflow else { return nil }
    self.value = value
  }

  /// The shortest exact form.
  var description: String {
    for (suffix, shift) in [("G", 30), ("M", 20), ("K", 10)] where value % (1 << shift) == 0 {
      return "\(value >> shift)\(suffix)"
    }
    return "\(value)"
  }

  var defaultValueDescription: String { description }
}
