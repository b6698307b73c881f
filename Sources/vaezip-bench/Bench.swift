import ArgumentParser
import CKernels
import Foundation
import VAEZip

/// Measures the codec on this machine.
@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vaezip-bench",
    abstract: "Measure kernels, transforms and whole programs; tables in Markdown.",
    discussion: """
      A busy machine gives wrong figures. Peers are measured if they are installed (Debian: \
      libjxl-tools, libavif-bin, webp), at the number of bits that vaezip takes.
      """,
    subcommands: [
      KernelsCommand.self, TransformsCommand.self, ProgramsCommand.self, FoldersCommand.self,
      CheckCommand.self, TrainingCommand.self, MetricsCommand.self, PreviewCommand.self,
    ])
}

/// `vaezip-bench transforms`
struct TransformsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transforms",
    abstract: "Measure the transforms against the machine's peak, and the codec in memory.")

  @Option(help: ArgumentHelp("A model file to use instead of the built-in one.", valueName: "file"))
  var model: String?
  @Option(name: [.customShort("T"), .long], help: "Threads; 0 takes all cores.")
  var threads = 0
  @Option(help: "Samples; the median counts.")
  var samples = 9

  func run() throws {
    let model = try Bench.model(self.model)
    try model.prepare()
    let kernels = try Kernels.selected()
    let counts = threads == 0 ? [1, ProcessInfo.processInfo.activeProcessorCount] : [threads]
    print("Instruction set: \(kernels)\n")
    print("| part, 2000 × 2000 | threads | ms | 10⁹ multiply-adds/s | % of the peak |")
    print("|---|--:|--:|--:|--:|")
    for count in counts {
      let timing = TransformTiming(model: model, threads: count)
      for part in TransformTiming.Part.allCases {
        var peaks: [Double] = []
        var times: [Double] = []
        try timing.run(part, width: 2000, height: 2000)
        for _ in 0..<samples {
          peaks.append(Clock.peak(kernels.isa, threads: count))
          times.append(try Clock.seconds { try timing.run(part, width: 2000, height: 2000) })
        }
        let time = median(times)
        let speed = Double(timing.work(part, width: 2000, height: 2000)) / time * 1e-9
        print(
          "| \(part.rawValue) | \(count) | \(decimal(1000 * time)) | \(decimal(speed)) | "
            + "\(decimal(100 * speed / median(peaks))) |")
      }
    }
  }
}

extension Clock {
  static func seconds(_ body: () throws -> Void) rethrows -> Double {
    try ContinuousClock().measure(body) / .seconds(1)
  }
}

extension Bench {
  static func model(_ path: String?) throws -> Model {
    guard let path else { return try Model.builtIn() }
    return try Model(contentsOf: [UInt8](Data(contentsOf: URL(fileURLWithPath: path))))
  }
}
