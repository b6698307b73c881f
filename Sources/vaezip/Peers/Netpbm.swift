import VAEZip

/// Binary PPM and PGM with 8 bits a sample (netpbm's P6 and P5): the formats of cjpeg and djpeg.
enum Netpbm {
  static func write(_ image: Image) -> [UInt8] {
    let kind = image.channels == .rgb ? "P6" : "P5"
    return Array("\(kind)\n\(image.width) \(image.height)\n255\n".utf8) + image.pixels
  }

  /// - Returns: nil if the bytes are no such picture.
  static func read(_ bytes: [UInt8]) -> Image? {
    var rest = bytes[...]
    func word() -> String? {
      while let byte = rest.first, byte == 0x20 || (9...13).contains(byte) { rest.removeFirst() }
      let text = rest.prefix { $0 != 0x20 && !(9...13).contains($0) }
      guard !text.isEmpty, text.count <= 16 else { return nil }
      rest.removeFirst(text.count)
      return String(decoding: text, as: UTF8.self)
    }
    guard let kind = word(), let channels: Image.Channels = ["P6": .rgb, "P5": .gray][kind],
      let width = word().flatMap({ Int($0) }), let height = word().flatMap({ Int($0) }),
      (1...65535).contains(width), (1...65535).contains(height), word() == "255",
      rest.count == width * height * Int(channels.rawValue) + 1
    else { return nil }
    return Image(
      width: width, height: height, channels: channels, pixels: Array(rest.dropFirst()))
  }
}
