import VAEZip

/// MS-SSIM as a distortion: that of `Metrics.msssim`, in libtorch's operations, so that it has gradients.
package struct StructuralSimilarity {
  private struct Scale {
    /// Of the logarithm of this scale's mean.
    let exponent: Double
    /// SSIM's Gaussian, and the mean of 2 × 2 pixels that leads to the next scale.
    let window, half: BandedFilter
  }
  private let scales: [Scale]

  /// - Parameter size: the sides of the images, a multiple of 64. Below 192 there are fewer than five
  ///   scales.
  init(_ torch: Torch, size: Int, device: Tensor.Device) {
    let window = Metrics.similarityWindow
    let taps = Metrics.gaussian(window)
    let weights = Metrics.scaleWeights
    let count = weights.indices.prefix { size >> $0 >= window }.count
    let total = weights.prefix(count).reduce(0, +) / weights.reduce(0, +)
    scales = weights.prefix(count).enumerated().map { scale, weight in
      Scale(
        exponent: weight / total,
        window: BandedFilter(torch, taps, size: size >> scale, border: .none, device: device),
        half: BandedFilter(
          torch, [0.5, 0.5], size: size >> scale, stride: 2, border: .none, device: device))
    }
  }

  /// 1 − MS-SSIM of each sample: `[B]`.
  ///
  /// - Parameter a, b: `[B, 3, size, size]`, (value − 128) / 128.
  func dissimilarity(_ a: Tensor, _ b: Tensor) -> Tensor {
    let shape = (0..<4).map(a.size)
    // Channels are images of their own; values are 0…1.
    func planes(_ t: Tensor) -> Tensor {
      t.reshape([shape[0] * shape[1], 1, shape[2], shape[3]]).affine(128.0 / 255, 128.0 / 255)
    }
    var (a, b) = (planes(a), planes(b))
    var logarithm: Tensor?
    for (index, scale) in scales.enumerated() {
      let isLast = index == scales.count - 1
      let mean = similarity(a, b, window: scale.window, withLuminance: isLast)
      let term = mean.lowerBound(1e-4).log() * scale.exponent
      logarithm = logarithm.map { $0 + term } ?? term
      if !isLast { (a, b) = (scale.half.squared(a), scale.half.squared(b)) }
    }
    guard let logarithm else { return a.sumBySample() * 0 }
    let channels = logarithm.exp().reshape([shape[0], shape[1]])
    return channels.sum([1]).affine(-1 / Double(max(shape[1], 1)), 1)
  }

  /// The mean of the contrast-structure factor over a plane, or of SSIM with the luminance: `[planes]`.
  private func similarity(
    _ a: Tensor, _ b: Tensor, window: BandedFilter, withLuminance: Bool
  ) -> Tensor {
    let (c1, c2) = (0.01 * 0.01, 0.03 * 0.03)
    let planes = a.size(0)
    let moments = window.squared(
      .concatenate([a, b, a.square() + b.square(), a * b], dimension: 0))
    func moment(_ index: Int) -> Tensor { moments.narrow(0, index * planes, planes) }
    let (meanA, meanB) = (moment(0), moment(1))
    let squares = meanA.square() + meanB.square(), product = meanA * meanB
    let contrast =
      (moment(3) - product).affine(2, c2) / (moment(2) - squares + c2)
    let map = withLuminance ? product.affine(2, c1) / (squares + c1) * contrast : contrast
    return map.sumBySample() * (1 / Double(max(map.size(2) * map.size(3), 1)))
  }
}

extension StructuralSimilarity {
  /// 1 − MS-SSIM of two pictures.
  ///
  /// - Precondition: both are RGB, squares of the same size, which is a multiple of 64.
  package static func dissimilarity(_ torch: Torch, _ a: Image, _ b: Image) throws -> Double {
    let similarity = StructuralSimilarity(torch, size: a.width, device: .cpu)
    let result = similarity.dissimilarity(.pixels(torch, a), .pixels(torch, b)).item
    try torch.check()
    return result
  }
}
