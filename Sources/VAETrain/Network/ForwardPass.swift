import Foundation
import VAEZip

/// How the latent's posterior q(y|x) is modelled.
public enum Posterior: String, Sendable, Codable, CaseIterable {
  /// Uniform over one quantization step: the codec's own (Ballé et al. 2017).
  case uniform
  /// Gaussian with a learned deviation and the analytic KL divergence (Kingma & Welling 2014).
  case gaussian
}

/// The distortion D.
public enum Distortion: String, Sendable, Codable, CaseIterable {
  /// Mean squared error: a Gaussian likelihood.
  case mse
  /// Binary cross-entropy of pixels in 0…1, less its least value: a (continuous) Bernoulli likelihood.
  case bce
}

/// What a forward pass measures, each by sample (`[B]`).
package struct Measures {
  /// Rate of latents and hyper-latents in bits per pixel: the KL term.
  package let bitsPerPixel: Tensor
  /// Mean squared error on the 0…255 scale.
  package let squaredError: Tensor
  /// The distortion on the 0…255 scale.
  let distortion: Tensor
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
  /// With `sampling`, rates are those of noisy latents (differentiable); without, of rounded ones, and
  /// pixels have 8 bits, as the codec's. What the decoder and the context see is rounded either way (with a straight-through
  /// gradient) for the uniform posterior, and sampled while training for the Gaussian one.
  ///
  /// - Parameters:
  ///   - pixels: `[B, 3, H, W]`, (value − 128) / 128.
  ///   - positions: the level position of each sample, 0 … levels − 1.
  ///   - similarity: takes its share of the distortion `mse`.
  package func measure(
    _ pixels: Tensor, positions: [Double], posterior: Posterior, distortion: Distortion,
    similarity: StructuralSimilarity? = nil, sampling: Bool
  ) -> Measures {
    roundWeights()
    let weights = levelWeights(positions)
    let (y, logDeviation) = analysis(pixels)
    let v = observed("latent", limited(y * interpolated("gain.forward", weights).exp2()))
    let (height, width) = (v.shape[2], v.shape[3])

    // Hyper-latents: always the uniform posterior, as their rate is a few percent.
    let z = hyperAnalysis(v)
    let zMean = interpolated("hyper.mean", weights)
    let zLevel = levels(interpolated("hyper.level", weights))
    let zCentred = z - zMean
    let zRounded = zCentred.roundedStraightThrough() + zMean
    let zBits = RateModel.bits(
      sampling ? zCentred + (noise(zCentred) - 0.5) : zCentred.rounded(),
      logDeviation: RateModel.logDeviation(level: zLevel))

    // The latents in two passes over a checkerboard.
    let (features, out1) = prior(zRounded, height: height, width: width)
    let (mean1, raw1) = out1.halves()
    let (even, odd) = checkerboard(height, width)

    let sampled: Tensor?
    if posterior == .gaussian, sampling, let logDeviation {
      // σ is that of v: in quantization steps, so that one head suits all quality levels.
      sampled = v + logDeviation.exp() * noise(v, Tensor.normal)
    } else {
      sampled = nil
    }
    func decoded(_ mean: Tensor) -> Tensor {
      sampled ?? ((v - mean).roundedStraightThrough() + mean)
    }
    let first = decoded(mean1) * even
    let change = context(firstPass: first, features: features)
    let (meanChange, rawChange) = change.halves()
    let mean2 = mean1 + meanChange
    let mean = observed("latent", mean1 * even + mean2 * odd)
    let level = levels(raw1 + rawChange * odd)
    let decodedLatent = observed("latent", first + decoded(mean2) * odd)

    let centred = v - mean
    let logPrior = RateModel.logDeviation(level: level)
    let yBits: Tensor
    if posterior == .gaussian, sampling, let logDeviation {
      yBits = RateModel.gaussianDivergence(
        mean: centred, logDeviation: logDeviation, logPriorDeviation: logPrior)
    } else {
      yBits = RateModel.bits(
        sampling ? centred + (noise(centred) - 0.5) : centred.rounded(), logDeviation: logPrior)
    }

    let inverse = (interpolated("gain.inverse", weights) * -1).exp2()
    var decodedPixels = synthesis(decodedLatent * inverse)
    if !sampling { decodedPixels = (decodedPixels * 128).rounded().clamped(-128, 127) * (1 / 128.0) }

    let area = 1 / Double(pixels.shape[2] * pixels.shape[3])
    let squaredError = (decodedPixels - pixels).square().sumBySample() * (128 * 128 * area / 3)
    return Measures(
      bitsPerPixel: (yBits.sumBySample() + zBits.sumBySample()) * area,
      squaredError: squaredError,
      distortion: distortion == .mse
        ? similarity?.mixed(squaredError, decodedPixels, pixels) ?? squaredError
        : crossEntropy(decodedPixels, pixels).sumBySample() * (255 * 255 * area / 3))
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

  /// Limits the latent to ±500, so that six fraction bits of it fit in 16: else black and white would
  /// take more, at the highest level, than the precision of the means is worth at the lower ones.
  private func limited(_ latent: Tensor) -> Tensor {
    (latent.lowerBound(-500) * -1).lowerBound(-500) * -1
  }

  /// Scale levels of the prior's raw outputs.
  private func levels(_ raw: Tensor) -> Tensor { raw.affine(Self.levelScale, Self.levelOffset) }

  /// Masks of the two passes, `[1, 1, h, w]`: positions whose x + y is even, and the others.
  private func checkerboard(_ height: Int, _ width: Int) -> (Tensor, Tensor) {
    func mask(_ parity: Int) -> Tensor {
      let values = (0..<height * width).map { Float(($0 / width + $0 % width + parity + 1) & 1) }
      return .floats(torch, values, [1, 1, height, width], device: device)
    }
    return (mask(0), mask(1))
  }

  /// Binary cross-entropy less its least value, halved, so that it starts like the squared error at
  /// mid-grey: −½ (x ln x̂ + (1 − x) ln(1 − x̂)) + ½ (x ln x + (1 − x) ln(1 − x)).
  private func crossEntropy(_ decoded: Tensor, _ pixels: Tensor) -> Tensor {
    func unit(_ t: Tensor) -> Tensor { t.affine(128.0 / 255, 128.0 / 255) }
    // A gradient that leads back inside passes the bounds.
    func held(_ t: Tensor) -> Tensor {
      let low = t.lowerBound(1e-3)
      return (low * -1).lowerBound(-(1 - 1e-3)) * -1
    }
    let x = held(unit(pixels))
    let p = held(unit(decoded))
    let cross = x * (x / p).log() + x.affine(-1, 1) * (x.affine(-1, 1) / p.affine(-1, 1)).log()
    return cross * 0.5
  }
}
