// Formats/VZ.md, "Exact pixels".

/// The exact pixels of a tile.
package struct ExactPixels {
  /// All pixels of the tile, row by row; those that are not exact are 0.
  package private(set) var pixels: [[UInt8]]
  /// Whether each pixel is exact, row by row.
  let isExact: [Bool]
  let hasLatents: Bool
  private let width, height, samples, sampleBytes: Int
  private var pixelBytes: Int { samples * sampleBytes }

  /// - Parameters:
  ///   - bytes: a tile's exact stream, not empty.
  ///   - samples: of a pixel: 1 or 3.
  ///   - sampleBytes: of a sample: 1 or 2.
  package init(_ bytes: [UInt8], width: Int, height: Int, samples: Int, sampleBytes: Int) throws {
    (self.width, self.height, self.samples, self.sampleBytes) = (width, height, samples, sampleBytes)
    pixels = Array(repeating: Array(repeating: 0, count: samples * sampleBytes), count: width * height)
    var cursor = ByteCursor(bytes: bytes)
    let mode = try cursor.integer(1)
    hasLatents = mode & 0x80 == 0
    isExact = try Self.mask(mode & 0x40 != 0, &cursor, width: width, height: height)
    guard hasLatents || mode & 0x40 == 0 else { throw FormatError("exact: a mask without latents") }

    let detail = try cursor.integer(1)
    let (model, strip) = (mode & 3, mode >> 2 & 7)
    guard strip <= 6 else { throw FormatError("exact: strips") }
    let order = self.order(stripHeight: 1 << strip)
    if model < 2 {
      guard mode & 0x20 == 0, model == 0 ? detail <= 3 : detail == 3 else {
        throw FormatError("exact: detail")
      }
      try palette(hasEscapes: model == 1, bits: 1 << detail, order, mode: mode, &cursor)
    } else {
      guard detail <= 5, detail == 0 || strip == 0, model == 2 || samples == 3 else {
        throw FormatError("exact: detail")
      }
      try values(filter: detail, isPlanar: mode & 0x20 != 0, lessGreen: model == 3, order, &cursor)
    }
  }

  /// "Mask".
  private static func mask(
    _ isThere: Bool, _ cursor: inout ByteCursor, width: Int, height: Int
  ) throws -> [Bool] {
    guard isThere else { return Array(repeating: true, count: width * height) }
    let content = try VAEZipReference.content(ofFrame: cursor.take(try cursor.integer(4)))
    let rowBytes = (width + 7) / 8
    guard content.count == rowBytes * height else { throw FormatError("exact: size of a mask") }
    var row = [UInt8](repeating: 0, count: rowBytes)
    var mask: [Bool] = []
    for y in 0..<height {
      for byte in 0..<rowBytes { row[byte] ^= content[y * rowBytes + byte] }
      let bits = (0..<8 * rowBytes).map { row[$0 / 8] >> UInt8($0 % 8) & 1 == 1 }
      guard !bits[width...].contains(true) else { throw FormatError("exact: mask") }
      mask += bits[..<width]
    }
    guard mask.contains(true), mask.contains(false) else { throw FormatError("exact: mask") }
    return mask
  }

  /// "Order": the places of the exact pixels, line by line.
  private func order(stripHeight: Int) -> [[Int]] {
    func places(_ x: Int, _ y: Int) -> [Int] { isExact(x, y) ? [y * width + x] : [] }
    var lines: [[Int]] = []
    for top in stride(from: 0, to: height, by: stripHeight) {
      if stripHeight == 1 {
        lines.append((0..<width).flatMap { places($0, top) })
      } else {
        for x in 0..<width {
          lines.append((top..<min(top + stripHeight, height)).flatMap { places(x, $0) })
        }
      }
    }
    return lines.filter { !$0.isEmpty }
  }

  /// "Palettes".
  private mutating func palette(
    hasEscapes: Bool, bits: Int, _ order: [[Int]], mode: Int, _ cursor: inout ByteCursor
  ) throws {
    let count = try cursor.integer(1) + 1
    let rest = Array(cursor.bytes[cursor.position...])
    if !hasEscapes, count == 1 {
      guard rest.count == pixelBytes, bits == 1, mode & 0x1C == 0 else { throw FormatError("exact: color") }
      for place in order.joined() { pixels[place] = rest }
      return
    }
    guard count <= (hasEscapes ? 255 : 1 << bits) else { throw FormatError("exact: colors") }
    var content = ByteCursor(bytes: try VAEZipReference.content(ofFrame: rest))
    var colors = Array(repeating: [UInt8](), count: count)
    for _ in 0..<pixelBytes {
      var value: UInt8 = 0
      for (color, difference) in try content.take(count).enumerated() {
        value &+= difference
        colors[color].append(value)
      }
    }
    var escaped: [Int] = []
    for line in order {
      let bytes = try content.take((line.count * bits + 7) / 8)
      for (index, place) in line.enumerated() {
        let byte = Int(bytes[index * bits / 8])
        let number = (byte >> (index * bits % 8)) & ((1 << bits) - 1)
        if hasEscapes, number == 255 {
          escaped.append(place)
        } else {
          guard number < count else { throw FormatError("exact: number") }
          pixels[place] = colors[number]
        }
      }
    }
    for place in escaped { pixels[place] = try content.take(pixelBytes) }
    guard content.position == content.bytes.count else { throw FormatError("exact: size") }
  }

  /// "Samples".
  private mutating func values(
    filter: Int, isPlanar: Bool, lessGreen: Bool, _ order: [[Int]], _ cursor: inout ByteCursor
  ) throws {
    let content = try VAEZipReference.content(ofFrame: Array(cursor.bytes[cursor.position...]))
    let count = order.joined().count
    let filters = filter == 5 ? order.count : 0
    guard content.count == filters + count * pixelBytes else { throw FormatError("exact: size") }
    for (index, place) in order.joined().enumerated() {
      for byte in 0..<pixelBytes {
        let offset = isPlanar ? byte * count + index : index * pixelBytes + byte
        pixels[place][byte] = content[filters + offset]
      }
    }
    if filter > 0 {
      for (index, line) in order.enumerated() {
        try unfilter(line, filter: filter == 5 ? content[index] : UInt8(filter))
      }
    }
    if lessGreen { for place in order.joined() { addGreen(place) } }
  }

  /// Undoes the filter of a row, run by run.
  private mutating func unfilter(_ line: [Int], filter: UInt8) throws {
    var start = 0
    for end in 1...line.count where end == line.count || line[end] != line[end - 1] + 1 {
      let run = Array(line[start..<end])
      let above = run.flatMap { $0 < width ? Array(repeating: 0, count: pixelBytes) : pixels[$0 - width] }
      let row = try VAEZipReference.unfilter(
        filter: filter, run.flatMap { pixels[$0] }, above: above, distance: pixelBytes)
      for (index, place) in run.enumerated() {
        pixels[place] = Array(row[index * pixelBytes..<(index + 1) * pixelBytes])
      }
      start = end
    }
  }

  private mutating func addGreen(_ place: Int) {
    func sample(_ index: Int) -> Int {
      pixels[place][index * sampleBytes..<(index + 1) * sampleBytes].reduce(0) { $0 << 8 | Int($1) }
    }
    let green = sample(1)
    for index in [0, 2] {
      let sum = sample(index) + green
      for byte in 0..<sampleBytes {
        let shift = 8 * (sampleBytes - 1 - byte)
        pixels[place][index * sampleBytes + byte] = UInt8((sum >> shift) & 255)
      }
    }
  }

  /// Whether a pixel is exact.
  func isExact(_ x: Int, _ y: Int) -> Bool { isExact[y * width + x] }

  /// The samples of the exact pixels, in row-major order.
  var content: [UInt8] { order(stripHeight: 1).joined().flatMap { pixels[$0] } }
}
