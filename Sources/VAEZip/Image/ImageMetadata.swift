/// What an image says beside its pixels (colour space, resolution, text, dates) as chunks of PNG, verbatim:
/// they are carried from file to file and not interpreted.
public struct ImageMetadata: Sendable, Equatable {
  /// A chunk of PNG (ISO/IEC 15948, section 5.3).
  public struct Chunk: Sendable, Equatable {
    /// Four ASCII letters.
    public let type: String
    public let data: [UInt8]
    /// Whether it stands behind the pixels (IDAT) rather than before them.
    public let followsPixels: Bool

    /// - Returns: nil if metadata do not carry the type (`ImageMetadata.carries`), or for 2³¹ bytes
    ///   or more.
    public init?(type: String, data: [UInt8], followsPixels: Bool = false) {
      guard ImageMetadata.carries(type), data.count <= ContainerChunk.maximumLength else {
        return nil
      }
      self.type = type
      self.data = data
      self.followsPixels = followsPixels
    }
  }

  /// In the order of the file; those that follow the pixels come last.
  public private(set) var chunks: [Chunk] = []

  public var isEmpty: Bool { chunks.isEmpty }

  public init() {}

  public init(_ chunks: [Chunk]) {
    self.chunks = chunks.filter { !$0.followsPixels } + chunks.filter(\.followsPixels)
  }

  /// Colour spaces and dates: what must not be copied to other pixels, but these are the same image's.
  private static let unsafeToCopy: Set<String> = [
    "cHRM", "cICP", "cLLI", "gAMA", "iCCP", "mDCV", "sRGB", "tIME",
  ]

  /// Whether chunks of a type are metadata: the colour spaces and the date, and all ancillary types that
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

extension ImageMetadata {
  /// Stands in a .vz file's list of chunks where the pixels stood, if chunks follow them.
  static let pixelsMark = "pIXs"

  /// The chunks of a .vz file. What is not metadata is left out.
  init(_ chunks: [ContainerChunk]) {
    var followsPixels = false
    self.init(
      chunks.compactMap { chunk in
        if chunk.type == Self.pixelsMark {
          followsPixels = true
          return nil
        }
        return Chunk(type: chunk.type, data: chunk.data, followsPixels: followsPixels)
      })
  }

  /// As a .vz file has them.
  func containerChunks() throws(ContainerError) -> [ContainerChunk] {
    var result: [ContainerChunk] = []
    var followsPixels = false
    for chunk in chunks {
      if chunk.followsPixels, !followsPixels {
        followsPixels = true
        result.append(try ContainerChunk(type: Self.pixelsMark, data: []))
      }
      result.append(try ContainerChunk(type: chunk.type, data: chunk.data))
    }
    return result
  }
}
