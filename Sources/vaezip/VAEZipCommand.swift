import ArgumentParser

/// `vaezip`: one file a subcommand.
@main
struct VAEZipCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vaezip",
    abstract: "A learned image codec: the same bits on every machine.",
    version: "0.1.0",
    subcommands: [])
}
