import ArgumentParser

/// A command whose options are checked after all of them are known to exist.
///
/// The parser calls `validate` before it names an unknown option, so that `compress -d 1 a.png -o b.vz` would
/// complain of two inputs.
protocol CheckedCommand: ParsableCommand {
  /// - Throws: `ValidationError` if the options do not fit together.
  func check() throws
}

/// Which files a command works on, beside its arguments.
struct InputOptions: ParsableArguments {
  @Flag(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Take the files in folders and in their folders, by content; others are counted. "
        + "Links to folders are not followed."))
  var recursive = false

  @Option(
    help: ArgumentHelp(
      "Also take the files that are listed there, one a line or with NUL after each; - is standard "
        + "input.", valueName: "file"))
  var filelist: String?

  /// - Throws: `ValidationError` if there is nothing to work on.
  func check(_ inputs: [String]) throws {
    guard !inputs.isEmpty || filelist != nil else {
      throw ValidationError("Missing expected argument '<input> ...'")
    }
    guard !inputs.contains("") && filelist != "" else {
      throw ValidationError("A file's name must not be empty.")
    }
    guard filelist != "-" || !inputs.contains("-") else {
      throw ValidationError("Standard input cannot be both a picture and the list of files.")
    }
  }
}

/// Where a command writes, and what becomes of its inputs.
struct OutputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The file to write; - is standard output. With a slash at the end, or if it is a folder, "
        + "as --output-dir.", valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Write into this folder, which is made if need be. What -r finds keeps its place below "
        + "its folder, and listed files keep their paths.", valueName: "folder"))
  var outputDir: String?

  @Flag(help: "Pass over inputs whose output exists, so that a run can be resumed. Not an error.")
  var skipExisting = false

  @Flag(
    name: .customLong("rm"),
    help: "Remove each input after its output was written to the disk and checked.")
  var removesInputs = false

  /// - Parameters:
  ///   - inputs: the arguments.
  ///   - extensions: of the files that the command writes, the usual one first.
  /// - Throws: `ValidationError` if the options do not fit together.
  func check(
    _ inputs: [String], _ options: InputOptions, extensions: [String], _ codec: CodecOptions
  ) throws {
    let force = codec.force
    guard output != "" && outputDir != "" else {
      throw ValidationError("A file's name must not be empty.")
    }
    guard output == nil || outputDir == nil else {
      throw ValidationError("-o and --output-dir exclude each other.")
    }
    guard !(skipExisting && force) else {
      throw ValidationError("--skip-existing and --force exclude each other.")
    }
    let usesStandardOutput = output == "-" || output == nil && outputDir == nil && inputs.contains("-")
    guard !(codec.json && usesStandardOutput) else {
      throw ValidationError("--json and the picture would both go to standard output.")
    }
    switch destination {
    case .file(let path):
      guard inputs.count == 1, options.filelist == nil else {
        let found = options.filelist == nil ? "\(inputs.count)" : "a list"
        throw ValidationError(
          "-o takes one input, not \(found); -o FOLDER/ or --output-dir takes any number.")
      }
      let found = PathText.pathExtension(of: path)
      guard force || extensions.contains(found) || !FileFormats.pictureExtensions.contains(found) else {
        throw ValidationError(
          "-o \(path): the output is a .\(extensions[0]) file, not .\(found); -f writes it under that name.")
      }
      guard !(removesInputs && path == "-") else {
        throw ValidationError("--rm needs an output that stays: a file.")
      }
    case .folder:
      guard !inputs.contains("-") else {
        throw ValidationError("Standard input has no name to write under; -o names a file.")
      }
    case .beside:
      guard !(removesInputs && inputs.contains("-")) else {
        throw ValidationError("--rm needs an output that stays: a file.")
      }
    }
  }

  var destination: Destination {
    if let outputDir { return .folder(outputDir) }
    guard let output else { return .beside }
    return output.utf8.last == UInt8(ascii: "/") || Folders.isFolder(output)
      ? .folder(output) : .file(output)
  }
}

/// Where outputs go.
enum Destination: Sendable {
  /// Beside the inputs.
  case beside
  case file(String)
  case folder(String)
}
