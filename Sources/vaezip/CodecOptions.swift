import ArgumentParser
import VAEZip

/// The options that `compress` and `decompress` share.
struct CodecOptions: ParsableArguments {
  @Flag(
    name: .shortAndLong,
    help: "Overwrite files that exist, and write to a terminal.")
  var force = false

  @Option(
    name: [.customShort("T", allowingJoined: true), .long],
    help: ArgumentHelp(
      "Threads; 0 takes all cores. The result does not depend on it.", valueName: "n"))
  var threads = 0

  // Memory grows with the width of a picture, not with its pixels; time and disk do with those.
  @Option(
    help: ArgumentHelp("Refuse images of more pixels, before memory is taken.", valueName: "n"))
  var maxPixels = 1 << 28

  @Flag(name: .shortAndLong, help: "Say more in the summary.")
  var verbose = false

  @Flag(help: "Print no summary. Errors, and notices of what an output lacks, still appear.")
  var quiet = false

  func validate() throws {
    guard 0...1024 ~= threads else {
      throw ValidationError("--threads must be 0…1024, not \(threads).")
    }
    guard maxPixels > 0 else {
      throw ValidationError("--max-pixels must be positive, not \(maxPixels).")
    }
    guard !(verbose && quiet) else {
      throw ValidationError("--verbose and --quiet exclude each other.")
    }
  }
}

/// The files that a command turns into others, one by one.
struct Conversions {
  /// From where to where.
  let pairs: [(input: String, output: String)]

  /// - Parameters:
  ///   - output: of `-o`.
  ///   - from: the extension that goes, without a dot.
  ///   - to: the one that comes in its place.
  /// - Throws: `ValidationError` if the options do not fit together.
  init(
    inputs: [String], output: String?, replacing from: String, by to: String
  ) throws {
    guard output == nil || inputs.count == 1 else {
      throw ValidationError("-o takes one input, not \(inputs.count).")
    }
    guard !inputs.contains("") && output != "" else {
      throw ValidationError("A file's name must not be empty.")
    }
    pairs = inputs.map { input in
      (input, output ?? Self.output(of: input, replacing: from, by: to))
    }
  }

  /// `picture.png` becomes `picture.vz`; what has another extension keeps it; `-` stays `-`.
  static func output(of input: String, replacing from: String, by to: String) -> String {
    guard input != "-" else { return "-" }
    let suffix = "." + from
    let name = input.split(separator: "/").last ?? ""
    let stem =
      name.count > suffix.count && name.lowercased().hasSuffix(suffix)
      ? String(input.dropLast(suffix.count)) : input
    return stem + "." + to
  }

  /// Converts all of them; a file that fails does not keep the others from their turn.
  /// - Throws: `ExitCode` 1 if one failed; its message has been printed.
  func run(_ convert: (_ input: String, _ output: String) throws -> Void) throws {
    var failed = false
    for (input, output) in pairs {
      do {
        try convert(input, output)
      } catch let failure as CommandFailure {
        Messages.failure(failure.description)
        failed = true
      }
    }
    if failed { throw ExitCode(1) }
  }
}

/// Models that commands name.
enum Models {
  /// The model in a file.
  static func load(_ path: String) throws(CommandFailure) -> Model {
    let file = try InputFile(path: path, limit: ModelFile.Limits.fileSize)
    return try CommandFailure.naming(file.name) { try Model(contentsOf: file.bytes) }
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
