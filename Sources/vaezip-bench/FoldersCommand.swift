import ArgumentParser
import Foundation
import VAEZip

/// `vaezip-bench folders`
struct FoldersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "folders",
    abstract: "Measure a folder of small pictures: one process against a process a picture.",
    discussion: """
      Cuts pictures from IMAGES and compresses and decompresses them with `vaezip compress -r` and with \
      `find | xargs -P`, which starts a process for each. They take turns, and medians count. "Busy" is the \
      share of the cores' time that the programs were at work.
      """)

  @Argument(help: "PNG images that small ones are cut from.")
  var images: [String]
  @Option(help: "Number of small pictures.")
  var count = 200
  @Option(help: "Their side in pixels.")
  var side = 256
  @Option(help: "Rounds.")
  var rounds = 3
  @Option(name: .shortAndLong, help: "Effort.")
  var effort = EncoderOptions.standardEffort
  @Option(help: "Threads, and processes at a time.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  /// A way to work on all files of a folder.
  private struct Way {
    let name: String
    /// Of the folders with inputs and outputs.
    let encode: (_ input: String, _ output: String) -> String
    let decode: (_ input: String, _ output: String) -> String
  }

  private func ways() -> [Way] {
    let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent("vaezip").path
    // Each process names its output after its input, beside it.
    func each(_ command: String, _ ending: String, _ input: String, _ output: String) -> String {
      "cd \(output) && ln -s \(input)/*.\(ending) . && find . -name '*.\(ending)' -print0 "
        + "| xargs -0 -n 1 -P \(threads) \(program) \(command) --quiet -T 1"
    }
    return [
      Way(
        name: "vaezip compress -r",
        encode: { "\(program) compress --quiet -e \(effort) -T \(threads) -r \($0) -o \($1)/" },
        decode: { "\(program) decompress --quiet -T \(threads) -r \($0) -o \($1)/" }),
      Way(
        name: "find | xargs -P \(threads)",
        encode: { each("compress -e \(effort)", "png", $0, $1) },
        decode: { each("decompress", "vz", $0, $1) }),
    ]
  }

  func run() throws {
    let folder = NSTemporaryDirectory() + "/vaezip-bench-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try cut(to: folder + "/in")
    let pixels = Double(count * side * side)
    let ways = ways()
    var figures = [[[Measured]]](repeating: [[], []], count: ways.count)
    for round in 0..<rounds {
      for (index, way) in ways.enumerated() {
        let (coded, decoded) = (folder + "/vz-\(round)-\(index)", folder + "/png-\(round)-\(index)")
        for path in [coded, decoded] {
          try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        figures[index][0].append(try measure(way.encode(folder + "/in", coded)))
        figures[index][1].append(try measure(way.decode(coded, decoded)))
      }
    }
    print("\(count) pictures of \(side) × \(side), \(threads) threads, effort \(effort)\n")
    print("| program | encoding, Mpixel/s | busy | ratio | decoding, Mpixel/s | busy | ratio |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for (way, parts) in zip(ways, figures) {
      let cells = parts.indices.map { part in
        let time = median(parts[part].map(\.seconds))
        let first = median(figures[0][part].map(\.seconds))
        return
          "\(decimal(pixels / time * 1e-6)) | \(decimal(100 * median(parts[part].map(\.busy)))) % | "
          + String(format: "%.2f", time / first)
      }
      print("| \(way.name) | " + cells.joined(separator: " | ") + " |")
    }
    print("\nRatios: time over that of \(ways[0].name). PNG reading and writing included.")
  }

  /// Writes the small pictures.
  private func cut(to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let pictures = try images.map { path in
      try PNG.read([UInt8](Data(contentsOf: URL(fileURLWithPath: path)))).image.color
    }.filter { $0.channels == .rgb && $0.width >= side && $0.height >= side }
    guard !pictures.isEmpty else { throw ValidationError("no RGB image of \(side) × \(side) pixels or more") }
    for number in 0..<count {
      let picture = pictures[number % pictures.count]
      let left = number * 37 % (picture.width - side + 1)
      let top = number * 53 % (picture.height - side + 1)
      var pixels: [UInt8] = []
      for y in top..<top + side {
        let start = 3 * (y * picture.width + left)
        pixels += picture.pixels[start..<start + 3 * side]
      }
      let image = Image(width: side, height: side, channels: .rgb, pixels: pixels)
      try Data(PNG.write(image)).write(to: URL(fileURLWithPath: "\(folder)/p\(number).png"))
    }
  }

  /// A run of a shell's script.
  private struct Measured {
    let seconds: Double
    /// The share of the cores' time, 0…1, that the script's processes were at work.
    let busy: Double
  }

  /// RUSAGE_CHILDREN, which has another type with each C library.
  private static let children: Int32 = -1

  private func measure(_ script: String) throws -> Measured {
    var before = rusage()
    var after = rusage()
    getrusage(Self.children, &before)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script]
    let seconds = try Clock.seconds {
      try process.run()
      process.waitUntilExit()
    }
    guard process.terminationStatus == 0 else { throw ValidationError("failed: \(script)") }
    getrusage(Self.children, &after)
    func time(_ usage: rusage) -> Double {
      Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + 1e-6 * Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
    }
    return Measured(
      seconds: seconds, busy: (time(after) - time(before)) / (seconds * Double(threads)))
  }
}
