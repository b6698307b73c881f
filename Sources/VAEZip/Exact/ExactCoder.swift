import VAEZipEntropy
import VAEZipSupport

/// Pixels of a tile without loss, in a stock zstd frame after a transform (Formats/VZ.md, Exact pixels).
package struct ExactCoder: Sendable {
  /// Size of the tile in pixels.
  package let width, height: Int
  /// 1 gray, 3 RGB.
  package let samples: Int
  /// Bytes of a sample: 1, or 2, the higher one first.
  package let sampleBytes: Int

  package init(width: Int, height: Int, samples: Int, sampleBytes: Int) {
    (self.width, self.height) = (width, height)
    (self.samples, self.sampleBytes) = (samples, sampleBytes)
  }

  /// Bytes of a pixel.
  package var pixelBytes: Int { samples * sampleBytes }
  /// Bytes of all pixels of the tile.
  package var byteCount: Int { width * height * pixelBytes }

  /// What a stream says.
  package struct Decoded: Sendable, Equatable {
    /// All pixels of the tile in raster order; those that are not exact are 0.
    package let pixels: [UInt8]
    package let mask: ExactMask
    /// Whether the tile has latents. If not, all of its pixels are exact.
    package let hasLatents: Bool
  }

  /// The first byte of a stream of the same pixels, of a tile without latents.
  package static func withoutLatents(_ mode: UInt8) -> UInt8 { mode | ExactCoding.withoutLatents }

  /// Whether a stream with this first byte belongs to a tile without latents.
  package static func isWithoutLatents(_ mode: UInt8) -> Bool { mode & ExactCoding.withoutLatents != 0 }

  /// XXH64 of the exact pixels of a tile, in raster order.
  package func hash(_ pixels: [UInt8], _ mask: ExactMask) -> UInt64 {
    let checksum = RunningChecksum()
    pixels.withUnsafeBufferPointer { pixels in
      PixelLines(mask: mask, stripHeight: 1).forEach { run in
        let start = run.first * pixelBytes
        checksum.update(UnsafeBufferPointer(rebasing: pixels[start..<start + run.count * pixelBytes]))
      }
    }
    return checksum.hash64
  }
}
