/// A PNG of any kind that the format knows, written byte by byte without libpng.
package struct TestPNG {
  package var width: Int
  package var height: Int
  package var bitDepth: Int
  /// 0 gray, 2 RGB, 3 palette, 4 gray + alpha, 6 RGB + alpha.
  package var colorType: Int
  package var interlaced = false
  /// RGB triples.
  package var palette: [UInt8] = []
  package var transparency: [UInt8] = []
  /// The sample of channel c at (x, y), below 2^bitDepth.
  package var sample: (_ x: Int, _ y: Int, _ c: Int) -> Int

  var samplesPerPixel: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colorType] ?? 1 }

  package static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

  /// A sample that looks random but depends only on its place: 20 bits.
  package static func noise(_ x: Int, _ y: Int, _ c: Int) -> Int {
    let hash = UInt32(
      truncatingIfNeeded: x &* 73_856_093 ^ y &* 19_349_663 ^ (c + 1) &* 83_492_791)
    return Int((hash &* 2_654_435_761) >> 12)
  }

  package init(
    width: Int, height: Int, bitDepth: Int, colorType: Int, interlaced: Bool = false,
    palette: [UInt8] = [], transparency: [UInt8] = [],
    sample: @escaping (_ x: Int, _ y: Int, _ c: Int) -> Int
  ) {
    self.width = width
    self.height = height
    self.bitDepth = bitDepth
    self.colorType = colorType
    self.interlaced = interlaced
    self.palette = palette
    self.transparency = transparency
    self.sample = sample
  }

  /// The whole file, with more chunks before and after IDAT.
  package func encoded(extra: [UInt8] = [], after: [UInt8] = []) -> [UInt8] {
    let header =
      bigEndian(width) + bigEndian(height)
      + [UInt8(bitDepth), UInt8(colorType), 0, 0, interlaced ? 1 : 0]
    var file = Self.signature + Self.chunk("IHDR", header)
    if !palette.isEmpty { file += Self.chunk("PLTE", palette) }
    if !transparency.isEmpty { file += Self.chunk("tRNS", transparency) }
    file += extra + Self.chunk("IDAT", Self.stored(scanlines())) + after
    return file + Self.chunk("IEND", [])
  }

  /// Filter byte 0 before each line, samples packed from the high bit on.
  private func scanlines() -> [UInt8] {
    // First column, first line, and steps, of each pass.
    let adam7 = [
      (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
      (0, 1, 1, 2),
    ]
    var bytes: [UInt8] = []
    for (left, top, across, down) in interlaced ? adam7 : [(0, 0, 1, 1)] {
      let columns = Array(stride(from: left, to: width, by: across))
      if columns.isEmpty { continue }
      for y in stride(from: top, to: height, by: down) {
        bytes.append(0)
        var pending = 0, bits = 0
        for x in columns {
          for c in 0..<samplesPerPixel {
            pending = pending << bitDepth | sample(x, y, c)
            bits += bitDepth
            while bits >= 8 {
              bytes.append(UInt8(pending >> (bits - 8) & 0xff))
              bits -= 8
            }
            pending &= (1 << bits) - 1
          }
        }
        if bits > 0 { bytes.append(UInt8(pending << (8 - bits) & 0xff)) }
      }
    }
    return bytes
  }

  /// A chunk with its length and its CRC.
  package static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    let named = Array(name.utf8) + data
    return bigEndian(data.count) + named + bigEndian(crc32(named))
  }

  /// A zlib stream of stored blocks.
  package static func stored(_ data: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    var start = 0
    repeat {
      let end = min(start + 65_535, data.count)
      let length = end - start
      stream += [end == data.count ? 1 : 0]
      stream += [UInt8(length & 0xff), UInt8(length >> 8)]
      stream += [UInt8(~length & 0xff), UInt8(~length >> 8 & 0xff)]
      stream += data[start..<end]
      start = end
    } while start < data.count
    var (a, b) = (1, 0)
    for byte in data {
      a = (a + Int(byte)) % 65_521
      b = (b + a) % 65_521
    }
    return stream + bigEndian(b << 16 | a)
  }

  package static func crc32(_ bytes: [UInt8]) -> Int {
    var crc: UInt32 = 0xffff_ffff
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
    }
    return Int(~crc)
  }
}

/// 32 bits, most significant byte first.
package func bigEndian(_ value: Int) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(value >> $0 & 0xff) }
}
