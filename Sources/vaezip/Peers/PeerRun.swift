import Foundation
import VAEZip
import VAEZipEvaluation

/// Runs a peer's programs on images, in a folder of its own.
struct PeerRun {
  let peer: PeerCodec
  /// As the encoder says it; empty if it says nothing.
  let version: String
  private let folder: String

  /// A picture that a peer has coded and decoded.
  struct Trial {
    let decoded: Image
    let figures: [Figure: Double]
  }

  /// - Throws: `ProgramRun.Failure` naming the package if a program is not installed.
  init(_ peer: PeerCodec, folder: String) throws(ProgramRun.Failure) {
    self.peer = peer
    self.folder = folder
    for program in peer.programs where ProgramRun.path(of: program) == nil {
      throw ProgramRun.Failure(
        description: "\(program) is not installed (Debian: \(peer.package))")
    }
    let line = try? ProgramRun(peer.versionCommand, folder: folder, ignoresStatus: true).firstLine
    version = Self.version(in: line ?? "")
  }

  /// From `libjpeg-turbo version 2.1.5 (build 20230203)`, `Version: 0.11.1 (…)`, `cjxl v0.7.0 [AVX2]`: the first
  /// word with a dot between digits.
  static func version(in line: String) -> String {
    let words = line.split { !($0.isLetter || $0.isNumber || ".-+_".contains($0)) }
    let word = words.first { word in
      word.contains(".") && word.first?.isNumber == true
        || word.first == "v" && word.dropFirst().first?.isNumber == true
    }
    return word.map { String($0.first == "v" ? $0.dropFirst() : $0[...]) } ?? ""
  }

  /// Writes the files that the encoder reads.
  ///
  /// - Throws: `ProgramRun.Failure`.
  func prepare(_ image: Image) throws(ProgramRun.Failure) {
    do {
      let bytes = peer.endings.input == "png" ? try PNG.write(image) : Netpbm.write(image)
      try Data(bytes).write(to: URL(fileURLWithPath: input))
    } catch {
      throw ProgramRun.Failure(description: "\(input) cannot be written")
    }
  }

  private var input: String { "\(folder)/in.\(peer.endings.input)" }

  /// Codes the prepared image and decodes it again.
  func trial(of image: Image, quality: Int) throws(ProgramRun.Failure) -> Trial {
    let (_, codedEnding, outputEnding) = peer.endings
    let coded = "\(folder)/coded.\(codedEnding)"
    // Nothing of an earlier run may be taken for the result of this one.
    try? FileManager.default.removeItem(atPath: coded)
    let encoding = try ProgramRun(peer.encoding(input, coded, quality: quality), folder: folder)
    let size = try contents(coded).count
    var figures: [Figure: Double] = [
      .bytes: Double(size), .bpp: Double(size) * 8 / Double(image.width * image.height),
      .encodeSeconds: encoding.seconds,
    ]
    figures[.encodePeakBytes] = encoding.peakBytes.map(Double.init)
    var output = coded
    if let command = peer.decoding(coded, "\(folder)/out.\(outputEnding)") {
      output = "\(folder)/out.\(outputEnding)"
      try? FileManager.default.removeItem(atPath: output)
      let decoding = try ProgramRun(command, folder: folder)
      figures[.decodeSeconds] = decoding.seconds
      figures[.decodePeakBytes] = decoding.peakBytes.map(Double.init)
    }
    return Trial(decoded: try picture(contents(output), like: image), figures: figures)
  }

  private func contents(_ path: String) throws(ProgramRun.Failure) -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path), !data.isEmpty else {
      throw ProgramRun.Failure(
        description: "\(peer.programs.joined(separator: ", ")) left no file \(PathText.name(of: path))")
    }
    return [UInt8](data)
  }

  /// The decoder's output with the original's size and channels.
  private func picture(
    _ bytes: [UInt8], like image: Image
  ) throws(ProgramRun.Failure) -> Image {
    let decoded: Image?
    if peer.endings.output == "png" {
      decoded = (try? PNG.read(bytes, keepsMetadata: false))?.image
    } else {
      decoded = Netpbm.read(bytes)
    }
    guard let decoded else {
      throw ProgramRun.Failure(
        description: "what \(peer.programs[peer.programs.count - 1]) wrote is no picture")
    }
    guard decoded.width == image.width, decoded.height == image.height else {
      throw ProgramRun.Failure(
        description: "expected a decoded picture of \(image.width)×\(image.height), "
          + "found \(decoded.width)×\(decoded.height)")
    }
    return decoded.color.withChannels(of: image)
  }
}

/// A folder for files that programs exchange.
struct ExchangeFolder {
  let path: String

  init() throws(CommandFailure) {
    path = NSTemporaryDirectory() + "/vaezip-against-" + UUID().uuidString
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw CommandFailure(path, "cannot be made")
    }
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}

extension Image {
  /// The image with another one's channels. Decoders that only know color repeat the gray value, or nearly so:
  /// green counts.
  func withChannels(of other: Image) -> Image {
    switch (channels, other.channels) {
    case (.gray, .rgb):
      Image(width: width, height: height, channels: .rgb, pixels: pixels.flatMap { [$0, $0, $0] })
    case (.rgb, .gray):
      Image(
        width: width, height: height, channels: .gray,
        pixels: stride(from: 1, to: pixels.count, by: 3).map { pixels[$0] })
    default: self
    }
  }
}
