import CKernels
import VAEZipSupport

extension HyperSynthesisNetwork {
  /// Predicts mean and raw scale index of a tile's latents from its quantized hyper-latent.
  ///
  /// - Parameters:
  ///   - trunk: written: the features. The map under it must have room for
  ///     2 · ceil(size / 2) pixels each way.
  ///   - distribution: written: mean and raw scale index of each latent.
  ///   - size: of the tile, in latent positions.
  package func run(
    hyper: FeatureMap, trunk: View, distribution: View, size: (width: Int, height: Int),
    threads: Threads
  ) {
    let half = FeatureMap(width: 2 * hyper.width, height: 2 * hyper.height, channels: hyperWidth)
    up1.convolve(
      View(hyper), to: View(half), width: hyper.width, rows: hyper.height, .leaky)
    // Cropped to half the tile's size, rounded up. So the stores may run one pixel past the tile.
    up2.convolve(
      View(half), to: trunk, width: (size.width + 1) / 2, rows: (size.height + 1) / 2)
    blocks.run(
      .init(width: size.width, height: size.height, threads: threads), trunk: trunk,
      threads: threads,
      head: { _, _, _ in },
      tail: { segment, place, _ in
        output.convolve(
          place, to: distribution.at(segment.x, segment.y), width: segment.width)
      })
    withExtendedLifetime((hyper, half)) {}
  }
}
