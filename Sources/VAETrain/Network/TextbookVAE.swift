import VAEZip

/// A model with learned standard deviations as the textbook's variational auto-encoder (Kingma & Welling 2014):
/// latents are samples of a Gaussian posterior, and nothing is rounded or coded.
package final class TextbookVAE {
  private let network: TorchNetwork

  /// What a picture costs.
  package struct Figures: Sendable {
    /// KL divergence of the posterior from the prior, hyper-latents included, in bits.
    package let divergenceBits: Double
    /// D: over all samples of red, green and blue, 0…65025. Decoded values are not rounded.
    package let meanSquaredError: Double
    /// Of the picture that was measured: whole cells of 16 × 16.
    package let pixels: Int
  }

  /// - Throws: `TrainError`: the model has no standard deviations (it was not trained with
  ///   `--posterior gaussian`), or libtorch fails.
  package init(_ torch: Torch, _ file: ModelFile) throws {
    guard file.hasPosteriorHead else {
      throw TrainError.network("has no Gaussian posterior: train with --posterior gaussian")
    }
    var options = TrainingOptions()
    options.posterior = .gaussian
    let initial = try InitialState(.model(file), options: options) { $0 }
    network = TorchNetwork(torch, initial.description, posteriorHead: true, device: .cpu)
    for (part, contents) in initial.parts { try network.parameters.write(part, contents) }
    try torch.check()
  }

  /// The expectation over the posterior, estimated from a few samples with a fixed seed.
  ///
  /// - Parameters:
  ///   - image: RGB or gray, which counts as three equal channels. Columns and rows beyond whole cells of 16 × 16
  ///     are left out.
  ///   - position: between the quality levels, in levels.
  /// - Returns: nil for an image without a whole cell.
  package func measure(_ image: Image, position: Double, samples: Int = 4) throws -> Figures? {
    guard let cells = image.wholeCells else { return nil }
    let torch = network.torch
    torch.setSeed(0)
    return try torch.withoutGradients {
      let pixels = Tensor.pixels(torch, cells)
      var (bits, distortion) = (0.0, 0.0)
      for _ in 0..<samples {
        let pass = network.forward(
          pixels, positions: [position], posterior: .gaussian, sampling: true)
        bits += pass.bitsPerPixel.item / Double(samples)
        distortion += pass.squaredError.item / Double(samples)
        try torch.check()
      }
      let area = cells.width * cells.height
      return Figures(
        divergenceBits: bits * Double(area), meanSquaredError: distortion, pixels: area)
    }
  }
}

extension Image {
  /// The top left part of whole cells of 16 × 16 pixels in color; nil if there is none.
  fileprivate var wholeCells: Image? {
    let (newWidth, newHeight) = (width / 16 * 16, height / 16 * 16)
    guard newWidth > 0, newHeight > 0 else { return nil }
    let samples = Int(channels.rawValue)
    var part: [UInt8] = []
    part.reserveCapacity(newWidth * newHeight * 3)
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        let place = (y * width + x) * samples
        for channel in 0..<3 { part.append(pixels[place + min(channel, samples - 1)]) }
      }
    }
    return Image(width: newWidth, height: newHeight, channels: .rgb, pixels: part)
  }
}
