import VAEZipSupport

/// Files of pictures that are read: PNG, JPEG, PGM, PPM, PAM. The first bytes say which it is, not the name.
public enum ImageFile {
  /// What a file is.
  public enum Kind: String, Sendable, CaseIterable {
    case png = "PNG"
    case jpeg = "JPEG"
    /// PGM, PPM or PAM.
    case netpbm = "PPM"

    /// Nil for files of other kinds.
    ///
    /// - Parameter beginning: the first bytes, `beginningSize` of them if there are as many.
    public init?(beginning: some Collection<UInt8>) {
      let bytes = Array(beginning.prefix(ImageFile.beginningSize))
      if bytes.starts(with: PNG.signature) {
        self = .png
      } else if bytes.starts(with: JPEG.signature) {
        self = .jpeg
      } else if bytes.count >= 3, bytes[0] == UInt8(ascii: "P"),
        (UInt8(ascii: "1")...UInt8(ascii: "7")).contains(bytes[1]),
        NetpbmHeader.isSpace(bytes[2]) || bytes[2] == UInt8(ascii: "#")
      {
        self = .netpbm
      } else {
        return nil
      }
    }

    /// Extensions of files' names, in lower case, without a dot.
    public var extensions: [String] {
      switch self {
      case .png: ["png"]
      case .jpeg: ["jpg", "jpeg", "jpe", "jfif"]
      case .netpbm: ["ppm", "pgm", "pnm", "pam"]
      }
    }
  }

  /// How many bytes of a file tell its kind.
  public static let beginningSize = 16

  /// The kind of a file that is known, but not read, by its first bytes; nil for what is not known at all.
  package static func foreignKind(_ bytes: [UInt8]) -> String? {
    let kinds: [(name: String, offset: Int, text: String)] = [
      ("WebP", 8, "WEBP"), ("GIF", 0, "GIF8"), ("BMP", 0, "BM"), ("TIFF", 0, "II*\0"), ("TIFF", 0, "MM\0*"),
      ("JPEG XL", 4, "JXL "), ("AVIF", 4, "ftypavi"), ("HEIC", 4, "ftyphei"), ("HEIC", 4, "ftypmif"),
      ("JPEG 2000", 4, "jP  "), ("PFM", 0, "PF\n"), ("PFM", 0, "Pf\n"), ("PDF", 0, "%PDF"),
    ]
    if bytes.starts(with: [0xFF, 0x0A]) { return "JPEG XL" }
    return kinds.first { bytes.dropFirst($0.offset).starts(with: $0.text.utf8) }?.name
  }
}

/// The reason why a picture's file could not be read. `description` is one line.
public enum ImageFileError: Error, Equatable, CustomStringConvertible {
  /// None of the kinds that are read. Holds the first bytes.
  case unknownKind(found: [UInt8])
  case png(PNGError)
  case jpeg(JPEGError)
  case netpbm(NetpbmError)
  /// The source could not be read; the system's words.
  case notRead(String)

  /// One line for a person.
  public var description: String {
    switch self {
    case .unknownKind(let found):
      if let kind = ImageFile.foreignKind(found) {
        "a \(kind) file, which is not read; convert it to PNG"
      } else if found.isEmpty {
        "not a picture: the file is empty"
      } else {
        "not a PNG, JPEG, PPM, PGM or PAM file: it begins with "
          + found.prefix(8).map { hexadecimal(UInt64($0), digits: 2) }.joined(separator: " ")
      }
    case .png(let error): error.description
    case .jpeg(let error): error.description
    case .netpbm(let error): error.description
    case .notRead(let text): text
    }
  }
}
