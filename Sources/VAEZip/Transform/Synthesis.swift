import CKernels

extension SynthesisNetwork {
  /// The picture of a latent ŷ, which has 1/16 of its size, rounded up.
  ///
  /// - Parameter stripHeight: rows of the trunk that are worked on at a time; the result does not
  ///   depend on it.
  func image(
    of latentPlane: FeatureMap, width: Int, height: Int, channels: Image.Channels,
    threads: Threads, stripHeight: Int? = nil
  ) -> Image {
    let grid = Grid(width: width, height: height)
    let latent = View(latentPlane)
    let count = width * height * Int(channels.rawValue)
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      guard let base = buffer.baseAddress else { return }
      let target = PixelRows(base: base, width: width, height: height, channels: channels)
      blocks.run(
        .init(
          width: grid.trunkWidth, height: grid.trunkHeight, threads: threads, headRows: 2,
          usesCells: true, stripHeight: stripHeight),
        head: { segment, place, _ in
          // Segments begin at even pixels, and are of even width.
          up.convolve(
            latent.at(segment.x / 2, segment.y / 2), to: place, width: segment.width / 2)
        },
        tail: { segment, place, scratch in
          let cells = CellSegment(scratch, width: segment.width)
          output.convolve(
            place, toRGB: cells.bytes, rgbRowStride: cells.rowStride, width: segment.width)
          target.write(cells, at: segment)
        })
      // Segments are disjoint, and together they are all of the picture.
      initialized = count
    }
    withExtendedLifetime(latentPlane) {}
    return Image(width: width, height: height, channels: channels, pixels: pixels)
  }
}
