import Foundation
import VAEZip

/// Runs a peer's programs on images, in a folder of its own.
struct PeerRun {
  let peer: PeerCodec
  private let folder: String

  /// One image at one of the peer's qualities.
  struct Point {
    let quality: Int
    let bpp: Double
    let psnr: Double
    let msssim: Double
  }

  /// - Throws: `CommandFailure` naming the package if a program is not installed.
  init(_ peer: PeerCodec) throws {
    self.peer = peer
    for program in peer.programs where Self.path(of: program) == nil {
      throw CommandFailure(
        "--against \(peer.rawValue)", "\(program) is not installed (Debian: \(peer.package))")
    }
    folder = NSTemporaryDirectory() + "/vaezip-against-" + UUID().uuidString
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw CommandFailure(folder, "cannot be made")
    }
  }

  /// Removes the folder.
  func finish() { try? FileManager.default.removeItem(atPath: folder) }

  /// The image's curve, one point a quality.
  func measure(_ image: Image) throws -> [Point] {
    let (inputEnding, codedEnding, outputEnding) = peer.endings
    let input = "\(folder)/in.\(inputEnding)"
    let bytes = inputEnding == "png" ? try PNG.write(image) : Netpbm.write(image)
    try Data(bytes).write(to: URL(fileURLWithPath: input))
    return try peer.qualities.map { quality in
      let coded = "\(folder)/coded.\(codedEnding)"
      let output = "\(folder)/out.\(outputEnding)"
      try run(peer.encoding(input, coded, quality: quality))
      try run(peer.decoding(coded, output))
      let size = try contents(coded).count
      let decoded = try picture(contents(output), like: image)
      return Point(
        quality: quality, bpp: Double(size) * 8 / Double(image.width * image.height),
        psnr: try Metrics.psnr(image, decoded), msssim: try Metrics.msssim(image, decoded))
    }
  }

  private func contents(_ path: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CommandFailure("--against \(peer.rawValue)", "\(peer.programs) left no file")
    }
    return [UInt8](data)
  }

  /// The decoder's output with the original's size and channels.
  private func picture(_ bytes: [UInt8], like image: Image) throws -> Image {
    let decoded =
      peer.endings.output == "png" ? try PNG.read(bytes).image : Netpbm.read(bytes)
    guard let decoded, decoded.width == image.width, decoded.height == image.height else {
      throw CommandFailure("--against \(peer.rawValue)", "the decoded picture has another size")
    }
    switch (decoded.channels, image.channels) {
    case (.gray, .rgb):
      return Image(
        width: image.width, height: image.height, channels: .rgb,
        pixels: decoded.pixels.flatMap { [$0, $0, $0] })
    case (.rgb, .gray):
      // Decoders that only know color repeat the gray value, or nearly so: green.
      return Image(
        width: image.width, height: image.height, channels: .gray,
        pixels: stride(from: 1, to: decoded.pixels.count, by: 3).map { decoded.pixels[$0] })
    default: return decoded
    }
  }

  private func run(_ command: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.path(of: command[0]) ?? command[0])
    process.arguments = Array(command.dropFirst())
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try CommandFailure.naming(command[0]) { try process.run() }
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw CommandFailure(
        "--against \(peer.rawValue)",
        "\(command.joined(separator: " ")) ended with status \(process.terminationStatus)")
    }
  }

  private static func path(of program: String) -> String? {
    let folders = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return folders.split(separator: ":").map { "\($0)/\(program)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}
