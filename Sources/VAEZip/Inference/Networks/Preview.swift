import VAEZipModel
import VAEZipSupport

/// Latents to a picture of 1/8 of the size, by one linear map (Formats/MODEL.md, section "Previews").
package struct PreviewNetwork: Sendable {
  private let layer: PackedLayer
  private let latentWidth: Int
  private let kernels: Kernels

  /// Channels of a position of the output: the 12 that the map has, and zeros up to a multiple of 32.
  package static let outputChannels = 32

  init(_ layer: IntegerLayer, latentWidth: Int, kernels: Kernels) {
    self.layer = PackedLayer(layer, kernels: kernels)
    self.latentWidth = latentWidth
    self.kernels = kernels
  }

  /// A row of latent positions on its way to pixels.
  package final class Row {
    private let scaled: FeatureMap
    private let output: FeatureMap

    /// - Parameter width: in latent positions.
    package init(_ network: PreviewNetwork, width: Int) {
      scaled = FeatureMap(width: width, height: 1, channels: network.latentWidth, isRing: true)
      output = FeatureMap(width: width, height: 1, channels: outputChannels, isRing: true)
    }

    /// Bytes of memory that a row takes.
    package static func byteCount(_ network: PreviewNetwork, width: Int) -> Int {
      FeatureMap.byteCount(width: width, height: 1, channels: network.latentWidth, isRing: true)
        + FeatureMap.byteCount(width: width, height: 1, channels: outputChannels, isRing: true)
    }

    /// Maps the latents of a row.
    ///
    /// - Parameters:
    ///   - latent: v̂, from the row's first position on.
    ///   - gains: from v̂ to ŷ.
    package func run(_ network: PreviewNetwork, latent: View, gains: Gains) {
      let row = View(scaled)
      latent.scale(
        by: gains, to: row, channels: network.latentWidth, width: scaled.width, network.kernels)
      network.layer.convolve(row, to: View(output), width: scaled.width)
    }

    /// Red, green and blue of a pixel at 1/8 of the size.
    ///
    /// - Parameters:
    ///   - x: column at 1/8 of the size, from the row's first position on.
    ///   - line: 0 or 1, of the two lines of pixels that a row of positions has.
    package func eighth(_ x: Int, line: Int) -> SIMD3<Int> {
      let values = output.pixel(x / 2, 0) + 2 * line + x % 2
      return SIMD3(clamped(values[0]), clamped(values[4]), clamped(values[8]))
    }

    /// Red, green and blue of a pixel at 1/16 of the size: the mean of those at 1/8, halves up.
    package func sixteenth(_ x: Int) -> SIMD3<Int> {
      let top = eighth(2 * x, line: 0) &+ eighth(2 * x + 1, line: 0)
      let sum = top &+ eighth(2 * x, line: 1) &+ eighth(2 * x + 1, line: 1)
      return (sum &+ 2) &>> 2
    }

    private func clamped(_ value: Int16) -> Int { Int(max(0, min(value, 255))) }
  }
}
