/// A second decoder of .vz files, to be read beside the pages of Formats.
///
/// It is made to be followed, not to be fast: plain loops over arrays of `Int`, one section of a page after
/// the other, no threads, no streaming, nothing shared with the library. Tests compare it with the
/// library, bit for bit. Only zstd's frames and XXH64 come from libraries.
///
/// | folder | page | read first |
/// |---|---|---|
/// | Container | Formats/VZ.md | `Container` |
/// | Symbols | Formats/VZ-symbols.md | `SymbolDecoder` |
/// | Model | Formats/MODEL.md | `ModelFile`, then `Network` |
///
/// It decodes whole files only: no regions, no damaged files.
package struct ReferenceDecoder {
  private let model: ModelFile?

  /// - Parameter model: the bytes of a model file; nil decodes only files that need none.
  package init(model: [UInt8]?) throws {
    self.model = try model.map { try ModelFile($0) }
  }

  /// The picture of a .vz file.
  package func decode(_ file: [UInt8]) throws -> Picture {
    let container = try Container(file)
    let exact = try container.tiles.indices.map { try container.exactPixels($0) }
    var hashes = exact.map { _ in [UInt64]() }
    let count = container.width * container.height
    var pixels: [UInt8]
    if container.version == 1 || container.modelID != 0 {
      let (network, latent) = try latents(container, exact, &hashes)
      pixels = try network.synthesis(
        latent, width: container.width, height: container.height, isGray: container.colors == 1)
    } else {
      guard exact.allSatisfy({ $0?.hasLatents == false }) else { throw FormatError("no model") }
      pixels = Array(repeating: 0, count: count * container.colors)
    }
    // 257 · v has the byte v twice.
    if container.exactBytes == 2 { pixels = pixels.flatMap { [$0, $0] } }
    for (index, tile) in exact.enumerated() {
      guard let tile else { continue }
      container.paste(tile, index, into: &pixels)
      hashes[index].append(hash(tile.content))
    }
    let alpha = container.hasAlpha ? try container.alpha() : nil

    // "Trailer".
    if container.version == 1 {
      guard [checksum(pixels)] + (alpha.map { [checksum($0)] } ?? []) == container.trailer else {
        throw FormatError("other pixels")
      }
    } else {
      for index in hashes.indices { hashes[index] += container.alphaHash(index, alpha) }
      var bytes: [UInt8] = []
      for hash in hashes.joined() {
        for byte in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: hash >> (8 * byte))) }
      }
      guard [checksum(bytes)] == container.trailer else { throw FormatError("other content") }
    }
    return Picture(
      width: container.width, height: container.height, colors: container.colors,
      sampleBytes: container.sampleBytes, colorBytes: container.exactBytes, pixels: pixels, alpha: alpha)
  }

  /// v̂ of the whole image, and the network at the file's quality. Adds the hash of each tile's latents.
  func latents(
    _ container: Container, _ exact: [ExactPixels?], _ hashes: inout [[UInt64]]
  ) throws -> (Network, Map) {
    guard let model, container.modelID == model.id else { throw FormatError("another model is needed") }
    let network = try Network(model, qualityPosition: container.quality)
    var symbols = SymbolDecoder(tensor: try model.integers("entropy.magnitudes"))

    // Tiles at 1/16 resolution: v̂ of the whole image.
    var latent = Map(container.latentColumns, container.latentRows, model.latentWidth)
    for index in container.tiles.indices {
      let streams = container.tiles[index].symbols
      guard exact[index]?.hasLatents ?? true else {
        guard streams.joined().isEmpty else { throw FormatError("latents of a tile without") }
        continue
      }
      let tile = container.latentTile(index)
      let decoded = try network.tile(width: tile.width, height: tile.height) { stream, scaleIndexes, _ in
        try symbols.decode(streams[stream.rawValue], scaleIndexes: scaleIndexes)
      }
      latent.insert(decoded, tile.x, tile.y)
      let bytes = decoded.values.flatMap { value -> [UInt8] in
        [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
      }
      hashes[index].append(hash(bytes))
    }
    return (network, latent)
  }
}

extension Container {
  /// The exact pixels of a tile; nil if it has none.
  func exactPixels(_ index: Int) throws -> ExactPixels? {
    guard !tiles[index].exact.isEmpty else { return nil }
    let tile = tile(index)
    return try ExactPixels(
      tiles[index].exact, width: tile.width, height: tile.height, samples: colors, sampleBytes: exactBytes)
  }

  /// Puts the exact pixels of a tile into their places.
  func paste(_ exact: ExactPixels, _ index: Int, into pixels: inout [UInt8]) {
    let (tile, bytes) = (tile(index), colors * exactBytes)
    for y in 0..<tile.height {
      for x in 0..<tile.width where exact.isExact(x, y) {
        let start = ((tile.y + y) * width + tile.x + x) * bytes
        pixels.replaceSubrange(start..<start + bytes, with: exact.pixels[y * tile.width + x])
      }
    }
  }

  /// The hash of a tile's alpha, if there is any.
  fileprivate func alphaHash(_ index: Int, _ alpha: [UInt8]?) -> [UInt64] {
    guard let alpha else { return [] }
    let tile = tile(index)
    return [
      hash(
        (0..<tile.height).flatMap { y in
          let start = ((tile.y + y) * width + tile.x) * sampleBytes
          return Array(alpha[start..<start + tile.width * sampleBytes])
        })
    ]
  }
}

/// A decoded image.
package struct Picture {
  package let width: Int
  package let height: Int
  /// 1 gray, 3 RGB.
  package let colors: Int
  /// Bytes of an alpha sample, 1 or 2.
  package let sampleBytes: Int
  /// Bytes of a color sample: 1, or, where all 16 bits are known, 2, the higher one first.
  package let colorBytes: Int
  /// Row by row, the colors of a pixel together.
  package let pixels: [UInt8]
  /// Row by row; the higher byte of a sample first. Nil if the image is opaque.
  package let alpha: [UInt8]?
}

/// Why a file is not valid.
package struct FormatError: Error {
  package let reason: String

  init(_ reason: String) { self.reason = reason }
}
