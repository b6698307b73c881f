import VAEZipAlpha
import VAEZipContainer
import VAEZipEntropy
import VAEZipExact
import VAEZipInference
import VAEZipLatents
import VAEZipSupport

/// The first stage of a decoder: from a file's streams to v̂, exact pixels and alpha, tile by tile. The rings hold
/// what later stages read.
final class TileStage {
  /// v̂ of an image that has latents.
  struct Latents {
    let tileDecoder: TileDecoder
    let ring: LatentRing
    let rows: Rows

    var channels: Int { tileDecoder.coder.latentWidth }
  }

  let setup: DecoderSetup
  let file: VZFile
  private let bytes: [UInt8]
  private let keepsGoing: Bool

  /// Nil for an image all of whose pixels are exact.
  let latents: Latents?
  let exact: ExactRing
  let alpha: AlphaRing
  /// The memory of v̂.
  private let map: FeatureMap?

  private let damaged = Guarded<[Damage.Tile]>([])
  /// Whether the tiles' hashes are compared with the file's end.
  private let comparesContent: Bool
  /// Of what the tiles decode to; empty if nothing compares it.
  private let hashes: Guarded<[TileHashes]>

  private var window: DecodingWindow { setup.window }
  private var header: VZHeader { file.header }

  init(_ setup: DecoderSetup, file: VZFile, bytes: [UInt8], keepsGoing: Bool) {
    self.setup = setup
    self.file = file
    self.bytes = bytes
    self.keepsGoing = keepsGoing
    if let network = setup.network {
      let ring = network.latentRing(setup)
      let map = ring.makeMap()
      latents = Latents(tileDecoder: network.tileDecoder, ring: ring, rows: Rows(ring: map))
      self.map = map
    } else {
      latents = nil
      map = nil
    }
    alpha = AlphaRing(setup.window.tiles, bands: setup.tileBands)
    exact = ExactRing(setup.window.tiles, bands: setup.tileBands)
    comparesContent = file.header.version > 1 && !setup.isRegion
    hashes = Guarded(
      Array(repeating: TileHashes(), count: comparesContent ? file.header.tileCount : 0))
  }

  /// Compares the checksums of all tiles in use; of the whole image, looks at the file's end too. A decoder that
  /// keeps going does not.
  func check() throws(CodecError) {
    guard !keepsGoing else { return }
    try CodecError.wrap { () throws(VZError) in
      for row in 0..<window.tiles.rows.count {
        for column in 0..<window.tiles.columns.count {
          try file.verify(tile: window.tiles.index(row: row, column: column), in: bytes)
        }
      }
      if !setup.isRegion { try file.verifyEnd(of: bytes) }
    }
  }

  /// Adds the stage: a row of tiles is a row of it.
  func add<Failure>(
    to pipeline: Pipeline<StreamError<Failure>>
  ) -> Pipeline<StreamError<Failure>>.Stage {
    pipeline.keep(self)
    return pipeline.add(
      rows: window.tiles.rows.count, units: window.tiles.columns.count, isUrgent: true
    ) { [self] row, column, _ throws(StreamError<Failure>) in
      let index = window.tiles.index(row: row, column: column)
      do throws(CodecError) {
        try decode(index, row: row, column: column)
      } catch {
        let error = error.located(in: file)
        guard keepsGoing else { throw .codec(error) }
        replace(index, row: row, column: column)
        let found = Damage.Tile(index: index, region: header.region(ofTile: index), reason: error)
        damaged.withLock { $0.append(found) }
      }
    }
  }

  private func decode(_ index: Int, row: Int, column: Int) throws(CodecError) {
    let streams = try CodecError.wrap { () throws(VZError) in
      try file.streams(ofTile: index, in: bytes)
    }
    var found = TileHashes()
    let pixels = try ExactPixels(streams, tile: index, header)
    if pixels?.hasLatents ?? true {
      guard let latents else {
        throw .exact(
          tile: index, .corrupted(expected: "all pixels of an image without a model", found: "some"))
      }
      let tile = window.tiles.tile(row: row, column: column)
      try latents.tileDecoder.decode(index, tile, streams.symbols, output: latents.rows)
      if comparesContent { found.latents = latents.rows.hash(tile, channels: latents.channels) }
    } else {
      clear(row: row, column: column)
    }
    if let pixels {
      exact.insert(index, pixels.decoded.pixels, pixels.decoded.mask)
      if comparesContent { found.exact = pixels.hash }
    } else {
      exact.clear(index)
    }
    try CodecError.wrap(alphaOf: index) { () throws(EntropyError) in
      try alpha.decode(tile: index, streams.alpha)
    }
    guard comparesContent else { return }
    found.alpha = alpha.hash(tile: index)
    hashes.withLock { $0[index] = found }
  }

  /// Makes the latents of a tile zero, which has none.
  private func clear(row: Int, column: Int) {
    guard let latents else { return }
    latents.rows.clear(window.tiles.tile(row: row, column: column), channels: latents.channels)
  }

  /// Replaces a tile that cannot be decoded.
  private func replace(_ index: Int, row: Int, column: Int) {
    alpha.makeOpaque(tile: index)
    if let latents {
      latents.tileDecoder.replace(
        window.tiles.tile(row: row, column: column), output: latents.rows)
      exact.clear(index)
    } else {
      exact.makeGray(index)
    }
  }

  /// What was replaced; of the whole image, compares the checksums at the file's end. To be called when all stages
  /// have run.
  ///
  /// - Parameter pixels: what the trailer of a file of version 1 must be; nil compares nothing.
  func damage(pixels: VZTrailer? = nil) throws(CodecError) -> Damage {
    var damage = Damage()
    damage.tiles = damaged.withLock { $0 }.sorted { $0.index < $1.index }
    guard !setup.isRegion else { return damage }
    let content = comparesContent ? hashes.withLock { VZTrailer.content(TileHashes.checksum($0)) } : pixels
    do throws(VZError) {
      // Those of replaced tiles cannot be right.
      try file.verifyEnd(of: bytes, trailer: damage.tiles.isEmpty ? content : nil)
    } catch {
      guard keepsGoing else { throw .container(error) }
      damage.end = error
    }
    return damage
  }
}

/// The exact pixels of a tile, decoded.
struct ExactPixels {
  let decoded: ExactCoder.Decoded
  /// Whether other pixels of the tile, or of its neighbors, come from latents.
  var hasLatents: Bool { decoded.hasLatents }
  /// XXH64 of the exact pixels.
  let hash: UInt64

  /// - Returns: nil for a tile without an exact stream.
  /// - Throws: `CodecError.exact`.
  init?(_ streams: TileStreams, tile: Int, _ header: VZHeader) throws(CodecError) {
    guard !streams.exact.isEmpty else { return nil }
    let coder = ExactRing.coder(tile, of: header)
    decoded = try CodecError.wrap(exactOf: tile) { () throws(EntropyError) in
      try coder.decode(streams.exact)
    }
    hash = coder.hash(decoded.pixels, decoded.mask)
    let symbols = streams.symbols.all.reduce(0) { $0 + $1.count }
    guard decoded.hasLatents || symbols == 0 else {
      throw .exact(
        tile: tile, .corrupted(expected: "no latents", found: "\(symbols) bytes of them"))
    }
  }
}
