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
  private let model: ModelFile

  /// - Parameter model: the bytes of a model file.
  package init(model: [UInt8]) throws {
    self.model = try ModelFile(model)
  }

  /// The picture of a .vz file.
  package func decode(_ file: [UInt8]) throws -> Picture {
    let container = try Container(file)
    guard container.modelID == model.id else { throw FormatError("another model is needed") }
    let network = try Network(model, qualityPosition: container.quality)
    var symbols = SymbolDecoder(tensor: try model.integers("entropy.magnitudes"))

    // Tiles at 1/16 resolution: v̂ of the whole image.
    var latent = Map(container.latentColumns, container.latentRows, model.latentWidth)
    for index in container.tiles.indices {
      let tile = container.latentTile(index)
      let decoded = try network.tile(width: tile.width, height: tile.height) { stream, scaleIndexes, _ in
        try symbols.decode(container.tiles[index].symbols[stream.rawValue], scaleIndexes: scaleIndexes)
      }
      latent.insert(decoded, tile.x, tile.y)
    }
    let pixels = try network.synthesis(
      latent, width: container.width, height: container.height, isGray: container.colors == 1)
    let alpha = container.hasAlpha ? try container.alpha() : nil

    // Trailer.
    guard checksum(pixels) == container.pixelChecksum else { throw FormatError("other pixels") }
    guard alpha.map(checksum) == container.alphaChecksum else { throw FormatError("other alpha") }
    return Picture(
      width: container.width, height: container.height, colors: container.colors,
      sampleBytes: container.sampleBytes, pixels: pixels, alpha: alpha)
  }
}

/// A decoded image.
package struct Picture {
  package let width: Int
  package let height: Int
  /// 1 gray, 3 RGB.
  package let colors: Int
  /// Bytes of an alpha sample, 1 or 2. Color has 8 bits in either case.
  package let sampleBytes: Int
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
