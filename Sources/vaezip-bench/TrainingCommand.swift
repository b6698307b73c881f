import ArgumentParser
import Foundation
import VAETrain
import VAEZip

/// `vaezip-bench training`
struct TrainingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "training",
    abstract: "Measure the trainer's throughput, with each of its parts switched off in turn.",
    discussion: "Needs libtorch's shim (see Sources/CTorch/build). Pictures are made up.")

  @Flag(help: "On the first CUDA device.")
  var cuda = false
  @Option(help: "Steps to measure, after eight others.")
  var steps = 30
  @Option(help: "Crops a step.")
  var batch: Int?
  @Option(help: "The crops' side, a multiple of 64.")
  var crop: Int?
  @Flag(help: "Print how long each of the device's kernels takes in 20 steps instead.")
  var profile = false

  func validate() throws {
    guard steps > 0, batch ?? 1 > 0, (crop ?? 64) % 64 == 0, crop ?? 64 > 0 else {
      throw ValidationError("--steps, --batch and --crop must be positive, --crop a multiple of 64.")
    }
  }

  private var photo: NetworkDescription { .standard }
  private var wide: NetworkDescription {
    var description = NetworkDescription.standard
    description.transformWidth = 256
    description.analysisBlocks = 5
    description.synthesisBlocks = 7
    return description
  }

  private func configuration(
    _ label: String, _ change: (inout TrainingThroughput.Configuration) -> Void = { _ in }
  ) -> TrainingThroughput.Configuration {
    var configuration = TrainingThroughput.Configuration(label, type: cuda ? .float16 : .float32)
    configuration.batch = batch ?? (cuda ? 64 : 8)
    configuration.cropSize = crop ?? (cuda ? 256 : 128)
    change(&configuration)
    return configuration
  }

  func run() throws {
    let torch = try Torch.load()
    if cuda, !torch.hasCUDA { throw ValidationError("there is no CUDA device") }
    print("libtorch \(torch.version); own kernels: \(torch.hasKernels ? "yes" : "no")")
    let throughput = try TrainingThroughput(torch, cuda: cuda)
    if profile {
      for (name, description) in [("photo", photo), ("C = 256, 5 + 7 blocks", wide)] {
        let text = try throughput.profile(
          configuration(name), description, steps: min(steps, 20))
        print("\n\(name): \(text)")
      }
      return
    }
    print("\n| network | steps taken | crops | ms a step | Mpixel/s | GB | loss | skipped |")
    print("|---|---|---|--:|--:|--:|--:|--:|")
    for item in cuda ? gpuLadder : cpuLadder { measure(item, throughput) }
  }

  /// What one part brings shows against the row "all".
  private var gpuLadder: [TrainingThroughput.Configuration] {
    [
      configuration("plain: libtorch's operations, bfloat16, no graph, no TF32, SSIMULACRA2 of all crops") {
        $0.type = .bfloat16
        ($0.usesKernels, $0.usesGraph, $0.allowsTF32) = (false, false, false)
        $0.metricsEvery = 1
      },
      configuration("+ TF32, SSIMULACRA2 of a quarter of the crops") {
        $0.type = .bfloat16
        ($0.usesKernels, $0.usesGraph) = (false, false)
      },
      configuration("+ graph") { ($0.type, $0.usesKernels) = (.bfloat16, false) },
      configuration("+ own kernels") { $0.type = .bfloat16 },
      configuration("+ float16: all"),
      configuration("all but the graph") { $0.usesGraph = false },
      configuration("all but own kernels") { $0.usesKernels = false },
      configuration("all but TF32") { $0.allowsTF32 = false },
      configuration("all, squared error alone") { $0.metric = nil },
      configuration("all, batch doubled") { $0.batch *= 2 },
      configuration("all, crops of 512") { ($0.batch, $0.cropSize) = (max($0.batch / 4, 1), 512) },
    ]
  }

  private var cpuLadder: [TrainingThroughput.Configuration] {
    [
      configuration("all"), configuration("squared error alone") { $0.metric = nil },
    ]
  }

  /// A configuration that fails has its reason in its row; the others go on.
  private func measure(
    _ item: TrainingThroughput.Configuration, _ throughput: TrainingThroughput
  ) {
    let networks =
      item.label.contains("all") && cuda ? [("photo", photo), ("256", wide)] : [("photo", photo)]
    for (name, description) in networks {
      let head = "| \(name) | \(item.label) | \(item.batch) × \(item.cropSize)² |"
      do {
        let result = try throughput.measure(item, description, steps: steps)
        print(
          String(
            format: "%@ %.2f | %.1f | %.1f | %.4f | %d |", head, result.millisecondsPerStep,
            result.megapixelsPerSecond, Double(result.peakMemory) * 1e-9, result.loss,
            result.skipped) + (result.refusal.map { " no graph: \($0)" } ?? ""))
      } catch {
        print("\(head) \(error) |")
      }
      fflush(nil)
    }
  }
}
