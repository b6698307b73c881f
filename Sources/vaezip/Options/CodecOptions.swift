import ArgumentParser

/// The options that `compress` and `decompress` share.
struct CodecOptions: ParsableArguments {
  @Flag(
    name: .shortAndLong,
    help: "Overwrite files that exist, and write to a terminal.")
  var force = false

  @Flag(name: .shortAndLong, help: "Say more in the summary.")
  var verbose = false

  @Flag(help: "Print no summary. Errors, and notices of what an output lacks, still appear.")
  var quiet = false

  @Flag(help: "Print a JSON object a file on standard output, one a line, in place of the summaries.")
  var json = false

  func validate() throws {
    guard !(verbose && quiet) else {
      throw ValidationError("--verbose and --quiet exclude each other.")
    }
  }
}

extension Duration {
  /// As summaries show it.
  var text: String {
    let milliseconds = Int((self / .milliseconds(1)).rounded())
    let digits = String(milliseconds % 1000)
    let zeros = String(repeating: "0", count: 3 - digits.count)
    return "\(milliseconds / 1000)." + zeros + digits + " s"
  }
}
