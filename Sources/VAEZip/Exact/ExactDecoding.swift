import VAEZipAlpha
import VAEZipEntropy

extension ExactCoder {
  /// Decodes a stream.
  ///
  /// - Throws: `EntropyError.corrupted` if the bytes are not the exact pixels of a tile of this size.
  package func decode(_ bytes: [UInt8]) throws(EntropyError) -> Decoded {
    guard let mode = bytes.first else { throw .corrupted(expected: "exact pixels", found: "nothing") }
    var rest = bytes.dropFirst()
    var mask = ExactMask(width: width, height: height, isExact: true)
    let hasLatents = mode & ExactCoding.withoutLatents == 0
    if mode & ExactCoding.partial != 0 {
      mask = try self.mask(&rest)
      guard hasLatents else {
        throw .corrupted(expected: "latents beside exact pixels", found: "none")
      }
    }
    guard let detail = rest.popFirst(), let coding = ExactCoding(mode: mode, detail: detail, samples: samples)
    else {
      throw .corrupted(
        expected: "a coding of exact pixels", found: "mode \(mode), detail \(bytes.dropFirst().first ?? 0)")
    }
    var pixels = [UInt8](repeating: 0, count: byteCount)
    if coding.usesPalette {
      try decodePalette(coding, rest, mask, &pixels)
    } else {
      try decodeSamples(coding, rest, mask, &pixels)
    }
    return Decoded(pixels: pixels, mask: mask, hasLatents: hasLatents)
  }

  /// Number of exact pixels of a stream, by its mask alone; all if there is none that can be read.
  package func exactPixels(_ bytes: [UInt8]) -> Int { exactMask(bytes).pixelCount }

  /// Which pixels of a stream are exact, without their samples; all if there is no mask that can be read.
  package func exactMask(_ bytes: [UInt8]) -> ExactMask {
    var rest = bytes.dropFirst()
    guard let mode = bytes.first, mode & ExactCoding.partial != 0, let mask = try? mask(&rest) else {
      return ExactMask(width: width, height: height, isExact: true)
    }
    return mask
  }

  private func mask(_ rest: inout ArraySlice<UInt8>) throws(EntropyError) -> ExactMask {
    let size = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    guard rest.count >= 4, size <= rest.count - 4 else {
      throw .corrupted(expected: "a mask", found: "\(rest.count) bytes")
    }
    let frame = rest.dropFirst(4).prefix(size)
    rest = rest.dropFirst(4 + size)
    let expected = ExactMask(width: width, height: height, isExact: false).byteCount
    let stated = try ZstdFrame.contentSize(frame)
    guard stated == expected else {
      throw .corrupted(expected: "a mask of \(expected) bytes", found: "\(stated)")
    }
    guard
      let mask = ExactMask(width: width, height: height, bytes: try content(frame, size: expected))
    else {
      throw .corrupted(expected: "a mask of the tile's pixels", found: "pixels outside of it")
    }
    guard !mask.isEmpty, !mask.isFull else {
      throw .corrupted(expected: "a mask of some pixels", found: mask.isEmpty ? "none" : "all")
    }
    return mask
  }

  // MARK: Palettes

  private func decodePalette(
    _ coding: ExactCoding, _ bytes: ArraySlice<UInt8>, _ mask: ExactMask, _ pixels: inout [UInt8]
  ) throws(EntropyError) {
    var rest = bytes
    guard let last = rest.popFirst() else { throw .corrupted(expected: "a palette", found: "nothing") }
    let colors = Int(last) + 1
    if coding.model == .palette, colors == 1 {
      try fill(Array(rest), coding, mask, &pixels)
      return
    }
    let bits = 1 << Int(coding.detail)
    let hasEscapes = coding.model == .escapes
    guard colors <= (hasEscapes ? 255 : 1 << bits) else {
      throw .corrupted(expected: "at most \(hasEscapes ? 255 : 1 << bits) colors", found: "\(colors)")
    }
    let lines = PixelLines(mask: mask, stripHeight: coding.stripHeight)
    let fixed = colors * pixelBytes + lines.byteCount(bits: bits)
    let size = try ZstdFrame.contentSize(rest)
    let escapes = (size - fixed) / max(pixelBytes, 1)
    guard size >= fixed, size == fixed + escapes * pixelBytes, escapes <= (hasEscapes ? mask.pixelCount : 0)
    else {
      throw .corrupted(
        expected: hasEscapes ? "\(fixed) bytes, and those of some pixels" : "\(fixed) bytes", found: "\(size)"
      )
    }
    let content = try content(rest, size: size)
    let palette = palette(content[..<(colors * pixelBytes)])
    try place(
      content[(colors * pixelBytes)...], escapes: escapes, palette, bits: bits, lines, &pixels)
  }

  /// One color for all pixels.
  private func fill(
    _ color: [UInt8], _ coding: ExactCoding, _ mask: ExactMask, _ pixels: inout [UInt8]
  ) throws(EntropyError) {
    guard color.count == pixelBytes, coding == ExactCoding(model: .palette) else {
      throw .corrupted(expected: "one color of \(pixelBytes) bytes", found: "\(color.count)")
    }
    PixelLines(mask: mask, stripHeight: 1).forEach { run in
      for index in run.first * pixelBytes..<(run.first + run.count) * pixelBytes {
        pixels[index] = color[index % pixelBytes]
      }
    }
  }

  private func content(_ frame: ArraySlice<UInt8>, size: Int) throws(EntropyError) -> [UInt8] {
    var outcome: Result<Void, EntropyError> = .success(())
    let content = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      outcome = Result { () throws(EntropyError) in
        guard let base = buffer.baseAddress else { return }
        try ZstdFrame.decompress(frame, size: size, to: base)
        count = size
      }
    }
    try outcome.get()
    return content
  }

  /// Colors of their differences: byte by byte, each color's less the one before.
  private func palette(_ differences: ArraySlice<UInt8>) -> [UInt8] {
    let colors = differences.count / pixelBytes
    var palette = [UInt8](repeating: 0, count: differences.count)
    for byte in 0..<pixelBytes {
      var value: UInt8 = 0
      for color in 0..<colors {
        value &+= differences[differences.startIndex + byte * colors + color]
        palette[color * pixelBytes + byte] = value
      }
    }
    return palette
  }

  /// Puts the colors of the numbers, and the escapes, into their places.
  private func place(
    _ content: ArraySlice<UInt8>, escapes: Int, _ palette: [UInt8], bits: Int, _ lines: PixelLines,
    _ pixels: inout [UInt8]
  ) throws(EntropyError) {
    let (colors, size) = (palette.count / pixelBytes, pixelBytes)
    let hasEscapes = escapes > 0
    var (largest, used) = (0, 0)
    content.withUnsafeBufferPointer { content in
      pixels.withUnsafeMutableBufferPointer { pixels in
        palette.withUnsafeBufferPointer { palette in
          guard let out = pixels.baseAddress, let colorsBase = palette.baseAddress else { return }
          var next = content.count - escapes * size
          var (byte, shift) = (0, 0)
          lines.forEach { run in
            var target = out + run.first * size
            for _ in 0..<run.count {
              let number = Int(content[byte] >> UInt8(shift)) & (1 << bits - 1)
              shift += bits
              if shift == 8 { (byte, shift) = (byte + 1, 0) }
              if number < colors {
                for index in 0..<size { target[index] = colorsBase[number * size + index] }
              } else if hasEscapes, number == 255, used < escapes {
                for index in 0..<size { target[index] = content[next + index] }
                next += size
                used += 1
              } else {
                largest = max(largest, number)
                used += number == 255 ? 1 : 0
              }
              target += run.step * size
            }
          } endOfLine: {
            if shift > 0 { (byte, shift) = (byte + 1, 0) }
          }
        }
      }
    }
    guard used == escapes, largest == 0 else {
      throw .corrupted(
        expected: "numbers below \(colors), and \(escapes) escapes", found: "\(largest), and \(used) escapes")
    }
  }

  // MARK: Samples

  private func decodeSamples(
    _ coding: ExactCoding, _ bytes: ArraySlice<UInt8>, _ mask: ExactMask, _ pixels: inout [UInt8]
  ) throws(EntropyError) {
    let lines = PixelLines(mask: mask, stripHeight: coding.stripHeight)
    let filters = coding.detail == ExactCoding.ownFilters ? self.filters(mask) : 0
    let count = mask.pixelCount
    let size = filters + count * pixelBytes
    let stated = try ZstdFrame.contentSize(bytes)
    guard stated == size else { throw .corrupted(expected: "\(size) bytes", found: "\(stated)") }
    let content = try content(bytes, size: size)
    if let wrong = content[..<filters].first(where: { RowFilter(rawValue: $0) == nil }) {
      throw .corrupted(expected: "a filter, 0 … 4", found: "\(wrong)")
    }
    let pixelBytes = pixelBytes
    pixels.withUnsafeMutableBufferPointer { pixels in
      guard let out = pixels.baseAddress else { return }
      var index = 0
      // From a byte of a pixel to its next byte, and from a pixel to the next one.
      let (byteStep, step) = coding.isPlanar ? (count, 1) : (1, pixelBytes)
      lines.forEach { run in
        for pixel in 0..<run.count {
          let target = out + (run.first + pixel * run.step) * pixelBytes
          for byte in 0..<pixelBytes { target[byte] = content[filters + index * step + byte * byteStep] }
          index += 1
        }
      }
      let own = content[..<filters]
      unfilter(out, mask) { own.isEmpty ? coding.detail : own[$0] }
      if coding.model == .lessGreen { addGreen(out, mask) }
    }
  }

  /// Rows that have a filter.
  func filters(_ mask: ExactMask) -> Int {
    var rows = 0
    PixelLines(mask: mask, stripHeight: 1).forEach { _ in
    } endOfLine: {
      rows += 1
    }
    return rows
  }

  private func unfilter(
    _ pixels: UnsafeMutablePointer<UInt8>, _ mask: ExactMask, filter: (_ line: Int) -> UInt8
  ) {
    let zeros = [UInt8](repeating: 0, count: width * pixelBytes)
    zeros.withUnsafeBufferPointer { zeros in
      guard let zeros = zeros.baseAddress else { return }
      var line = 0
      PixelLines(mask: mask, stripHeight: 1).forEach { run in
        guard let filter = RowFilter(rawValue: filter(line)), filter != .none else { return }
        let row = pixels + run.first * pixelBytes
        let above = run.first < width ? zeros : UnsafePointer(row - width * pixelBytes)
        filter.undo(row, above: above, count: run.count * pixelBytes, distance: pixelBytes)
      } endOfLine: {
        line += 1
      }
    }
  }

  private func addGreen(_ pixels: UnsafeMutablePointer<UInt8>, _ mask: ExactMask) {
    PixelLines(mask: mask, stripHeight: 1).forEach { run in
      for index in run.first..<run.first + run.count {
        let pixel = pixels + index * pixelBytes
        shift(pixel, by: green(pixel))
      }
    }
  }

  /// The green sample of a pixel.
  func green(_ pixel: UnsafePointer<UInt8>) -> UInt16 {
    sampleBytes == 1 ? UInt16(pixel[1]) : UInt16(pixel[2]) << 8 | UInt16(pixel[3])
  }

  /// Adds a number to red and blue, modulo 256 or 65536.
  func shift(_ pixel: UnsafeMutablePointer<UInt8>, by difference: UInt16) {
    for sample in [0, 2] {
      if sampleBytes == 1 {
        pixel[sample] &+= UInt8(truncatingIfNeeded: difference)
      } else {
        let place = pixel + 2 * sample
        let value = (UInt16(place[0]) << 8 | UInt16(place[1])) &+ difference
        place[0] = UInt8(truncatingIfNeeded: value >> 8)
        place[1] = UInt8(truncatingIfNeeded: value)
      }
    }
  }
}
