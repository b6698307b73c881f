import ArgumentParser

/// `vaezip`: one file a subcommand.
@main
struct VAEZipCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vaezip",
    abstract: "A learned image codec: the same bits on every machine.",
    discussion: """
      vaezip compresses PNG, JPEG and PPM images into .vz files, and decompresses them again. A convolutional \
      variational auto-encoder makes symbols, and zstd codes them. All arithmetic is exact: a file and \
      its picture are the same bits whatever the machine, its instruction set and the number of \
      threads.

      EXIT STATUS
        0   success
        1   a file could not be read, decoded or written; standard error says why
        2   wrong options
        3   decompress --keep-going: written, but some tiles were replaced; standard
            error lists them

      ENVIRONMENT
        VAEZIP_ISA   forces an instruction set: scalar, avx2, avx512bw, avx512 or
                     neon; the result is the same, only slower

      EXAMPLES
        vaezip compress photo.png           makes photo.vz
        vaezip compress -r Photos           makes a .vz file beside each picture
        vaezip decompress photo.vz          makes photo.png again
        vaezip info photo.vz                shows what is in it
        vaezip verify *.vz                  checks files, writes nothing
        vaezip evaluate Samples             measures rate, distortion and time
        vaezip compare photo.png photo.vz   measures how far a picture is from another
      """,
    version: VersionReport.version,
    subcommands: [
      AnomalyCommand.self,
      CompareCommand.self,
      CompressCommand.self,
      DecompressCommand.self,
      EvaluateCommand.self,
      FeaturesCommand.self,
      InfoCommand.self,
      InterpolateCommand.self,
      SampleCommand.self,
      SimilarCommand.self,
      ThumbnailCommand.self,
      TrainCommand.self,
      VerifyCommand.self,
    ])

  /// Runs a command and maps errors to exit statuses: 1 for files, 2 for options. Not asynchronous:
  /// Swift's concurrency waits forever where the system allows no second thread.
  static func main() {
    Startup.prepare()
    var arguments: [String] = []
    do {
      arguments = try Startup.arguments()
      if asksForVersion(arguments) {
        try Messages.output(VersionReport.text)
        return
      }
      var command = try parseAsRoot(arguments)
      do {
        try (command as? any CheckedCommand)?.check()
        try command.run()
      } catch let error as ValidationError {
        throw OptionError(error.message, of: type(of: command))
      }
    } catch {
      exit(withError: ExitCode(status(of: error, arguments)))
    }
  }

  /// `--version` or `-V`, alone or after a command, asks for the version, as with zstd and cjxl.
  private static func asksForVersion(_ arguments: [String]) -> Bool {
    guard let last = arguments.last, arguments.count <= 2 else { return false }
    return last == "-V" || last == "--version"
  }

  /// Options that do not fit together, found after all of them were read.
  struct OptionError: Error {
    /// As the parser would say it.
    let text: String

    init(_ message: String, of command: any ParsableCommand.Type) {
      let name = command.configuration.commandName ?? ""
      text =
        "Error: \(message)\nUsage: " + VAEZipCommand.usageString(for: command)
        + "\n  See 'vaezip \(name) --help' for more information."
    }
  }

  /// Says what is wrong, or prints the help that was asked for.
  ///
  /// - Returns: the exit status.
  private static func status(of error: any Error, _ arguments: [String]) -> Int32 {
    do {
      if let failure = error as? CommandFailure { throw failure }
      if let failure = error as? OptionError {
        Messages.usage(failure.text + hint(arguments), arguments: arguments)
        return 2
      }
      switch exitCode(for: error) {
      case .validationFailure:
        Messages.usage(fullMessage(for: error) + hint(arguments), arguments: arguments)
        return 2
      case .success:
        if let cluster = helpCluster(arguments) {
          let error = ValidationError("Unknown option '\(cluster)'")
          Messages.usage(fullMessage(for: error) + hint(arguments), arguments: arguments)
          return 2
        }
        let text = fullMessage(for: error)
        if !text.isEmpty { try Messages.output(text + "\n") }
        return 0
      case let code:
        if !(error is ExitCode) { Messages.failure("\(error)") }
        return code.rawValue
      }
    } catch {
      Messages.failure("\(error)")
      return 1
    }
  }

  /// Arguments that look like options: all with a dash, up to `--`.
  private static func options(_ arguments: [String]) -> [String] {
    arguments.prefix { $0 != "--" }.filter { $0.utf8.first == UInt8(ascii: "-") && $0.utf8.count > 1 }
  }

  /// An argument such as `-shot.png`, from a wildcard, which the parser took for a request for help
  /// because of its h; nil if help was asked for.
  private static func helpCluster(_ arguments: [String]) -> String? {
    let options = options(arguments)
    guard !arguments.contains("help"), !options.contains(where: isHelp) else { return nil }
    return options.first { !$0.utf8.starts(with: "--".utf8) && $0.utf8.contains(UInt8(ascii: "h")) }
  }

  private static func isHelp(_ option: String) -> Bool {
    ["-h", "--help", "-help", "--version", "--help-hidden", "-help-hidden"].contains(option)
      || option.utf8.starts(with: "--generate-completion-script".utf8)
      || option.utf8.starts(with: "--experimental-dump-help".utf8)
  }

  /// What to do about a file whose name begins with a dash.
  private static func hint(_ arguments: [String]) -> String {
    guard let name = options(arguments).first(where: { SystemCalls.status($0) != nil }) else {
      return ""
    }
    return "\nFor the file of that name, write ./\(name)"
  }
}
