/// A picture cut into the grids that the network works on. All sizes are rounded up.
package struct Grid: Sendable, Equatable {
  /// In pixels.
  package let width, height: Int

  package init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }
  /// Latent positions: 1/16 resolution.
  package var latentWidth: Int { (width + 15) / 16 }
  package var latentHeight: Int { (height + 15) / 16 }
  /// Positions of the transforms' trunks: 1/8 resolution of the padded picture.
  package var trunkWidth: Int { 2 * latentWidth }
  package var trunkHeight: Int { 2 * latentHeight }
}
