/// The means of cells side by side: sums of their samples, row by row.
///
/// The mean of n samples is ⌊(sum + ⌊n / 2⌋) / n⌋. Cells at the right and lower border of a picture have fewer pixels;
/// their mean is that of the pixels that they have. Where only some pixels were added, the others count as what the
/// row already says of the cell (Formats/MODEL.md, Previews).
struct BoxMean {
  /// Width and height of a cell, in pixels.
  let scale: Int
  /// Samples of a pixel; 0 for nothing at all.
  let samples: Int
  /// Bytes of a sample: 1, or 2 with the higher one first.
  let sampleBytes: Int
  private var sums: [UInt32]
  private var counts: [UInt32]

  /// - Parameter columns: how many cells there are.
  init(columns: Int, scale: Int, samples: Int, sampleBytes: Int) {
    self.scale = scale
    self.samples = samples
    self.sampleBytes = sampleBytes
    sums = Array(repeating: 0, count: columns * samples)
    counts = Array(repeating: 0, count: columns)
  }

  /// Bytes of a pixel.
  var pixelBytes: Int { samples * sampleBytes }

  /// Forgets all samples.
  mutating func clear() {
    for index in sums.indices { sums[index] = 0 }
    for index in counts.indices { counts[index] = 0 }
  }

  /// Adds pixels of a row.
  ///
  /// - Parameters:
  ///   - pixels: some whole pixels.
  ///   - x: the column of the first one, counted from the first cell's left.
  mutating func add(_ pixels: UnsafeBufferPointer<UInt8>, x: Int = 0) {
    guard samples > 0 else { return }
    var place = 0
    for pixel in x..<x + pixels.count / pixelBytes {
      let cell = pixel / scale
      counts[cell] += 1
      for sample in cell * samples..<(cell + 1) * samples {
        if sampleBytes == 2 {
          sums[sample] += UInt32(pixels[place]) << 8 | UInt32(pixels[place + 1])
        } else {
          sums[sample] += UInt32(pixels[place])
        }
        place += sampleBytes
      }
    }
  }

  /// Writes the means of all cells that have samples over a row of pixels.
  ///
  /// - Parameters:
  ///   - width: of the pixels that all cells have together.
  ///   - height: rows of pixels that the cells have.
  func write(to row: inout [UInt8], width: Int, height: Int) {
    for (cell, added) in counts.enumerated() where added > 0 {
      let count = UInt32(min(scale, width - cell * scale) * height)
      for sample in cell * samples..<(cell + 1) * samples {
        let last = UInt32(row[(sample + 1) * sampleBytes - 1])
        let before = sampleBytes == 2 ? UInt32(row[2 * sample]) << 8 | last : last
        let mean = (sums[sample] + (count - added) * before + count / 2) / count
        if sampleBytes == 2 { row[2 * sample] = UInt8(truncatingIfNeeded: mean >> 8) }
        row[(sample + 1) * sampleBytes - 1] = UInt8(truncatingIfNeeded: mean)
      }
    }
  }
}
