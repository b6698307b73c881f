import VAEZip

/// What a file is, by its first bytes. The one place that decides which files a command takes.
enum FileKind: Sendable {
  case png, vz, model, jpeg, webp, jxl, avif, gif, tiff, bmp, netpbm
  /// None of these.
  case other

  /// How many first bytes tell the kinds apart.
  static let signatureSize = 16

  /// The kind of a file that begins with these bytes.
  init(_ beginning: some Collection<UInt8>) {
    let bytes = Array(beginning.prefix(Self.signatureSize))
    func has(_ signature: some Sequence<UInt8>, at place: Int = 0) -> Bool {
      bytes.dropFirst(place).starts(with: signature)
    }
    let isNetpbm =
      bytes.count > 2 && bytes[0] == UInt8(ascii: "P")
      && UInt8(ascii: "1")...UInt8(ascii: "7") ~= bytes[1]
      && [UInt8(ascii: "\n"), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r")].contains(bytes[2])
    self =
      if has(PNG.signature) {
        .png
      } else if has(VZFile.signature) {
        .vz
      } else if has([0xFF, 0xD8, 0xFF]) {
        .jpeg
      } else if has("RIFF".utf8), has("WEBP".utf8, at: 8) {
        .webp
      } else if has([0xFF, 0x0A]) || has("JXL ".utf8, at: 4) {
        .jxl
      } else if has("ftypavi".utf8, at: 4) {
        .avif
      } else if has("GIF8".utf8) {
        .gif
      } else if has([0x49, 0x49, 0x2A, 0]) || has([0x4D, 0x4D, 0, 0x2A]) {
        .tiff
      } else if has("BM".utf8), bytes.count > 9, bytes[6..<10].allSatisfy({ $0 == 0 }) {
        .bmp
      } else if isNetpbm {
        .netpbm
      } else if bytes.count > 8, bytes[8] == UInt8(ascii: "{") {
        // The length of a header, which is JSON.
        .model
      } else {
        .other
      }
  }

  /// "a PNG file"; nil for `other`.
  var name: String? {
    switch self {
    case .png: "a PNG file"
    case .vz: "a .vz file"
    case .model: "a model file"
    case .jpeg: "a JPEG file"
    case .webp: "a WebP file"
    case .jxl: "a JPEG XL file"
    case .avif: "an AVIF file"
    case .gif: "a GIF file"
    case .tiff: "a TIFF file"
    case .bmp: "a BMP file"
    case .netpbm: "a Netpbm file"
    case .other: nil
    }
  }

  /// The program that makes a PNG of such a picture.
  private var converter: String {
    switch self {
    case .webp: "dwebp"
    case .jxl: "djxl"
    case .avif: "avifdec"
    default: "magick"
    }
  }

  /// Why `compress` does not take the file; nil if the reader's words say it better.
  var compressRefusal: String? {
    switch self {
    case .png, .jpeg, .netpbm, .other: nil
    case .vz: "not a PNG file: it is a .vz file; vaezip decompress makes a PNG of it"
    case .model: "not a PNG file: it is a model file; --model names a model"
    default: name.map { "not a PNG file: it is \($0); \(converter) makes a PNG of it" }
    }
  }

  /// Why `decompress` and `verify` do not take the file; nil if the reader's words say it better.
  var decompressRefusal: String? {
    switch self {
    case .vz, .other: nil
    case .png: "not a .vz file: it is a PNG file; vaezip compress makes a .vz file of it"
    case .model: "not a .vz file: it is a model file; --model names a model"
    default: name.map { "not a .vz file: it is \($0)" }
    }
  }
}

/// The files that a command reads, and the names of those that it writes.
struct FileFormats: Sendable {
  /// What it takes from folders, by content.
  let takes: Set<FileKind>
  /// Extensions that go when an output is named. Files with such a name are taken from folders whatever
  /// their content, so that a damaged one is reported and not passed over.
  let extensions: Set<String>
  /// The extension of outputs; nil if nothing is written.
  let output: String?

  static let compress = FileFormats(
    takes: [.png, .jpeg, .netpbm], extensions: Set(ImageFile.Kind.allCases.flatMap(\.extensions)),
    output: "vz")
  static func decompress(to format: PictureFormat) -> FileFormats {
    FileFormats(takes: [.vz], extensions: ["vz"], output: format.rawValue)
  }
  static let verify = FileFormats(takes: [.vz], extensions: ["vz"], output: nil)

  /// Whether a file of a folder is taken.
  func takes(_ kind: FileKind, named name: String) -> Bool {
    // "._photo.png" has what macOS knows about photo.png beside the picture.
    takes.contains(kind)
      || extensions.contains(PathText.pathExtension(of: name)) && !name.utf8.starts(with: "._".utf8)
  }

  /// `picture.png` becomes `picture.vz`; what has another extension keeps it; `-` stays `-`.
  func outputName(of input: String) -> String? {
    guard let output, input != "-" else { return output == nil ? nil : "-" }
    let found = PathText.pathExtension(of: input)
    guard extensions.contains(found) else { return input + "." + output }
    return String(decoding: input.utf8.dropLast(found.utf8.count + 1), as: UTF8.self) + "." + output
  }

  /// Extensions of pictures: a file of another kind must not get them by mistake.
  static let pictureExtensions: Set<String> = [
    "avif", "bmp", "exr", "gif", "heic", "heif", "j2k", "jp2", "jpeg", "jpg", "jxl", "pam", "pbm", "pgm",
    "png", "pnm", "ppm", "psd", "qoi", "svg", "tga", "tif", "tiff", "vz", "webp",
  ]
}
