import CJPEGShim
import VAEZipSupport

/// What a JPEG says beside its pixels, as the chunks that PNG has for it.
struct JPEGMetadata {
  private(set) var metadata = ImageMetadata()
  /// What is not kept.
  private(set) var notices: [String] = []

  private var chunks: [ImageMetadata.Chunk] = []
  /// Parts of the color profile, by their number from 1 on.
  private var profile: [Int: [UInt8]] = [:]
  private var profileParts = 0
  private var dropped = PNGTypeList()

  private static let exif = Array("Exif\0\0".utf8)
  private static let xmp = Array("http://ns.adobe.com/xap/1.0/\0".utf8)
  private static let icc = Array("ICC_PROFILE\0".utf8)
  private static let multiPicture = Array("MPF\0".utf8)

  /// - Parameter handle: a reader that has read its header.
  init(_ handle: OpaquePointer, _ header: cjpeg_header) {
    var marker = cjpeg_marker()
    var index = 0
    while cjpeg_reader_marker(handle, index, &marker) != 0 {
      let data = marker.data.map { [UInt8](UnsafeBufferPointer(start: $0, count: marker.size)) } ?? []
      add(marker.code, data)
      index += 1
    }
    addProfile()
    addResolution(header)
    metadata = ImageMetadata(chunks)
    if !dropped.isEmpty { notices.append("markers not kept: \(dropped.text)") }
  }

  private mutating func add(_ code: UInt8, _ data: [UInt8]) {
    switch code {
    // JFIF and Adobe's: how the pixels are coded.
    case 0xE0, 0xEE: return
    case 0xE1 where data.starts(with: Self.exif) && !chunks.contains { $0.type == "eXIf" }:
      append("eXIf", Array(data.dropFirst(Self.exif.count)))
    case 0xE1 where data.starts(with: Self.xmp) && !chunks.contains { $0.type == "iTXt" }:
      // Keyword, not compressed, no language, no translated keyword (PNG, Third Edition, section 11.3.3.4).
      append("iTXt", Array("XML:com.adobe.xmp\0\0\0\0\0".utf8) + data.dropFirst(Self.xmp.count))
    case 0xE2 where data.starts(with: Self.icc) && data.count > Self.icc.count + 2:
      profile[Int(data[Self.icc.count])] = Array(data.dropFirst(Self.icc.count + 2))
      profileParts = Int(data[Self.icc.count + 1])
    // A list of further pictures after this one.
    case 0xE2 where data.starts(with: Self.multiPicture): return
    case 0xFE: dropped.add("COM")
    default: dropped.add("APP\(code - 0xE0)")
    }
  }

  private mutating func append(_ type: String, _ data: [UInt8]) {
    guard let chunk = ImageMetadata.Chunk(type: type, data: data) else { return }
    chunks.append(chunk)
  }

  /// The color profile (ICC.1, annex B.4: it is cut into markers).
  private mutating func addProfile() {
    guard !profile.isEmpty else { return }
    let parts = (1...max(1, profileParts)).compactMap { profile[$0] }
    guard parts.count == profileParts, parts.count == profile.count else {
      notices.append("color profile not kept: it is incomplete")
      return
    }
    let color = PNGColorProfile(name: Array("ICC profile".utf8), profile: parts.flatMap { $0 })
    if let data = color?.chunkData { append("iCCP", data) }
  }

  /// The size of a pixel, from dots per inch or per centimeter.
  private mutating func addResolution(_ header: cjpeg_header) {
    let unit = Int(header.density_unit)
    guard unit == 1 || unit == 2, header.density_x > 0, header.density_y > 0 else { return }
    func perMeter(_ density: UInt16) -> [UInt8] {
      let value = unit == 1 ? (Int(density) * 10000 + 127) / 254 : Int(density) * 100
      return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
    append("pHYs", perMeter(header.density_x) + perMeter(header.density_y) + [1])
  }
}
