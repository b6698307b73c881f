import Foundation

/// Rates of latents under the prior, and the KL divergence of the posterior from it, in bits.
package enum RateModel {
  /// ln r, where level v stands for σ = 0.11 · r^v and level 63 for σ = 64.
  package static let logRatio = Foundation.log(64 / 0.11) / 63
  /// ln 0.11.
  package static let logSmallest = Foundation.log(0.11)

  /// The natural logarithm of the standard deviation that a scale index stands for.
  ///
  /// The level is held in 0…63 as the codec's table index is; below 0 only gradients that raise it
  /// pass.
  package static func logDeviation(level: Tensor) -> Tensor {
    let held = (level.lowerBound(0) * -1).lowerBound(-63) * -1
    return held.affine(logRatio, logSmallest)
  }

  /// −log₂ of the probability of the unit interval around `value` under a zero-mean Gaussian.
  package static func bits(_ value: Tensor, logDeviation: Tensor) -> Tensor {
    let magnitude = value.abs()
    let inverse = (logDeviation * -1).exp() * 0.5.squareRoot()
    let upper = (magnitude.affine(1, -0.5) * inverse).erfc()
    let lower = (magnitude.affine(1, 0.5) * inverse).erfc()
    let probability = (upper - lower) * 0.5
    return probability.lowerBound(1e-9).log2() * -1
  }

  /// KL(N(mean, deviation²) ‖ N(0, prior²)) in bits, elementwise (Kingma & Welling 2014, appendix B,
  /// for a prior of any width).
  package static func gaussianDivergence(
    mean: Tensor, logDeviation: Tensor, logPriorDeviation: Tensor
  ) -> Tensor {
    let variance = (logDeviation * 2).exp()
    let ratio = (variance + mean.square()) * (logPriorDeviation * -2).exp()
    return (logPriorDeviation - logDeviation + ratio * 0.5 - 0.5) * (1 / Foundation.log(2.0))
  }
}
