import VAEZip

// Between C's pixels (samples side by side, 16 bits in the machine's order) and the library's (color and alpha
// apart, 16 bits as PNG has them).

/// Takes C's pixels apart for an encoder.
struct SampleSplitter: Sendable {
  let layout: PixelLayout
  /// Whether color of 16 bits stays as it is.
  let keepsColorDepth: Bool

  private var colorBytes: Int { layout.colors * (keepsColorDepth ? layout.sampleBytes : 1) }
  private var alphaBytes: Int { layout.hasAlpha ? layout.sampleBytes : 0 }

  /// - Parameters:
  ///   - source: `count` pixels.
  ///   - color: room for their color; `alpha`, for their opacity if they have it.
  func split(
    _ source: UnsafeRawPointer, count: Int, color: UnsafeMutablePointer<UInt8>,
    alpha: UnsafeMutablePointer<UInt8>?
  ) {
    if layout.sampleBytes == 1 {
      guard layout.hasAlpha else {
        UnsafeMutableRawPointer(color).copyMemory(from: source, byteCount: count * layout.channels)
        return
      }
      splitBytes(source.assumingMemoryBound(to: UInt8.self), count, color, alpha)
    } else {
      splitWords(source, count, color, alpha)
    }
  }

  private func splitBytes(
    _ source: UnsafePointer<UInt8>, _ count: Int, _ color: UnsafeMutablePointer<UInt8>,
    _ alpha: UnsafeMutablePointer<UInt8>?
  ) {
    let (colors, channels) = (layout.colors, layout.channels)
    for x in 0..<count {
      for c in 0..<colors { color[x * colors + c] = source[x * channels + c] }
      alpha?[x] = source[x * channels + colors]
    }
  }

  private func splitWords(
    _ source: UnsafeRawPointer, _ count: Int, _ color: UnsafeMutablePointer<UInt8>,
    _ alpha: UnsafeMutablePointer<UInt8>?
  ) {
    let (colors, channels) = (layout.colors, layout.channels)
    for x in 0..<count {
      for c in 0..<channels {
        let value = source.loadUnaligned(fromByteOffset: 2 * (x * channels + c), as: UInt16.self)
        if c == colors {
          alpha?[2 * x] = UInt8(value >> 8)
          alpha?[2 * x + 1] = UInt8(truncatingIfNeeded: value)
        } else if keepsColorDepth {
          color[2 * (x * colors + c)] = UInt8(value >> 8)
          color[2 * (x * colors + c) + 1] = UInt8(truncatingIfNeeded: value)
        } else {
          color[x * colors + c] = narrowed(value)
        }
      }
    }
  }
}

/// 16 bits rounded to 8: v / 257 to the nearest (Formats/VZ.md, Header).
private func narrowed(_ value: UInt16) -> UInt8 {
  UInt8(truncatingIfNeeded: (255 * UInt32(value) + 32895) >> 16)
}

/// Puts a decoder's pixels together for C.
struct SampleMerger: Sendable {
  let source: Image.Format
  let layout: PixelLayout

  /// - Throws: `DoorError` if gray is asked for, and the source is RGB.
  init(_ source: Image.Format, to layout: PixelLayout) throws(DoorError) {
    guard layout.colors == 3 || source.channels == .gray else {
      throw .argument("channels: expected 3 or 4 for an RGB picture, found \(layout.channels)")
    }
    self.source = source
    self.layout = layout
  }

  /// - Parameters:
  ///   - color: of `count` pixels; `alpha`, their opacity, if the source has it.
  ///   - target: room for the pixels.
  func merge(
    _ color: UnsafePointer<UInt8>, alpha: UnsafePointer<UInt8>?, count: Int,
    into target: UnsafeMutableRawPointer
  ) {
    let colors = Int(source.channels.rawValue)
    if source.colorDepth == .eight, layout.sampleBytes == 1, layout.channels == colors {
      target.copyMemory(from: color, byteCount: count * colors)
      return
    }
    let (repeats, wide) = (colors < layout.colors, source.colorDepth == .sixteen)
    for x in 0..<count {
      let place = x * layout.channels
      for c in 0..<layout.colors {
        let index = x * colors + (repeats ? 0 : c)
        store(sample(color, index, wide: wide), place + c, target)
      }
      guard layout.hasAlpha else { continue }
      let opacity = alpha.map { sample($0, x, wide: source.depth == .sixteen) } ?? 0xffff
      store(opacity, place + layout.colors, target)
    }
  }

  /// A sample as 16 bits.
  private func sample(_ samples: UnsafePointer<UInt8>, _ index: Int, wide: Bool) -> UInt16 {
    wide
      ? UInt16(samples[2 * index]) << 8 | UInt16(samples[2 * index + 1]) : 257 * UInt16(samples[index])
  }

  /// Rounding undoes the product by 257.
  private func store(_ value: UInt16, _ index: Int, _ target: UnsafeMutableRawPointer) {
    if layout.sampleBytes == 1 {
      target.storeBytes(of: narrowed(value), toByteOffset: index, as: UInt8.self)
    } else {
      target.storeBytes(of: value, toByteOffset: 2 * index, as: UInt16.self)
    }
  }
}
