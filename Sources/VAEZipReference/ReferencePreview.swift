// Formats/MODEL.md, "Previews".

extension ReferenceDecoder {
  /// A small version of the picture of a .vz file, by the preview table of the model.
  ///
  /// - Parameter scale: 8 or 16.
  package func preview(_ file: [UInt8], scale: Int) throws -> Picture {
    let container = try Container(file)
    let exact = try container.tiles.indices.map { try container.exactPixels($0) }
    let (width, height) = ((container.width + scale - 1) / scale, (container.height + scale - 1) / scale)
    // The samples of all cells, as if there were no exact pixels.
    var samples = [Int](repeating: 0, count: width * height * container.colors)
    if container.version == 1 || container.modelID != 0 {
      var hashes = exact.map { _ in [UInt64]() }
      let (network, latent) = try latents(container, exact, &hashes)
      samples = try network.preview(
        latent, scale: scale, width: width, height: height, isGray: container.colors == 1)
    }
    if container.exactBytes == 2 { samples = samples.map { 257 * $0 } }

    // Means of exact pixels over them.
    var pixels = [UInt8](repeating: 0, count: container.width * container.height * container.pixelBytes)
    for (index, tile) in exact.enumerated() {
      guard let tile else { continue }
      container.paste(tile, index, into: &pixels)
    }
    let mask = container.mask(exact)
    samples = container.means(samples: container.colors, scale) { x, y, c in
      mask[y * container.width + x]
        ? container.sample(pixels, container.exactBytes, (y * container.width + x) * container.colors + c)
        : samples[(y / scale * width + x / scale) * container.colors + c]
    }
    let alpha = container.hasAlpha ? try container.alpha() : nil
    let alphaMeans = alpha.map { alpha in
      container.means(samples: 1, scale) { x, y, _ in
        container.sample(alpha, container.sampleBytes, y * container.width + x)
      }
    }
    return Picture(
      width: width, height: height, colors: container.colors, sampleBytes: container.sampleBytes,
      colorBytes: container.exactBytes, pixels: Self.bytes(samples, container.exactBytes),
      alpha: alphaMeans.map { Self.bytes($0, container.sampleBytes) })
  }

  /// The higher byte of a sample first.
  private static func bytes(_ samples: [Int], _ count: Int) -> [UInt8] {
    samples.flatMap { sample in
      (count == 2 ? [sample >> 8, sample] : [sample]).map { UInt8(truncatingIfNeeded: $0) }
    }
  }
}

extension Container {
  fileprivate var pixelBytes: Int { colors * exactBytes }

  /// Whether each pixel of the image is exact, row by row.
  fileprivate func mask(_ exact: [ExactPixels?]) -> [Bool] {
    var mask = [Bool](repeating: false, count: width * height)
    for (index, pixels) in exact.enumerated() {
      let tile = tile(index)
      for y in 0..<tile.height {
        for x in 0..<tile.width { mask[(tile.y + y) * width + tile.x + x] = pixels?.isExact(x, y) ?? false }
      }
    }
    return mask
  }

  /// A sample of a plane, the higher byte first.
  fileprivate func sample(_ plane: [UInt8], _ bytes: Int, _ index: Int) -> Int {
    plane[index * bytes..<(index + 1) * bytes].reduce(0) { 256 * $0 + Int($1) }
  }

  /// The means of all cells.
  fileprivate func means(
    samples: Int, _ scale: Int, _ sample: (_ x: Int, _ y: Int, _ c: Int) -> Int
  ) -> [Int] {
    var means: [Int] = []
    for top in stride(from: 0, to: height, by: scale) {
      for left in stride(from: 0, to: width, by: scale) {
        for c in 0..<samples {
          var (sum, n) = (0, 0)
          for y in top..<min(top + scale, height) {
            for x in left..<min(left + scale, width) {
              sum += sample(x, y, c)
              n += 1
            }
          }
          means.append((sum + n / 2) / n)
        }
      }
    }
    return means
  }
}

extension Network {
  /// From v̂ of the image to the samples of a preview.
  fileprivate func preview(
    _ latent: Map, scale: Int, width: Int, height: Int, isGray: Bool
  ) throws -> [Int] {
    let y = try gain(latent, "gain.inverse", sign: -1, from: "latent", to: "synthesis.latent")
    let map = try layer(
      "preview", (model.latentWidth, try model.bits("synthesis.latent")), (12, 7), offset: 1)
    let eighth = map(y).shuffled(2)
    func sample(_ x: Int, _ y: Int, _ c: Int) -> Int { min(max(eighth[x, y, c], 0), 255) }
    var samples: [Int] = []
    for y in 0..<height {
      for x in 0..<width {
        let rgb = (0..<3).map { c in
          guard scale == 16 else { return sample(x, y, c) }
          let top = sample(2 * x, 2 * y, c) + sample(2 * x + 1, 2 * y, c)
          let bottom = sample(2 * x, 2 * y + 1, c) + sample(2 * x + 1, 2 * y + 1, c)
          return (top + bottom + 2) / 4
        }
        samples += isGray ? [(rgb[0] + rgb[1] + rgb[2] + 1) / 3] : rgb
      }
    }
    return samples
  }
}
