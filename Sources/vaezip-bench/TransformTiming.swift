import VAEZipInference
import VAEZipModel
import VAEZipSupport

/// Runs the transforms alone, for measuring them.
package struct TransformTiming {
  private let model: Model
  private let threads: Threads

  package init(model: Model, threads: Int) {
    self.model = model
    self.threads = Threads(threads)
  }

  package enum Part: String, CaseIterable, Sendable {
    case analysis
    case synthesis
  }

  /// Multiply-adds of a part for a picture.
  package func work(_ part: Part, width: Int, height: Int) -> Int {
    let grid = Grid(width: width, height: height)
    let d = model.network
    let (c, m) = (d.transformWidth, d.latentWidth)
    let block = 6 * c * c + 9 * c
    let perPixel =
      switch part {
      case .analysis: 192 * c + d.analysisBlocks * block + 9 * c * m / 4
      case .synthesis: m * c + d.synthesisBlocks * block + 192 * c
      }
    return perPixel * grid.trunkWidth * grid.trunkHeight
  }

  /// Runs a part on a picture of noise; where it comes from and what becomes of it takes no time.
  package func run(_ part: Part, width: Int, height: Int) throws(ModelError) {
    let grid = Grid(width: width, height: height)
    let pixels = RowRing(grid, pixelBytes: 3, bands: 4)
    let latent = FeatureMap(
      width: grid.latentWidth, height: min(4, grid.latentHeight),
      channels: model.network.latentWidth)
    let pipeline = Pipeline<Never>()
    let quality = model.quality.parameters(at: 0)
    switch part {
    case .analysis:
      for y in 0..<pixels.count {
        for x in 0..<pixels.rowBytes { pixels.row(y)[x] = UInt8(truncatingIfNeeded: x &* y) }
      }
      _ = try model.analysis.value().add(
        to: pipeline, pixels: pixels, latent: Rows(ring: latent), gains: quality.forward,
        threads: threads, stripHeight: nil)
    case .synthesis:
      for y in 0..<latent.height {
        for x in 0..<latent.width * latent.channels {
          latent.pixel(0, y)[x] = Int16(truncatingIfNeeded: x &* 40_503 &* (y + 1)) >> 6
        }
      }
      _ = try model.synthesis.value().add(
        to: pipeline, latent: Rows(ring: latent), gains: quality.inverse, pixels: pixels,
        threads: threads, stripHeight: nil)
    }
    pipeline.keep(latent)
    pipeline.run(threads: threads)
  }
}
