import Foundation
import VAEZip

/// How the latent's posterior q(y|x) is modelled.
package enum Posterior: String, Sendable, Codable, CaseIterable {
  /// Uniform over one quantization step: the codec's own (Ballé et al. 2017).
  case uniform
  /// Gaussian with a learned deviation and the analytic KL divergence (Kingma & Welling 2014).
  case gaussian
}

/// What a forward pass gives, by sample.
package struct ForwardPass {
  /// Rate of latents and hyper-latents in bits per pixel, the KL term: `[B]`.
  package let bitsPerPixel: Tensor
  /// Mean squared error on the 0…255 scale: `[B]`.
  package let squaredError: Tensor
  /// `[B, 3, H, W]`, (value − 128) / 128, not clamped while sampling.
  package let decoded: Tensor
}

extension TorchNetwork {
  /// λ of a level position, log-linear between the quality levels.
  func lambda(_ position: Double) -> Double {
    let lambdas = description.lambdas
    let lower = min(max(Int(position), 0), lambdas.count - 2)
    let fraction = position - Double(lower)
    return lambdas[lower] * pow(lambdas[lower + 1] / lambdas[lower], fraction)
  }

  /// Image to image through the bottleneck.
  ///
  /// With `sampling`, rates are those of noisy latents, which have gradients. Without, they are those
  /// of rounded latents, and decoded pixels have 8 bits, as the codec's. The decoder and the context
  /// see rounded latents, with a straight-through gradient; sampled ones for the Gaussian posterior.
  ///
  /// - Parameters:
  ///   - pixels: `[B, 3, H, W]`, (value − 128) / 128; H and W are multiples of 16.
  ///   - positions: the level position of each sample, 0 … levels − 1.
  package func forward(
    _ pixels: Tensor, positions: [Double], posterior: Posterior, sampling: Bool
  ) -> ForwardPass {
    roundWeights()
    let weights = levelWeights(positions)
    let (y, logDeviation) = analysis(pixels)
    let v = observed("latent", limited(y * interpolated("gain.forward", weights).exp2()))
    // In quantization steps, so that one head suits all quality levels.
    let deviation = posterior == .gaussian && sampling ? logDeviation : nil

    let (hyperLatent, hyperBits) = codedHyperLatent(v, weights, sampling: sampling)
    let coded = codedLatent(v, hyperLatent, logDeviation: deviation)
    let bits = latentBits(v, coded, logDeviation: deviation, sampling: sampling)

    let inverse = (interpolated("gain.inverse", weights) * -1).exp2()
    var decoded = synthesis(coded.latent * inverse)
    if !sampling { decoded = (decoded * 128).rounded().clamped(-128, 127) * (1 / 128.0) }
    let area = 1 / Double(pixels.shape[2] * pixels.shape[3])
    return ForwardPass(
      bitsPerPixel: (bits.sumBySample() + hyperBits.sumBySample()) * area,
      squaredError: (decoded - pixels).square().sumBySample() * (128 * 128 * area / 3),
      decoded: decoded)
  }

  /// The rounded hyper-latent and its bits. Its posterior is always uniform: its rate is a few percent.
  private func codedHyperLatent(
    _ v: Tensor, _ weights: Tensor, sampling: Bool
  ) -> (latent: Tensor, bits: Tensor) {
    let mean = interpolated("hyper.mean", weights)
    let level = levels(interpolated("hyper.level", weights))
    let centered = hyperAnalysis(v) - mean
    let bits = RateModel.bits(
      sampling ? centered + (noise(centered) - 0.5) : centered.rounded(),
      logDeviation: RateModel.logDeviation(level: level))
    return (centered.roundedStraightThrough() + mean, bits)
  }

  /// The latent as decoded in two passes, and its distribution.
  private struct CodedLatent {
    let latent, mean, level: Tensor
  }

  private func codedLatent(
    _ v: Tensor, _ hyperLatent: Tensor, logDeviation: Tensor?
  ) -> CodedLatent {
    let (height, width) = (v.shape[2], v.shape[3])
    let (features, out1) = prior(hyperLatent, height: height, width: width)
    let (mean1, raw1) = out1.halves()
    let (first, second) = masks(height, width)
    let sampled = logDeviation.map { v + $0.exp() * noise(v, Tensor.normal) }
    func decoded(_ mean: Tensor) -> Tensor {
      sampled ?? ((v - mean).roundedStraightThrough() + mean)
    }
    let firstPass = decoded(mean1) * first
    let change = context(firstPass: firstPass, features: features)
    let (meanChange, rawChange) = change.halves()
    let mean2 = mean1 + meanChange
    let mean = observed("latent", mean1 * first + mean2 * second)
    return CodedLatent(
      latent: observed("latent", firstPass + decoded(mean2) * second), mean: mean,
      level: levels(raw1 + rawChange * second))
  }

  private func latentBits(
    _ v: Tensor, _ coded: CodedLatent, logDeviation: Tensor?, sampling: Bool
  ) -> Tensor {
    let centered = v - coded.mean
    let logPrior = RateModel.logDeviation(level: coded.level)
    if let logDeviation {
      return RateModel.gaussianDivergence(
        mean: centered, logDeviation: logDeviation, logPriorDeviation: logPrior)
    }
    return RateModel.bits(
      sampling ? centered + (noise(centered) - 0.5) : centered.rounded(), logDeviation: logPrior)
  }

  /// Noise of a tensor's shape. Where several processes share a batch, it is this one's part of the
  /// whole batch's.
  private func noise(_ like: Tensor, _ kind: (Tensor) -> () -> Tensor = Tensor.uniform) -> Tensor {
    if share.count == 1 { return kind(like)() }
    let whole = Tensor.concatenate(
      Array(repeating: like.detached(), count: share.count), dimension: 0)
    let samples = like.shape[0]
    return kind(whole)().narrow(0, share.rank * samples, samples)
  }

  /// Limits the latent to ±500, so that it fits in 16 bits with six fraction bits. Black and white at
  /// the highest level would otherwise cost the means precision at all levels.
  private func limited(_ latent: Tensor) -> Tensor {
    (latent.lowerBound(-500) * -1).lowerBound(-500) * -1
  }

  /// Scale indexes of the prior's raw outputs.
  private func levels(_ raw: Tensor) -> Tensor { raw.affine(Self.levelScale, Self.levelOffset) }

  /// Masks of the two passes: `[1, 1, h, w]`, or a mask for each channel, `[1, M, h, w]`.
  private func masks(_ height: Int, _ width: Int) -> (first: Tensor, second: Tensor) {
    let channels = description.passMask == .dualCheckerboard ? description.latentWidth : 1
    func mask(_ parity: Int) -> Tensor {
      let values = (0..<channels * height * width).map { index in
        let (x, y) = (index % width, index / width % height)
        let half = channels > 1 && index / (width * height) >= channels / 2 ? 1 : 0
        return Float((x + y + half + parity + 1) & 1)
      }
      return .floats(torch, values, [1, channels, height, width], device: device)
    }
    return (mask(0), mask(1))
  }
}
