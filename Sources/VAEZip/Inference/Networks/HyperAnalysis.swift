import CKernels
import VAEZipSupport

extension HyperAnalysisNetwork {
  /// The hyper-latent z of a tile: 1/4 of the size of its companded latent, rounded up.
  package func hyperLatent(of companded: FeatureMap, threads: Threads) -> FeatureMap {
    let (width, height) = (companded.width, companded.height)
    let trunkPlane = FeatureMap(width: width, height: height, channels: blocks.width)
    let (source, trunk) = (View(companded), View(trunkPlane))
    blocks.run(
      .init(width: width, height: height, threads: threads), trunk: trunk, threads: threads,
      head: { segment, place, _ in
        input.convolve(source.at(segment.x, segment.y), to: place, width: segment.width)
      })
    let half = FeatureMap(
      width: (width + 1) / 2, height: (height + 1) / 2, channels: blocks.width)
    down1.convolve(
      trunk, to: View(half), width: half.width, rows: half.height, kernel: 3, stride: 2, .leaky)
    let hyper = FeatureMap(
      width: (half.width + 1) / 2, height: (half.height + 1) / 2, channels: hyperWidth)
    down2.convolve(
      View(half), to: View(hyper), width: hyper.width, rows: hyper.height, kernel: 3, stride: 2)
    withExtendedLifetime((companded, trunkPlane, half)) {}
    return hyper
  }
}
