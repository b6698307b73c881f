/// How a picture must be turned to stand upright, from its Exif data (CIPA DC-008, tag 0x0112).
///
/// Raw values are Exif's: 1 is upright.
public enum ExifOrientation: Int, Sendable, CaseIterable {
  case upright = 1
  case mirrored = 2
  case upsideDown = 3
  case mirroredUpsideDown = 4
  case transposed = 5
  /// To be turned by 90° clockwise.
  case turnedLeft = 6
  case transverse = 7
  /// To be turned by 90° counterclockwise.
  case turnedRight = 8

  /// Whether rows become columns.
  public var swapsAxes: Bool { rawValue >= 5 }

  /// The orientation that a TIFF structure names in its first directory; upright if it names none, or is damaged.
  ///
  /// - Parameter exif: the data of PNG's chunk eXIf, or of a JPEG's APP1 after `Exif\0\0`.
  public init(exif: [UInt8]) {
    self = Self.value(exif).flatMap { ExifOrientation(rawValue: $0) } ?? .upright
  }

  private static func value(_ tiff: [UInt8]) -> Int? {
    guard tiff.count >= 8 else { return nil }
    let isBigEndian: Bool
    switch tiff[..<4] {
    case [0x4D, 0x4D, 0, 42]: isBigEndian = true
    case [0x49, 0x49, 42, 0]: isBigEndian = false
    default: return nil
    }
    func number(_ place: Int, _ bytes: Int) -> Int? {
      guard place >= 0, place <= tiff.count - bytes else { return nil }
      let part = tiff[place..<place + bytes]
      return (isBigEndian ? Array(part) : part.reversed()).reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(4, 4), let entries = number(directory, 2) else { return nil }
    for entry in 0..<entries {
      let place = directory + 2 + 12 * entry
      guard let tag = number(place, 2) else { return nil }
      // A SHORT, one of them.
      if tag == 0x0112 {
        return number(place + 2, 2) == 3 && number(place + 4, 4) == 1 ? number(place + 8, 2) : nil
      }
    }
    return nil
  }
}

extension ImageMetadata {
  /// How the picture must be turned to stand upright.
  public var orientation: ExifOrientation { exif.map { ExifOrientation(exif: $0) } ?? .upright }
}

extension Image {
  /// The picture, turned as an orientation asks for. Its metadata stay as they are.
  public func turned(_ orientation: ExifOrientation) -> Image {
    guard orientation != .upright else { return self }
    let (columns, rows) = orientation.swapsAxes ? (height, width) : (width, height)
    let (lastX, lastY) = (width - 1, height - 1)
    func source(_ x: Int, _ y: Int) -> Int {
      let (sx, sy) =
        switch orientation {
        case .upright: (x, y)
        case .mirrored: (lastX - x, y)
        case .upsideDown: (lastX - x, lastY - y)
        case .mirroredUpsideDown: (x, lastY - y)
        case .transposed: (y, x)
        case .turnedLeft: (y, lastY - x)
        case .transverse: (lastX - y, lastY - x)
        case .turnedRight: (lastX - y, x)
        }
      return sy * width + sx
    }
    func turn(_ plane: [UInt8], _ bytes: Int) -> [UInt8] {
      var turned: [UInt8] = []
      turned.reserveCapacity(plane.count)
      for y in 0..<rows {
        for x in 0..<columns {
          let place = source(x, y) * bytes
          turned.append(contentsOf: plane[place..<place + bytes])
        }
      }
      return turned
    }
    return Image(
      width: columns, height: rows, channels: channels, pixels: turn(pixels, format.colorBytes),
      depth: depth, colorDepth: colorDepth, alpha: alpha.map { turn($0, format.alphaBytes) },
      metadata: metadata)
  }
}
