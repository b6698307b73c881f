import ArgumentParser

/// `vaezip`: one file a subcommand.
@main
struct VAEZipCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vaezip",
    abstract: "A learned image codec: the same bits on every machine.",
    discussion: """
      vaezip compresses PNG images into .vz files, and decompresses them again. A convolutional \
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
        vaezip decompress photo.vz          makes photo.png again
        vaezip info photo.vz                shows what is in it
        vaezip verify *.vz                  checks files, writes nothing
        vaezip evaluate Samples             measures rate, distortion and time
      """,
    version: "0.2.0",
    subcommands: [
      CompressCommand.self,
      DecompressCommand.self,
      EvaluateCommand.self,
      InfoCommand.self,
      TrainCommand.self,
      VerifyCommand.self,
    ])

  /// Runs a command and maps errors to exit statuses: 1 for files, 2 for options.
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let failure as CommandFailure {
      Messages.failure(failure.description)
      exit(withError: ExitCode(1))
    } catch {
      switch exitCode(for: error) {
      case .validationFailure:
        Messages.usage(fullMessage(for: error))
        exit(withError: ExitCode(2))
      case .success:
        exit(withError: error)
      case let code:
        if !(error is ExitCode) { Messages.failure("\(error)") }
        exit(withError: code)
      }
    }
  }
}
