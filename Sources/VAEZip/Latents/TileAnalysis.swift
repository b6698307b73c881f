import CKernels
import VAEZipContainer
import VAEZipInference
import VAEZipModel
import VAEZipSupport

/// The hyper-analysis of tiles, and the tile coder that goes with it: what only an encoder needs.
package struct TileAnalysis: Sendable {
  package let hyperAnalysis: HyperAnalysisNetwork
  package let coder: TileCoder

  package init(hyperAnalysis: HyperAnalysisNetwork, coder: TileCoder) {
    self.hyperAnalysis = hyperAnalysis
    self.coder = coder
  }

  /// z of a tile.
  /// - Parameter latent: v of the picture.
  package func hyperLatent(_ tile: Tile, latent: Rows) -> FeatureMap {
    let companded = FeatureMap(
      width: tile.width, height: tile.height, channels: coder.latentWidth)
    for row in 0..<tile.height {
      check(
        vzk_compand(
          coder.kernels.isa, latent.at(tile.x, tile.y + row).source, Int32(coder.latentBits),
          View(companded).at(0, row).sink, Int32(coder.latentWidth), Int32(tile.width)))
    }
    return hyperAnalysis.hyperLatent(of: companded, threads: coder.threads)
  }
}
