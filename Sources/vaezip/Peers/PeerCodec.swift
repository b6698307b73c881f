import ArgumentParser

/// A codec that `evaluate --against` compares with, through the programs that people run.
enum PeerCodec: String, CaseIterable, ExpressibleByArgument, Sendable {
  case jpeg, webp, avif, jxl, heic, png
  case webpLossless = "webp-lossless"
  case jxlLossless = "jxl-lossless"

  var isLossless: Bool { self == .png || self == .webpLossless || self == .jxlLossless }

  /// The title in reports: the encoder and its fixed options.
  var title: String {
    switch self {
    case .jpeg: "cjpeg -optimize -sample 2x2"
    case .webp: "cwebp -m 6"
    case .avif: "avifenc -s 6 -y 444"
    case .jxl: "cjxl -e 7"
    case .heic: "heif-enc"
    case .png: "optipng -o2"
    case .webpLossless: "cwebp -lossless -m 6"
    case .jxlLossless: "cjxl -d 0 -e 7"
    }
  }

  /// The encoder's and the decoder's program; PNG is decoded by this one.
  var programs: [String] {
    switch self {
    case .jpeg: ["cjpeg", "djpeg"]
    case .webp, .webpLossless: ["cwebp", "dwebp"]
    case .avif: ["avifenc", "avifdec"]
    case .jxl, .jxlLossless: ["cjxl", "djxl"]
    case .heic: ["heif-enc", "heif-convert"]
    case .png: ["optipng"]
    }
  }

  /// The Debian package that has them.
  var package: String {
    switch self {
    case .jpeg: "libjpeg-turbo-progs"
    case .webp, .webpLossless: "webp"
    case .avif: "libavif-bin"
    case .jxl, .jxlLossless: "libjxl-tools"
    case .heic: "libheif-examples"
    case .png: "optipng"
    }
  }

  /// The command that prints the encoder's version, anywhere in its first line.
  var versionCommand: [String] {
    switch self {
    case .jpeg: ["cjpeg", "-version"]
    case .webp, .webpLossless: ["cwebp", "-version"]
    case .avif: ["avifenc", "--version"]
    case .jxl, .jxlLossless: ["cjxl", "--version"]
    // Older ones know no --version; the help begins with it.
    case .heic: ["heif-enc", "-h"]
    case .png: ["optipng", "-version"]
    }
  }

  /// The qualities that make its curve, on its own scale, from small files to good pictures:
  /// about 0.05 to 3 bits per pixel of a photograph. One that means nothing where there is no loss.
  var qualities: [Int] {
    switch self {
    case .jpeg: [5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 88, 93, 96]
    case .webp: [0, 5, 15, 30, 50, 65, 75, 85, 92, 97]
    // libaom's constant-quality levels, 0 (best) to 63.
    case .avif: [62, 56, 50, 44, 38, 32, 26, 20, 14, 8]
    case .jxl: [20, 30, 40, 50, 60, 70, 80, 90, 95]
    case .heic: [10, 20, 30, 40, 50, 60, 70, 80, 90]
    case .png, .webpLossless, .jxlLossless: [100]
    }
  }

  /// The name endings of the encoder's input, of the coded file, and of the decoder's output.
  var endings: (input: String, coded: String, output: String) {
    switch self {
    case .jpeg: ("ppm", "jpg", "ppm")
    case .webp, .webpLossless: ("png", "webp", "png")
    case .avif: ("png", "avif", "png")
    case .jxl, .jxlLossless: ("png", "jxl", "png")
    case .heic: ("png", "heic", "png")
    case .png: ("png", "png", "png")
    }
  }

  /// The options of a quality, with the encoder's name.
  func setting(quality: Int) -> String {
    switch self {
    case .jpeg: "\(title) -quality \(quality)"
    case .avif: "\(title) -a cq-level=\(quality)"
    case .png, .webpLossless, .jxlLossless: title
    case .webp, .jxl, .heic: "\(title) -q \(quality)"
    }
  }

  func encoding(_ input: String, _ output: String, quality: Int) -> [String] {
    switch self {
    case .jpeg:
      ["cjpeg", "-optimize", "-sample", "2x2", "-quality", "\(quality)", "-outfile", output, input]
    case .webp: ["cwebp", "-quiet", "-m", "6", "-q", "\(quality)", input, "-o", output]
    case .webpLossless: ["cwebp", "-quiet", "-lossless", "-exact", "-m", "6", input, "-o", output]
    case .avif:
      // The form that every avifenc since 0.8 takes; -q is newer.
      [
        "avifenc", "-s", "6", "-y", "444", "--min", "0", "--max", "63", "-a", "end-usage=q",
        "-a", "cq-level=\(quality)", input, output,
      ]
    case .jxl: ["cjxl", "-e", "7", "-q", "\(quality)", input, output]
    case .jxlLossless: ["cjxl", "-d", "0", "-e", "7", input, output]
    case .heic: ["heif-enc", "-q", "\(quality)", input, "-o", output]
    case .png: ["optipng", "-quiet", "-o2", "-clobber", input, "-out", output]
    }
  }

  /// Nil where this program decodes.
  func decoding(_ input: String, _ output: String) -> [String]? {
    switch self {
    case .jpeg: ["djpeg", "-outfile", output, input]
    case .webp, .webpLossless: ["dwebp", "-quiet", input, "-o", output]
    case .avif: ["avifdec", input, output]
    case .jxl, .jxlLossless: ["djxl", input, output]
    case .heic: ["heif-convert", "-q", "100", input, output]
    case .png: nil
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
