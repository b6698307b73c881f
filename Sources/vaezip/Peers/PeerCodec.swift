import ArgumentParser

/// A codec that `evaluate --against` compares with, through the programs that people run.
enum PeerCodec: String, CaseIterable, ExpressibleByArgument, Sendable {
  case jpeg, webp, avif, jxl, heic

  /// The title in reports: the encoder and its fixed options.
  var title: String {
    switch self {
    case .jpeg: "cjpeg -optimize -sample 2x2"
    case .webp: "cwebp -m 6"
    case .avif: "avifenc -s 6 -y 444"
    case .jxl: "cjxl -e 7"
    case .heic: "heif-enc"
    }
  }

  /// The encoder's and the decoder's program.
  var programs: [String] {
    switch self {
    case .jpeg: ["cjpeg", "djpeg"]
    case .webp: ["cwebp", "dwebp"]
    case .avif: ["avifenc", "avifdec"]
    case .jxl: ["cjxl", "djxl"]
    case .heic: ["heif-enc", "heif-convert"]
    }
  }

  /// The Debian package that has them.
  var package: String {
    switch self {
    case .jpeg: "libjpeg-turbo-progs"
    case .webp: "webp"
    case .avif: "libavif-bin"
    case .jxl: "libjxl-tools"
    case .heic: "libheif-examples"
    }
  }

  /// The qualities that make its curve, on its own scale, from small files to good pictures:
  /// about 0.05 to 3 bits per pixel of a photograph.
  var qualities: [Int] {
    switch self {
    case .jpeg: [5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 88, 93, 96]
    case .webp: [0, 5, 15, 30, 50, 65, 75, 85, 92, 97]
    // libaom's constant-quality levels, 0 (best) to 63.
    case .avif: [62, 56, 50, 44, 38, 32, 26, 20, 14, 8]
    case .jxl: [20, 30, 40, 50, 60, 70, 80, 90, 95]
    case .heic: [10, 20, 30, 40, 50, 60, 70, 80, 90]
    }
  }

  /// The name endings of the encoder's input, of the coded file, and of the decoder's output.
  var endings: (input: String, coded: String, output: String) {
    switch self {
    case .jpeg: ("ppm", "jpg", "ppm")
    case .webp: ("png", "webp", "png")
    case .avif: ("png", "avif", "png")
    case .jxl: ("png", "jxl", "png")
    case .heic: ("png", "heic", "png")
    }
  }

  func encoding(_ input: String, _ output: String, quality: Int) -> [String] {
    switch self {
    case .jpeg:
      ["cjpeg", "-optimize", "-sample", "2x2", "-quality", "\(quality)", "-outfile", output, input]
    case .webp: ["cwebp", "-quiet", "-m", "6", "-q", "\(quality)", input, "-o", output]
    case .avif:
      // The form that every avifenc since 0.8 takes; -q is newer.
      [
        "avifenc", "-s", "6", "-y", "444", "--min", "0", "--max", "63", "-a", "end-usage=q",
        "-a", "cq-level=\(quality)", input, output,
      ]
    case .jxl: ["cjxl", "-e", "7", "-q", "\(quality)", input, output]
    case .heic: ["heif-enc", "-q", "\(quality)", input, "-o", output]
    }
  }

  func decoding(_ input: String, _ output: String) -> [String] {
    switch self {
    case .jpeg: ["djpeg", "-outfile", output, input]
    case .webp: ["dwebp", "-quiet", input, "-o", output]
    case .avif: ["avifdec", input, output]
    case .jxl: ["djxl", input, output]
    case .heic: ["heif-convert", "-q", "100", input, output]
    }
  }
}

/// `jpeg,webp` on the command line.
struct PeerList: ExpressibleByArgument {
  let peers: [PeerCodec]

  init?(argument: String) {
    var peers: [PeerCodec] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let peer = PeerCodec(rawValue: String(part)) else { return nil }
      if !peers.contains(peer) { peers.append(peer) }
    }
    self.peers = peers
  }
}
