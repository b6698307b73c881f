import VAEZipAlpha
import VAEZipEntropy

/// How much work finds the best transform of exact pixels. It decides the bytes of a stream, not their meaning.
package struct ExactEffort: Sendable, Equatable {
  /// zstd's level in the file.
  let level: Int
  /// How many of the transforms that did best in a trial are tried at that level.
  let finalists: Int
  /// log₂ of the heights of strips that are tried.
  let strips: [Int]

  /// zstd's level in trials.
  static let trialLevel = 3

  /// - Parameter effort: 1…9.
  package init(_ effort: Int) {
    switch effort {
    case ...1: (level, finalists, strips) = (9, 1, [0, 5])
    case 2: (level, finalists, strips) = (16, 1, [0, 5])
    case 3: (level, finalists, strips) = (19, 2, [0, 4, 5])
    default: (level, finalists, strips) = (22, 4, [0, 3, 4, 5, 6])
    }
  }
}

extension ExactCoder {
  /// Codes exact pixels.
  ///
  /// - Parameters:
  ///   - pixels: all pixels of the tile in raster order; those that are not exact are 0.
  ///   - mask: at least one pixel is exact.
  ///   - hasLatents: false only if all are.
  /// - Throws: `EntropyError.zstd`.
  package func encode(
    _ pixels: [UInt8], mask: ExactMask, hasLatents: Bool, effort: ExactEffort
  ) throws(EntropyError) -> [UInt8] {
    let source = Source(self, pixels, mask)
    if let color = source.singleColor {
      return try Self.stream(color, mask: mask, hasLatents: hasLatents)
    }
    return try Self.stream(best(source, effort), mask: mask, hasLatents: hasLatents)
  }

  /// For tests: the streams of all transforms that can be.
  package func encodeAll(_ pixels: [UInt8], mask: ExactMask) throws(EntropyError) -> [[UInt8]] {
    let source = Source(self, pixels, mask)
    if let color = source.singleColor { return [try Self.stream(color, mask: mask, hasLatents: true)] }
    let frame = try ZstdFrame()
    defer { frame.free() }
    var streams: [[UInt8]] = []
    for coding in source.allCodings() {
      let body = source.header(coding) + (try frame.compress(source.content(coding), level: 1))
      streams.append(try Self.stream(body, mask: mask, hasLatents: true))
    }
    return streams
  }

  /// Puts the mask into a stream.
  private static func stream(
    _ body: [UInt8], mask: ExactMask, hasLatents: Bool
  ) throws(EntropyError) -> [UInt8] {
    let mode = hasLatents ? body[0] : withoutLatents(body[0])
    if mask.isFull { return [mode] + body[1...] }
    let frame = try ZstdFrame()
    defer { frame.free() }
    let coded = try frame.compress(mask.bytes, level: maskLevel)
    let size = (0..<4).map { UInt8(truncatingIfNeeded: coded.count >> (8 * $0)) }
    return [mode | ExactCoding.partial] + size + coded + body[1...]
  }

  /// zstd's level for masks. They are nearly empty, so a high one costs little.
  private static let maskLevel = 19

  /// Tries all transforms, and those again that did best.
  private func best(_ source: Source, _ effort: ExactEffort) throws(EntropyError) -> [UInt8] {
    let frame = try ZstdFrame()
    defer { frame.free() }
    var trials: [(coding: ExactCoding, size: Int)] = []
    for coding in source.codings(effort) {
      let size =
        source.header(coding).count
        + (try frame.compress(source.content(coding), level: ExactEffort.trialLevel).count)
      trials.append((coding, size))
    }
    trials.sort { $0.size < $1.size }
    var best: [UInt8] = []
    for trial in trials.prefix(effort.finalists) {
      let stream =
        source.header(trial.coding)
        + (try frame.compress(source.content(trial.coding), level: effort.level))
      if best.isEmpty || stream.count < best.count { best = stream }
    }
    return best
  }
}

/// Exact pixels, and what an encoder knows of their colors.
private struct Source {
  let coder: ExactCoder
  let pixels: [UInt8]
  let mask: ExactMask
  /// In ascending order of `order`: at most 256, or the 255 most frequent ones.
  private var palette: [ColorTable.Color] = []
  /// Whether other colors occur.
  private var hasEscapes = false

  /// More colors than this leave nothing for a palette to do.
  private static let colorLimit = 1 << 15

  init(_ coder: ExactCoder, _ pixels: [UInt8], _ mask: ExactMask) {
    (self.coder, self.pixels, self.mask) = (coder, pixels, mask)
    var table = ColorTable(limit: Self.colorLimit)
    var isComplete = true
    var last: (color: ColorTable.Color, count: Int) = (0, 0)
    forEachColor(stripHeight: 1) { color in
      if color == last.color {
        last.count += 1
      } else {
        if isComplete, last.count > 0 { isComplete = table.add(last.color, count: last.count) }
        last = (color, 1)
      }
    }
    if isComplete { isComplete = table.add(last.color, count: last.count) }
    guard isComplete else { return }
    hasEscapes = table.colors.count > 256
    var indices = Array(table.colors.indices)
    if hasEscapes {
      // The most frequent ones; of equal ones the smallest color, so that the bytes do not depend on a sort.
      indices.sort {
        (table.counts[$1], table.colors[$0]) < (table.counts[$0], table.colors[$1])
      }
      indices = Array(indices.prefix(255))
    }
    palette = indices.map { table.colors[$0] }.sorted { order($0) < order($1) }
  }

  /// The stream of a single color; nil if there are more.
  var singleColor: [UInt8]? {
    guard palette.count == 1, !hasEscapes else { return nil }
    return header(ExactCoding(model: .palette)) + bytes(palette[0])
  }

  /// The order of colors in a palette: by green, red, blue.
  private func order(_ color: ColorTable.Color) -> ColorTable.Color {
    guard coder.samples == 3 else { return color }
    let bits = UInt64(8 * coder.sampleBytes)
    let mask: UInt64 = 1 << bits - 1
    let (red, green, blue) = (color >> (2 * bits), color >> bits & mask, color & mask)
    return green << (2 * bits) | red << bits | blue
  }

  private func bytes(_ color: ColorTable.Color) -> [UInt8] {
    (0..<coder.pixelBytes).reversed().map { UInt8(truncatingIfNeeded: color >> UInt64(8 * $0)) }
  }

  private func forEachColor(
    stripHeight: Int, _ body: (ColorTable.Color) -> Void, endOfLine: () -> Void = {}
  ) {
    let size = coder.pixelBytes
    pixels.withUnsafeBufferPointer { pixels in
      PixelLines(mask: mask, stripHeight: stripHeight).forEach(
        { run in
          var place = run.first * size
          for _ in 0..<run.count {
            var color: ColorTable.Color = 0
            for byte in 0..<size { color = color << 8 | UInt64(pixels[place + byte]) }
            body(color)
            place += run.step * size
          }
        }, endOfLine: endOfLine)
    }
  }

  // MARK: Transforms

  /// The transforms that are worth a trial.
  func codings(_ effort: ExactEffort) -> [ExactCoding] {
    var codings: [ExactCoding] = []
    if !palette.isEmpty, !hasEscapes {
      let bits: UInt8 = palette.count <= 2 ? 0 : palette.count <= 4 ? 1 : palette.count <= 16 ? 2 : 3
      if bits < 3 { codings.append(ExactCoding(model: .palette, detail: bits)) }
      for strip in effort.strips {
        codings.append(ExactCoding(model: .palette, stripLog2: strip, detail: 3))
      }
      // Few colors have no slopes.
      if palette.count <= 64 { return codings }
    } else if !palette.isEmpty, coder.pixelBytes > 1 {
      for strip in effort.strips {
        codings.append(ExactCoding(model: .escapes, stripLog2: strip, detail: 3))
      }
    }
    codings.append(ExactCoding(model: .samples))
    codings.append(ExactCoding(model: .samples, detail: ExactCoding.ownFilters))
    guard coder.pixelBytes > 1 else { return codings }
    codings.append(ExactCoding(model: .samples, isPlanar: true))
    codings.append(ExactCoding(model: .samples, isPlanar: true, detail: ExactCoding.ownFilters))
    guard coder.samples == 3 else { return codings }
    codings.append(ExactCoding(model: .lessGreen))
    codings.append(ExactCoding(model: .lessGreen, detail: ExactCoding.ownFilters))
    codings.append(ExactCoding(model: .lessGreen, isPlanar: true, detail: ExactCoding.ownFilters))
    if effort.finalists > 1 {
      codings.append(ExactCoding(model: .lessGreen, isPlanar: true))
      codings.append(ExactCoding(model: .samples, detail: RowFilter.sub.rawValue))
      codings.append(ExactCoding(model: .lessGreen, detail: RowFilter.sub.rawValue))
    }
    return codings
  }

  /// All transforms that the pixels allow.
  func allCodings() -> [ExactCoding] {
    var codings: [ExactCoding] = []
    for strip in ExactCoding.stripLog2Range {
      for model in [ExactCoding.Model.palette, .escapes]
      where !palette.isEmpty && hasEscapes == (model == .escapes) {
        for detail in 0...3 as ClosedRange<UInt8>
        where detail == 3 || model == .palette && palette.count <= 1 << (1 << detail) {
          codings.append(ExactCoding(model: model, stripLog2: strip, detail: detail))
        }
      }
      for model in [ExactCoding.Model.samples, .lessGreen] where model == .samples || coder.samples == 3 {
        for isPlanar in [false, true] {
          for detail in 0...(strip == 0 ? ExactCoding.ownFilters : 0) {
            codings.append(
              ExactCoding(model: model, stripLog2: strip, isPlanar: isPlanar, detail: detail))
          }
        }
      }
    }
    return codings
  }

  /// What comes before the frame.
  func header(_ coding: ExactCoding) -> [UInt8] {
    coding.bytes + (coding.usesPalette ? [UInt8(palette.count - 1)] : [])
  }

  /// What the frame holds.
  func content(_ coding: ExactCoding) -> [UInt8] {
    coding.usesPalette ? numbers(coding) : samples(coding)
  }

  private func numbers(_ coding: ExactCoding) -> [UInt8] {
    var content: [UInt8] = []
    content.reserveCapacity(mask.pixelCount + palette.count * coder.pixelBytes)
    let colors = palette.map(bytes)
    for byte in 0..<coder.pixelBytes {
      var last: UInt8 = 0
      for color in colors {
        content.append(color[byte] &- last)
        last = color[byte]
      }
    }
    var numbers = ColorTable(limit: 256)
    for color in palette { _ = numbers.add(color, count: 1) }
    var escapes: [UInt8] = []
    var (byte, shift): (UInt8, UInt8) = (0, 0)
    let bits = UInt8(1) << coding.detail
    var last: (color: ColorTable.Color, number: UInt8)?
    forEachColor(stripHeight: coding.stripHeight) { color in
      var number: UInt8 = 255
      if let last, last.color == color {
        number = last.number
      } else {
        if let found = numbers.index(of: color) { number = UInt8(truncatingIfNeeded: found) }
        last = (color, number)
      }
      if coding.model == .escapes, number == 255 { escapes += bytes(color) }
      byte |= number << shift
      shift += bits
      if shift == 8 {
        content.append(byte)
        (byte, shift) = (0, 0)
      }
    } endOfLine: {
      if shift > 0 { content.append(byte) }
      (byte, shift) = (0, 0)
    }
    return content + escapes
  }

  private func samples(_ coding: ExactCoding) -> [UInt8] {
    var pixels = pixels
    var filters: [UInt8] = []
    if coding.model == .lessGreen { subtractGreen(&pixels) }
    if coding.detail > 0 { filters = filter(coding.detail, &pixels) }
    let (size, count) = (coder.pixelBytes, mask.pixelCount)
    let first = coding.detail == ExactCoding.ownFilters ? filters.count : 0
    return [UInt8](unsafeUninitializedCapacity: first + count * size) { out, initialized in
      for index in 0..<first { out[index] = filters[index] }
      let (byteStep, step) = coding.isPlanar ? (count, 1) : (1, size)
      var index = first
      pixels.withUnsafeBufferPointer { pixels in
        PixelLines(mask: mask, stripHeight: coding.stripHeight).forEach { run in
          var place = run.first * size
          for _ in 0..<run.count {
            for byte in 0..<size { out[index + byte * byteStep] = pixels[place + byte] }
            index += step
            place += run.step * size
          }
        }
      }
      initialized = first + count * size
    }
  }

  private func subtractGreen(_ pixels: inout [UInt8]) {
    pixels.withUnsafeMutableBufferPointer { pixels in
      guard let base = pixels.baseAddress else { return }
      PixelLines(mask: mask, stripHeight: 1).forEach { run in
        for index in run.first..<run.first + run.count {
          let pixel = base + index * coder.pixelBytes
          coder.shift(pixel, by: 0 &- coder.green(pixel))
        }
      }
    }
  }

  /// Filters all rows.
  ///
  /// - Parameter detail: a filter, or each row's own: the one with the least `RowFilter.sumOfMagnitudes`, the first
  ///   of equals.
  /// - Returns: the filter of each row.
  private func filter(_ detail: UInt8, _ pixels: inout [UInt8]) -> [UInt8] {
    let (source, size) = (pixels, coder.pixelBytes)
    let candidates = RowFilter(rawValue: detail).map { [$0] } ?? RowFilter.allCases
    let rowBytes = coder.width * size
    let zeros = [UInt8](repeating: 0, count: rowBytes)
    var filters: [UInt8] = []
    var runs: [PixelLines.Run] = []
    var trial = [UInt8](repeating: 0, count: rowBytes)
    source.withUnsafeBufferPointer { source in
      zeros.withUnsafeBufferPointer { zeros in
        guard let source = source.baseAddress, let zeros = zeros.baseAddress else { return }
        func apply(_ filter: RowFilter, _ run: PixelLines.Run, to out: UnsafeMutablePointer<UInt8>) {
          let row = source + run.first * size
          filter.apply(
            row, above: run.first < coder.width ? zeros : row - rowBytes, count: run.count * size,
            distance: size, to: out)
        }
        PixelLines(mask: mask, stripHeight: 1).forEach {
          runs.append($0)
        } endOfLine: {
          var best = (filter: candidates[0], sum: Int.max)
          for filter in candidates where candidates.count > 1 {
            let sum = trial.withUnsafeMutableBufferPointer { trial in
              runs.reduce(0) { sum, run in
                guard let out = trial.baseAddress else { return sum }
                apply(filter, run, to: out)
                return sum + RowFilter.sumOfMagnitudes(out, count: run.count * size)
              }
            }
            if sum < best.sum { best = (filter, sum) }
          }
          filters.append(best.filter.rawValue)
          pixels.withUnsafeMutableBufferPointer { pixels in
            guard let base = pixels.baseAddress else { return }
            for run in runs { apply(best.filter, run, to: base + run.first * size) }
          }
          runs = []
        }
      }
    }
    return filters
  }
}
