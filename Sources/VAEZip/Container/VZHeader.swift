import VAEZipImage
import VAEZipSupport

/// The header of a .vz file (Formats/VZ.md, Header). A value of this type is always valid.
public struct VZHeader: Sendable, Equatable {
  /// The version of the format that is written.
  public static let version: UInt8 = 2
  /// The versions that are read.
  public static let versions: ClosedRange<UInt8> = 1...2
  /// Bytes of a header.
  public static let size = 32
  /// Longest side of an image, in pixels.
  public static let maximumSide = 1 << 30
  /// Most pixels of an image.
  public static let maximumPixels = 1 << 40
  /// Valid values of `tileSizeLog2`.
  public static let tileSizeLog2Range = 6...14

  /// The file's version of the format: 1 or 2.
  public let version: UInt8
  /// In pixels, 1 … 2³⁰.
  public let width: Int
  /// In pixels, 1 … 2³⁰.
  public let height: Int
  /// What the image's samples are.
  public let format: Image.Format
  /// XXH64 of the model file; `VZHeader.noModel` if the pixels need none.
  public let modelID: UInt64
  /// Position between the model's quality levels, in 1/256 level. Only the model tells the largest one.
  public let qualityPosition: UInt16
  /// Logarithm to the base 2 of the tile size in pixels, 6 … 14.
  public let tileSizeLog2: Int
  /// Whether tiles may have exact streams, and how many bits their samples have; nil if there are none.
  public let exactDepth: Image.Depth?

  /// The model id of an image all of whose pixels are exact.
  public static let noModel: UInt64 = 0
  /// Whether the pixels need a model.
  public var needsModel: Bool { version == 1 || modelID != Self.noModel }
  /// Gray or RGB.
  public var channels: Image.Channels { format.channels }
  /// Width and height of a tile in pixels.
  public var tileSize: Int { 1 << tileSizeLog2 }
  /// Tiles side by side.
  public var tileColumns: Int { (width + tileSize - 1) >> tileSizeLog2 }
  /// Rows of tiles.
  public var tileRows: Int { (height + tileSize - 1) >> tileSizeLog2 }
  /// Number of tiles.
  public var tileCount: Int { tileColumns * tileRows }
  /// Pixels that coding computes: those of all cells of 16 × 16 that hold a part of the image.
  package var computedPixels: Int { Self.computedPixels(width: width, height: height) }

  /// The same for any size of at most 2³¹ pixels a side; `Int.max` if there are more than fit.
  package static func computedPixels(width: Int, height: Int) -> Int {
    let (cells, overflow) = ((width + 15) / 16).multipliedReportingOverflow(by: (height + 15) / 16)
    let (pixels, overflow2) = cells.multipliedReportingOverflow(by: 256)
    return overflow || overflow2 ? .max : pixels
  }

  /// - Throws: `invalidField` if a value is outside what the format allows.
  public init(
    width: Int, height: Int, format: Image.Format, modelID: UInt64, qualityPosition: UInt16,
    tileSizeLog2: Int = 9, exactDepth: Image.Depth? = nil, version: UInt8 = VZHeader.version
  ) throws(VZError) {
    guard Self.versions ~= version else { throw .unsupportedVersion(version) }
    for (name, offset, side) in [("width", 8, width), ("height", 12, height)] {
      guard 1...Self.maximumSide ~= side else {
        throw .invalidField(
          name, offset: offset, expected: "1 … \(Self.maximumSide)", found: "\(side)")
      }
    }
    // No overflow: both sides are at most 2³⁰.
    guard width * height <= Self.maximumPixels else {
      throw .invalidField(
        "width × height", offset: 8, expected: "at most \(Self.maximumPixels)",
        found: "\(width) × \(height)")
    }
    guard Self.tileSizeLog2Range ~= tileSizeLog2 else {
      throw .invalidField(
        "log2 of the tile size", offset: 27,
        expected: "\(Self.tileSizeLog2Range.lowerBound) … \(Self.tileSizeLog2Range.upperBound)",
        found: "\(tileSizeLog2)")
    }
    let hasUsualDepth = exactDepth == nil || exactDepth == .eight || format.depth == .sixteen
    guard exactDepth == nil || version > 1, hasUsualDepth else {
      throw .invalidField(
        "exact streams", offset: 27, expected: "samples of at most \(format.depth.rawValue) bits",
        found: "\(exactDepth?.rawValue ?? 0) bits, version \(version)")
    }
    guard version == 1 || modelID != Self.noModel || exactDepth != nil else {
      throw .invalidField("model_id", offset: 16, expected: "a model, or exact streams", found: "0")
    }
    self.version = version
    self.exactDepth = exactDepth
    self.width = width
    self.height = height
    self.format = format
    self.modelID = modelID
    self.qualityPosition = qualityPosition
    self.tileSizeLog2 = tileSizeLog2
  }

  /// The pixels of a tile.
  /// - Parameter tile: its number in raster order, 0 ..< `tileCount`.
  public func bounds(ofTile tile: Int) -> (x: Range<Int>, y: Range<Int>) {
    let (row, column) = tile.quotientAndRemainder(dividingBy: tileColumns)
    let (x, y) = (column << tileSizeLog2, row << tileSizeLog2)
    return (x..<min(x + tileSize, width), y..<min(y + tileSize, height))
  }

  /// As `bounds(ofTile:)`.
  public func region(ofTile tile: Int) -> Region {
    let (x, y) = bounds(ofTile: tile)
    return Region(x: x.lowerBound, y: y.lowerBound, width: x.count, height: y.count)
  }
}

extension VZHeader {
  /// Bit 7 of `tiling`: chunks follow the header.
  package static let chunksFollow: UInt8 = 0x80
  /// Bit 6 of `tiling`, from version 2 on: tiles may have exact streams.
  package static let hasExact: UInt8 = 0x40
  /// Bit 5 of `tiling`, from version 2 on: exact samples have 16 bits.
  package static let hasWideExact: UInt8 = 0x20

  /// The 32 bytes of the file.
  package func serialized(chunksFollow: Bool) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(VZFile.signature)
    writer.append(version)
    writer.append(UInt32(width))
    writer.append(UInt32(height))
    writer.append(modelID)
    writer.append(qualityPosition)
    writer.append(UInt8(format.samples) | (format.depth.rawValue - 1) << 4)
    let exact = exactDepth.map { $0 == .sixteen ? Self.hasExact | Self.hasWideExact : Self.hasExact }
    writer.append(UInt8(tileSizeLog2) | (chunksFollow ? Self.chunksFollow : 0) | (exact ?? 0))
    writer.append(Checksum.hash32(writer.bytes))
    return writer.bytes
  }

  /// Reads a header at the reader's position, the beginning of the file.
  package static func parse(
    _ reader: inout ByteReader
  ) throws(VZError) -> (header: VZHeader, chunksFollow: Bool) {
    let signature = VZFile.signature
    let start = [UInt8](reader.bytes.prefix(signature.count))
    if start != signature {
      // A file cut inside its signature is a truncated .vz file; an empty one is none at all.
      if !start.isEmpty && signature.starts(with: start) {
        throw .truncated(.signature, offset: 0, expected: signature.count, found: start.count)
      }
      let name: [UInt8] = [0x56, 0x5A]
      if start.count >= 4, Array(start[1...2]) == name, start[0] | 0x80 == signature[0] {
        throw .textTransfer(found: start)
      }
      throw .notVZ(found: start)
    }
    _ = try reader.take(signature.count, of: .signature)
    // The version first: a later one may have another header, so nothing else is known.
    let version = try reader.u8(of: .header)
    guard Self.versions ~= version else { throw .unsupportedVersion(version) }
    let width = try reader.u32(of: .header)
    let height = try reader.u32(of: .header)
    let modelID = try reader.u64(of: .header)
    let quality = try reader.u16(of: .header)
    let format = try reader.u8(of: .header)
    let tiling = try reader.u8(of: .header)
    try reader.checksum(of: reader.bytes.prefix(size - 4), .header)

    let samples = format & 0x0F
    guard let depth = Image.Depth(rawValue: format >> 4 + 1), 1...4 ~= samples else {
      throw .invalidField(
        "format", offset: 26, expected: "71 … 74 or F1 … F4",
        found: hexadecimal(UInt64(format), digits: 2))
    }
    let exact = tiling & (Self.hasExact | Self.hasWideExact)
    guard exact != Self.hasWideExact, exact == 0 || version > 1 else {
      throw .invalidField(
        "reserved bits of tiling", offset: 27, expected: version == 1 ? "0" : "0, 2 or 3",
        found: "\(exact >> 5)")
    }
    let exactDepth: Image.Depth? =
      exact == 0 ? nil : exact & Self.hasWideExact != 0 ? .sixteen : .eight
    let header = try VZHeader(
      width: Int(width), height: Int(height),
      format: Image.Format(
        channels: samples <= 2 ? .gray : .rgb, hasAlpha: samples % 2 == 0, depth: depth),
      modelID: modelID, qualityPosition: quality, tileSizeLog2: Int(tiling & 0x1F),
      exactDepth: exactDepth, version: version)
    return (header, tiling & Self.chunksFollow != 0)
  }
}
