/// What an image says beside its pixels: color space, resolution, text, dates.
///
/// These are chunks of PNG, verbatim. They are carried from file to file and not interpreted.
public struct ImageMetadata: Sendable, Equatable {
  /// A chunk of PNG (ISO/IEC 15948, section 5.3).
  public struct Chunk: Sendable, Equatable {
    /// Four ASCII letters.
    public let type: String
    /// The chunk's data, as PNG has them.
    public let data: [UInt8]
    /// Whether it comes after the pixels (IDAT).
    public let followsPixels: Bool

    /// - Returns: nil if metadata do not carry the type (`ImageMetadata.carries`), or for 2³¹ bytes
    ///   or more.
    public init?(type: String, data: [UInt8], followsPixels: Bool = false) {
      guard ImageMetadata.carries(type), data.count <= ImageMetadata.maximumLength else {
        return nil
      }
      self.type = type
      self.data = data
      self.followsPixels = followsPixels
    }
  }

  /// The largest number of bytes of a chunk's data (ISO/IEC 15948, section 5.3).
  public static let maximumLength = Int(Int32.max)
  /// The chunk type that marks, in a .vz file's list of chunks, the place of the pixels.
  package static let pixelsMark = "pIXs"

  /// In the order of the file; those that follow the pixels come last.
  public private(set) var chunks: [Chunk] = []

  /// Whether there is none.
  public var isEmpty: Bool { chunks.isEmpty }

  /// The data of the Exif chunk (eXIf), a TIFF file; nil if there is none.
  public var exif: [UInt8]? { chunks.first { $0.type == "eXIf" }?.data }

  /// No metadata.
  public init() {}

  /// Metadata of some chunks; those that follow the pixels are moved to the end.
  public init(_ chunks: [Chunk]) {
    self.chunks = chunks.filter { !$0.followsPixels } + chunks.filter(\.followsPixels)
  }

  /// Color spaces and dates: what must not be copied to other pixels, but these are the same image's.
  private static let unsafeToCopy: Set<String> = [
    "cHRM", "cICP", "cLLI", "gAMA", "iCCP", "mDCV", "sRGB", "tIME",
  ]

  /// Whether chunks of a type are metadata: the color spaces and the date, and all ancillary types that
  /// PNG calls safe to copy, known (eXIf, pHYs, tEXt, zTXt, iTXt) or not. What depends on how
  /// samples are stored (bKGD, hIST, sBIT, …) or is itself pixels (tRNS, APNG) is not.
  public static func carries(_ type: String) -> Bool {
    let letters = Array(type.utf8)
    guard type != pixelsMark, letters.count == 4,
      letters.allSatisfy({ 0x41...0x5A ~= $0 & 0xDF && $0 < 0x80 })
    else { return false }
    let isLower = letters.map { $0 & 0x20 != 0 }
    return unsafeToCopy.contains(type) || isLower[0] && !isLower[2] && isLower[3]
  }
}
