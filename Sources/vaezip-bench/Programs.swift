import ArgumentParser
import Foundation
import VAEZip

/// `vaezip-bench programs`
struct ProgramsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "programs",
    abstract: "Measure whole programs, from PNG file to file and back, against their peers.")

  @Argument(help: "PNG images that pictures of all sizes are tiled with.")
  var images: [String]
  @Option(help: ArgumentHelp("A model file to use instead of the built-in one.", valueName: "file"))
  var model: String?
  @Option(help: "Megapixels of the pictures, separated by commas.")
  var sizes = "0.4,4,24"
  @Option(help: "Rounds; all programs take turns in each, and medians count.")
  var rounds = 5
  @Option(help: "Efforts of vaezip, separated by commas.")
  var efforts = "1,4"
  @Option(help: "Threads of each program.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  /// A pair of programs; quality is the peer's own scale.
  private struct Peer {
    let name: String
    let encode: (_ quality: Int, _ input: String, _ output: String) -> [String]
    let decode: (_ input: String, _ output: String) -> [String]
    /// From the worst to the best.
    let qualities: [Int]
    let ending: String
  }

  private func peers() -> [Peer] {
    let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent("vaezip").path
    let model = model.map { ["--model", $0] } ?? []
    let own = efforts.split(separator: ",").map { effort in
      Peer(
        name: "vaezip -e \(effort)",
        encode: { _, input, output in
          [program, "compress", "--quiet", "-f", "-e", "\(effort)", "-T", "\(threads)"] + model
            + [input, "-o", output]
        },
        decode: { input, output in
          [program, "decompress", "--quiet", "-f", "-T", "\(threads)"] + model
            + [input, "-o", output]
        }, qualities: [], ending: "vz")
    }
    let others = [
      Peer(
        name: "cjxl -e 7",
        encode: { ["cjxl", $1, $2, "-e", "7", "-q", "\($0)", "--num_threads=\(threads)"] },
        decode: { ["djxl", $0, $1, "--num_threads=\(threads)"] },
        qualities: Array(20...99), ending: "jxl"),
      Peer(
        name: "avifenc -s 6",
        encode: { quality, input, output in
          [
            "avifenc", "-s", "6", "-j", "\(threads)", "--min", "\(-quality)", "--max",
            "\(-quality)", input, output,
          ]
        },
        decode: { ["avifdec", "-j", "\(threads)", $0, $1] },
        qualities: Array(-63...0), ending: "avif"),
      Peer(
        name: "cwebp", encode: { ["cwebp", "-quiet", "-mt", "-q", "\($0)", $1, "-o", $2] },
        decode: { ["dwebp", "-quiet", "-mt", $0, "-o", $1] },
        qualities: Array(0...100), ending: "webp"),
    ]
    return own
      + others.filter { run($0.encode(0, "/dev/null", "/dev/null"), silently: true) != 127 }
  }

  func run() throws {
    let folder = NSTemporaryDirectory() + "/vaezip-bench-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let pictures = try images.map { path in
      try PNG.read([UInt8](Data(contentsOf: URL(fileURLWithPath: path)))).image
    }.filter { $0.channels == .rgb }
    guard !pictures.isEmpty else { throw ValidationError("no RGB image") }
    let peers = peers()
    print("| Mpixel | program | bits/pixel | encoding, Mpixel/s | ratio | decoding, Mpixel/s | ratio |")
    print("|--:|---|--:|--:|--:|--:|--:|")
    for size in sizes.split(separator: ",").compactMap({ Double($0) }) {
      let input = folder + "/in.png"
      let pixels = try mosaic(pictures, megapixels: size, to: input)
      // All at the bits of the first one.
      var qualities: [Int] = []
      for peer in peers {
        qualities.append(
          quality(of: peer, like: bytes(folder + "/0.vz"), input, folder + "/try." + peer.ending))
        if qualities.count == 1 { run(peer.encode(0, input, folder + "/0.vz")) }
      }
      var encoding = [[Double]](repeating: [], count: peers.count)
      var decoding = encoding
      for _ in 0..<rounds {
        for (index, peer) in peers.enumerated() {
          let coded = folder + "/\(index)." + peer.ending
          encoding[index].append(Clock.seconds { run(peer.encode(qualities[index], input, coded)) })
          decoding[index].append(Clock.seconds { run(peer.decode(coded, folder + "/out.png")) })
        }
      }
      for (index, peer) in peers.enumerated() {
        let (e, d) = (median(encoding[index]), median(decoding[index]))
        let bits = 8 * Double(bytes(folder + "/\(index)." + peer.ending)) / pixels
        print(
          "| \(size) | \(peer.name) | \(String(format: "%.3f", bits)) | "
            + "\(String(format: "%.2f", pixels / e * 1e-6)) | "
            + "\(String(format: "%.2f", e / median(encoding[0]))) | "
            + "\(String(format: "%.2f", pixels / d * 1e-6)) | "
            + "\(String(format: "%.2f", d / median(decoding[0]))) |")
      }
    }
    print("\nRatios: time over that of \(peers[0].name). PNG reading and writing included.")
  }

  /// The quality at which a peer's file is nearest to a size, by bisection.
  private func quality(of peer: Peer, like size: Int, _ input: String, _ output: String) -> Int {
    guard !peer.qualities.isEmpty, size > 0 else { return 0 }
    var (low, high) = (0, peer.qualities.count - 1)
    while low < high {
      let middle = (low + high) / 2
      run(peer.encode(peer.qualities[middle], input, output))
      if bytes(output) < size { low = middle + 1 } else { high = middle }
    }
    return peer.qualities[low]
  }

  private func bytes(_ path: String) -> Int {
    FileManager.default.contents(atPath: path)?.count ?? 0
  }

  /// Runs a program; its status.
  @discardableResult
  private func run(_ arguments: [String], silently: Bool = false) -> Int32 {
    // Not Foundation's Process: it sees the end of a program tens of milliseconds late.
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(&files, descriptor, "/dev/null", O_WRONLY, 0)
    }
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] =
      ProcessInfo.processInfo.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for word in words + variables { free(word) } }
    var child = pid_t()
    guard posix_spawnp(&child, arguments[0], &files, nil, &words, &variables) == 0 else { return 127 }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    let code = status & 0x7f == 0 ? status >> 8 & 0xff : 128
    if code != 0, !silently {
      FileHandle.standardError.write(Data("failed: \(arguments.joined(separator: " "))\n".utf8))
    }
    return code
  }

  /// Writes a picture of about so many megapixels, 3:2, tiled with others; returns its pixels.
  private func mosaic(_ images: [Image], megapixels: Double, to path: String) throws -> Double {
    let width = Int((megapixels * 1.5e6).squareRoot())
    let height = Int(megapixels * 1e6) / width
    var pixels = [UInt8](repeating: 0, count: 3 * width * height)
    let rowHeight = images.map(\.height).min() ?? 1
    var next = 0
    for top in stride(from: 0, to: height, by: rowHeight) {
      var left = 0
      while left < width {
        let image = images[next % images.count]
        next += 1
        let columns = min(image.width, width - left)
        for y in 0..<min(rowHeight, height - top) {
          let place = 3 * ((top + y) * width + left)
          let source = 3 * y * image.width
          pixels.replaceSubrange(
            place..<place + 3 * columns, with: image.pixels[source..<source + 3 * columns])
        }
        left += columns
      }
    }
    let image = Image(width: width, height: height, channels: .rgb, pixels: pixels)
    try Data(PNG.write(image)).write(to: URL(fileURLWithPath: path))
    return Double(width * height)
  }
}
