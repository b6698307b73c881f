import ArgumentParser
import VAEZip

/// `vaezip verify`.
struct VerifyCommand: CheckedCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check .vz files, and write nothing.",
    discussion: """
      Decodes each INPUT, a .vz file, and compares all of its checksums: of the header, the \
      chunks, the tile index, the tiles, and the decoded pixels. It prints one line for each file on \
      standard error: that it is right, or what is wrong and where. A bad file does not stop \
      the others; the exit status is 1 if there is one.

      With -r, folders are searched for .vz files: those that begin like one, and those that are named like \
      one. Several files are checked at a time; their lines come in the order of the files.

      EXAMPLES
        vaezip verify photo.vz
        vaezip verify --quiet *.vz          prints bad files only
        vaezip verify -r Archive
        vaezip verify --model mine.safetensors photo.vz
      """)

  @Argument(
    help: ArgumentHelp(
      ".vz files, and folders with -r; - is standard input.", valueName: "input"))
  var inputs: [String] = []

  @OptionGroup var selection: InputOptions
  @OptionGroup var decoding: DecoderOptions

  @Flag(help: "Print a JSON object a file on standard output, one a line.")
  var json = false

  @Flag(help: "Print nothing about files that are right, and no summary.")
  var quiet = false

  func check() throws { try selection.check(inputs) }

  func run() throws {
    let work = Verification(decoding: try decoding.decoding())
    let plan = try BatchPlan(inputs, selection, nil, formats: .verify, isQuiet: quiet)
    let run = BatchRun(
      plan: plan, threads: decoding.resources.threads, memory: decoding.resources.maxMemory.value,
      verb: "right", printsJSON: json, isQuiet: quiet)
    try run { try work($0, $1, &$2) }
  }
}
