import CZstd

// Formats/VZ.md, "Alpha".

extension Container {
  /// The opacity of all pixels.
  func alpha() throws -> [UInt8] {
    let s = sampleBytes
    var plane = [UInt8](repeating: 0, count: width * height * s)
    for index in tiles.indices {
      let tile = tile(index)
      let rows = try alphaRows(tiles[index].alpha, tile)
      for y in 0..<tile.height {
        let start = ((tile.y + y) * width + tile.x) * s
        plane.replaceSubrange(start..<start + tile.width * s, with: rows[y])
      }
    }
    return plane
  }

  /// The rows of a tile.
  private func alphaRows(_ bytes: [UInt8], _ tile: Rectangle) throws -> [[UInt8]] {
    let rowBytes = tile.width * sampleBytes
    if bytes.count == sampleBytes {
      // One sample that all pixels have.
      let row = (0..<rowBytes).map { bytes[$0 % sampleBytes] }
      return Array(repeating: row, count: tile.height)
    }
    let filtered = try content(ofFrame: bytes)
    guard filtered.count == tile.height * (1 + rowBytes) else { throw FormatError("alpha: size") }
    var above = [UInt8](repeating: 0, count: rowBytes)
    return try (0..<tile.height).map { y in
      let row = Array(filtered[y * (1 + rowBytes)..<(y + 1) * (1 + rowBytes)])
      above = try unfilter(filter: row[0], Array(row[1...]), above: above, distance: sampleBytes)
      return above
    }
  }
}

/// The content of exactly one zstd frame that states its size.
func content(ofFrame bytes: [UInt8]) throws -> [UInt8] {
  guard bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]),
    ZSTD_findFrameCompressedSize(bytes, bytes.count) == bytes.count
  else { throw FormatError("not one zstd frame") }
  // Real readers compare the size with what a tile can have before they take memory.
  guard let size = Int(exactly: ZSTD_getFrameContentSize(bytes, bytes.count)), size < 1 << 32 else {
    throw FormatError("zstd frame: size")
  }
  var content = [UInt8](repeating: 0, count: size)
  guard ZSTD_decompress(&content, size, bytes, bytes.count) == size else {
    throw FormatError("zstd frame")
  }
  return content
}

/// Undoes a filter of PNG (Third Edition, section 9).
///
/// - Parameter distance: bytes of a pixel.
func unfilter(filter: UInt8, _ row: [UInt8], above: [UInt8], distance: Int) throws -> [UInt8] {
  var result: [UInt8] = []
  for index in row.indices {
    let hasLeft = index >= distance
    let a = hasLeft ? Int(result[index - distance]) : 0
    let b = Int(above[index])
    let c = hasLeft ? Int(above[index - distance]) : 0
    let prediction: Int
    switch filter {
    case 0: prediction = 0
    case 1: prediction = a
    case 2: prediction = b
    case 3: prediction = (a + b) / 2
    case 4: prediction = paeth(a, b, c)
    default: throw FormatError("filter")
    }
    result.append(row[index] &+ UInt8(prediction))
  }
  return result
}

private func paeth(_ a: Int, _ b: Int, _ c: Int) -> Int {
  let p = a + b - c
  let (pa, pb, pc) = (abs(p - a), abs(p - b), abs(p - c))
  if pa <= pb && pa <= pc { return a }
  return pb <= pc ? b : c
}
