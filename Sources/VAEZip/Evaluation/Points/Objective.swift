import Foundation
import VAEZip

/// The objective of a β-VAE, D + β·KL, and the evidence lower bound that belongs to it.
///
/// The model is trained to minimize λ·D + R: D is the mean squared error of samples 0…255, R are bits per
/// pixel. That is D + β·KL with β = 1/λ. It is also the negative evidence lower bound, up to a constant and a
/// factor, of a decoder whose pixels have a Gaussian distribution: −ln p(x|y) of a sample is
/// D / 2σ² + ½ ln 2πσ². Both agree where σ² = channels / (2 λ ln 2). (Higgins et al., “β-VAE”, 2017; Alemi et
/// al., “Fixing a broken ELBO”, 2018.)
package struct Objective: Sendable, Equatable {
  /// KL of the hyper-latents in bits: −log₂ p(z).
  package let hyperBits: Double
  /// KL of the latents in bits: −log₂ p(y|z).
  package let latentBits: Double
  /// D: the mean squared error over all samples, 0…65025.
  package let distortion: Double
  /// The weight of a bit per pixel against D.
  package let beta: Double
  package let pixels: Double
  /// Samples of a pixel: 1 or 3.
  package let channels: Double

  package init(
    hyperBits: Double, latentBits: Double, distortion: Double, beta: Double, pixels: Double,
    channels: Double
  ) {
    self.hyperBits = hyperBits
    self.latentBits = latentBits
    self.distortion = distortion
    self.beta = beta
    self.pixels = pixels
    self.channels = channels
  }

  /// KL in bits per pixel.
  package var bitsPerPixel: Double { (hyperBits + latentBits) / pixels }

  /// D + β·KL, with KL in bits per pixel.
  package var value: Double { distortion + beta * bitsPerPixel }

  /// The variance of the decoder's Gaussian, samples 0…255.
  package var variance: Double { channels * beta / (2 * log(2)) }

  /// The evidence lower bound in nats per sample of a pixel, with samples 0…255 as unit of the density.
  package var elbo: Double {
    let reconstruction = distortion / (2 * variance) + 0.5 * log(2 * .pi * variance)
    return -(reconstruction + log(2) * bitsPerPixel / channels)
  }

  package var figures: [Figure: Double] {
    [
      .hyperBits: hyperBits, .latentBits: latentBits, .modelBPP: bitsPerPixel,
      .distortion: distortion, .beta: beta, .objective: value, .elbo: elbo,
    ]
  }
}
