import ArgumentParser
import Foundation
import VAEZip

/// `vaezip-bench metrics`
struct MetricsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "Time the metrics on a picture and a copy with noise.",
    discussion: """
      The picture is tiled to the wanted size. libjxl's tools ssimulacra2 and butteraugli_main are timed in turn \
      with ours if they are in the PATH: as whole programs, without the time that they take for a picture of 16 × 16.
      """)

  @Argument(help: ArgumentHelp("A PNG file.", valueName: "image")) var image: String
  @Option(help: "Mpixel.") var size = 1.0
  @Option(name: [.customShort("T"), .long], help: "Threads; 0 takes all cores.") var threads = 0
  @Option(help: "Rounds; the median counts.") var rounds = 5

  func run() throws {
    let picture = try PNG.read(contentsOf: URL(filePath: image)).image.color
    let side = max(16, Int((size * 1e6).squareRoot()))
    let (original, distorted) = (picture.tiled(side), picture.tiled(side).noisy())
    let threads = threads
    let metrics: [(name: String, tool: String?, run: () throws -> Void)] = [
      ("PSNR", nil, { _ = try Metrics.psnr(original, distorted) }),
      ("PSNR-HVS-M", nil, { _ = try Metrics.psnrHVSM(original, distorted) }),
      ("MS-SSIM", nil, { _ = try Metrics.msssim(original, distorted) }),
      (
        "SSIMULACRA2", "ssimulacra2",
        { _ = try Metrics.ssimulacra2(original, distorted, threads: threads) }
      ),
      (
        "Butteraugli", "butteraugli_main",
        { _ = try Metrics.butteraugli(original, distorted, threads: threads) }
      ),
    ]
    let folder = FileManager.default.temporaryDirectory.appending(path: "vaezip-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let small = picture.tiled(16)
    for (name, image) in [
      ("a", original), ("b", distorted), ("c", small), ("d", small.noisy()),
    ] {
      try image.writePNG(to: folder.appending(path: name + ".png"))
    }
    print("| metric, \(side) × \(side) | ms | libjxl's tool, ms |\n|---|--:|--:|")
    for metric in metrics {
      let tool = metric.tool.flatMap(Self.path)
      var (own, other) = ([Double](), [Double]())
      for _ in 0..<rounds {
        own.append(try Clock.seconds(metric.run))
        if let tool {
          other.append(
            try Self.seconds(tool, folder, "a.png", "b.png")
              - Self.seconds(tool, folder, "c.png", "d.png"))
        }
      }
      let reference = other.isEmpty ? "" : decimal(1000 * median(other))
      print("| \(metric.name) | \(decimal(1000 * median(own))) | \(reference) |")
    }
  }

  private static func path(_ program: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .map { "\($0)/\(program)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  private static func seconds(_ program: String, _ folder: URL, _ names: String...) throws -> Double {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = names.map { folder.appending(path: $0).path }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return try Clock.seconds {
      try process.run()
      process.waitUntilExit()
    }
  }
}

extension Image {
  /// A square of copies.
  fileprivate func tiled(_ side: Int) -> Image {
    let samples = Int(channels.rawValue)
    var tiled: [UInt8] = []
    tiled.reserveCapacity(side * side * samples)
    for y in 0..<side {
      for x in 0..<side {
        let place = (y % height * width + x % width) * samples
        tiled += pixels[place..<place + samples]
      }
    }
    return Image(width: side, height: side, channels: channels, pixels: tiled)
  }

  /// A copy with noise of a linear congruential generator.
  fileprivate func noisy() -> Image {
    var state: UInt32 = 1
    var copy = self
    for place in copy.pixels.indices {
      state = state &* 1_664_525 &+ 1_013_904_223
      copy.pixels[place] = UInt8(clamping: Int(copy.pixels[place]) + Int(state >> 24) % 17 - 8)
    }
    return copy
  }
}
