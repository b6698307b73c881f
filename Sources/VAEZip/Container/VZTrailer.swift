import VAEZipSupport

/// The checksums at the end of a .vz file (Formats/VZ.md, Trailer).
package enum VZTrailer: Sendable, Equatable {
  /// Version 1: `Checksum.hash32` of the decoded color, as `Image.pixels` has it, and of the alpha; nil
  /// without alpha.
  case pixels(color: UInt32, alpha: UInt32?)
  /// From version 2 on: of what all tiles' streams decode to; see `TileHashes`.
  case content(UInt32)

  /// - Throws: a mismatch if `found` is not the same.
  func compare(_ found: VZTrailer) throws(VZError) {
    switch (self, found) {
    case (.content(let expected), .content(let found)):
      guard expected == found else {
        throw .contentChecksumMismatch(expected: expected, found: found)
      }
    case (.pixels(let color, let alpha), .pixels(let foundColor, let foundAlpha)):
      guard color == foundColor else {
        throw .pixelChecksumMismatch(expected: color, found: foundColor)
      }
      if let alpha, let foundAlpha, alpha != foundAlpha {
        throw .alphaChecksumMismatch(expected: alpha, found: foundAlpha)
      }
    default: preconditionFailure("trailers of different versions")
    }
  }

  /// The checksums as integers, in the order of the file.
  var all: [UInt32] {
    switch self {
    case .pixels(let color, let alpha): [color] + (alpha.map { [$0] } ?? [])
    case .content(let checksum): [checksum]
    }
  }
}

/// XXH64 of the parts that a tile decodes to. The parts of all tiles together make the checksum in the trailer,
/// so tiles can be hashed in any order, and no part waits for another.
package struct TileHashes: Sendable, Equatable {
  /// Of v̂: 16-bit integers, positions in row-major order, the channels of a position together. Nil if the tile
  /// has no latents.
  package var latents: UInt64?
  /// Of the exact pixels' samples, in row-major order; nil without exact pixels.
  package var exact: UInt64?
  /// Of the alpha samples, in row-major order; nil without alpha.
  package var alpha: UInt64?

  package init() {}

  /// The checksum of an image.
  package static func checksum(_ tiles: [TileHashes]) -> UInt32 {
    var writer = ByteWriter()
    for tile in tiles {
      for hash in [tile.latents, tile.exact, tile.alpha] {
        if let hash { writer.append(hash) }
      }
    }
    return Checksum.hash32(writer.bytes)
  }
}
