import VAEZip

/// Measures a `Distortion` of crops.
package struct DistortionMixture {
  private let torch: Torch
  private let device: Tensor.Device
  private let distortion: Distortion
  /// The position of the highest quality level.
  private let top: Double
  private let similarity: StructuralSimilarity?
  private let perceptual: PerceptualDistance?

  /// - Parameters:
  ///   - cropSize: the sides of the crops, a multiple of 64.
  ///   - levels: of the network.
  package init(_ torch: Torch, _ distortion: Distortion, cropSize: Int, levels: Int, device: Tensor.Device) {
    self.torch = torch
    self.device = device
    self.distortion = distortion
    top = Double(levels - 1)
    similarity =
      distortion.shares[.msssim] == nil
      ? nil : StructuralSimilarity(torch, size: cropSize, device: device)
    perceptual =
      distortion.shares[.ssimulacra2] == nil
      ? nil : PerceptualDistance(torch, width: cropSize, height: cropSize, device: device)
  }

  /// The distortion of each sample on the 0…255 scale: `[B]`.
  ///
  /// - Parameters:
  ///   - squaredError: of each sample, on that scale.
  ///   - decoded, original: `[B, 3, cropSize, cropSize]`, (value − 128) / 128.
  ///   - positions: the level position of each sample.
  func measured(
    squaredError: Tensor, decoded: Tensor, original: Tensor, positions: [Double]
  ) -> Tensor {
    measured(squaredError: squaredError, decoded: decoded, original: original) { metric in
      constant(positions.map { share(of: metric, at: $0) })
    }
  }

  /// A metric's share of the distortion at a level position.
  func share(of metric: DistortionMetric, at position: Double) -> Double {
    distortion.share(of: metric, at: position, top: top)
  }

  /// The same with the shares of each sample, `[B]`, as tensors.
  func measured(
    squaredError: Tensor, decoded: Tensor, original: Tensor, shares: (DistortionMetric) -> Tensor
  ) -> Tensor {
    if distortion.shares[.bce] != nil { return crossEntropy(decoded, original) }
    var left: Tensor?
    var sum: Tensor?
    /// Adds a metric with the value of the squared error and its own relative gradient.
    func add(_ metric: DistortionMetric, _ values: Tensor, floor: Double) {
      let share = shares(metric)
      left = left.map { $0 - share } ?? share.affine(-1, 1)
      let scale = squaredError.detached() / (values.detached() + floor)
      let term = values * scale * share
      sum = sum.map { $0 + term } ?? term
    }
    if let similarity { add(.msssim, similarity.dissimilarity(decoded, original), floor: 1e-6) }
    if let perceptual { add(.ssimulacra2, perceptual.distance(decoded, original), floor: 1e-3) }
    guard let sum, let left else { return squaredError }
    return sum + squaredError * left
  }

  /// Whether the squared error alone counts, which needs no pictures.
  var isSquaredError: Bool {
    similarity == nil && perceptual == nil && distortion.shares[.bce] == nil
  }

  private func constant(_ values: [Double]) -> Tensor {
    .floats(torch, values.map { Float($0) }, [values.count], device: device)
  }

  /// Binary cross-entropy less its least value, halved, so that it starts like the squared error at
  /// mid-gray: −½ (x ln x̂ + (1 − x) ln(1 − x̂)) + ½ (x ln x + (1 − x) ln(1 − x)).
  private func crossEntropy(_ decoded: Tensor, _ original: Tensor) -> Tensor {
    /// Samples in 0.001…0.999. A gradient that leads back inside passes the bounds.
    func probability(_ pixels: Tensor) -> Tensor {
      let low = pixels.affine(128.0 / 255, 128.0 / 255).lowerBound(1e-3)
      return (low * -1).lowerBound(-(1 - 1e-3)) * -1
    }
    let (x, p) = (probability(original), probability(decoded))
    let cross = x * (x / p).log() + x.affine(-1, 1) * (x.affine(-1, 1) / p.affine(-1, 1)).log()
    let samples = Double(original.size(1) * original.size(2) * original.size(3))
    return cross.sumBySample() * (0.5 * 255 * 255 / samples)
  }
}
