import VAEZip

/// MS-SSIM as a part of the distortion: that of `Metrics.msssim`, in libtorch's operations.
package struct StructuralSimilarity {
  private let down, across, half: Tensor
  /// Scales, and the exponent of each.
  private let exponents: [Double]

  /// How much of the distortion is dissimilarity, 0…1.
  private let share: Double

  /// - Parameters:
  ///   - share: of the distortion, 0…1.
  ///   - size: the sides of the images, a multiple of 64. Below 192 there are fewer than five scales.
  init(_ torch: Torch, share: Double, size: Int, device: Tensor.Device) {
    self.share = share
    let window = Metrics.similarityWindow
    let taps = Metrics.gaussian(window)
    down = .floats(torch, taps, [1, 1, window, 1], device: device)
    across = .floats(torch, taps, [1, 1, 1, window], device: device)
    half = .floats(torch, [0.25, 0.25, 0.25, 0.25], [1, 1, 2, 2], device: device)
    let weights = Metrics.scaleWeights
    let count = weights.indices.prefix { size >> $0 >= window }.count
    let total = weights.prefix(count).reduce(0, +) / weights.reduce(0, +)
    exponents = weights.prefix(count).map { $0 / total }
  }

  /// The squared error's value, with the gradient of its (1 − share)-th power times the share-th power of
  /// the dissimilarity, so that each weighs by its relative change, as BD-rates do: by its decibels.
  ///
  /// - Parameters:
  ///   - squaredError: by sample, `[B]`.
  ///   - decoded, pixels: `[B, 3, size, size]`, (value − 128) / 128.
  func mixed(_ squaredError: Tensor, _ decoded: Tensor, _ pixels: Tensor) -> Tensor {
    let dissimilarity = dissimilarity(decoded, pixels)
    let scale = squaredError.detached() / (dissimilarity.detached() + 1e-6)
    return squaredError * (1 - share) + dissimilarity * scale * share
  }

  /// 1 − MS-SSIM of each sample: `[B]`.
  ///
  /// - Parameter a, b: `[B, 3, size, size]`, (value − 128) / 128.
  func dissimilarity(_ a: Tensor, _ b: Tensor) -> Tensor {
    let shape = a.shape
    // Channels are images of their own; values are 0…1.
    func planes(_ t: Tensor) -> Tensor {
      t.reshape([shape[0] * shape[1], 1, shape[2], shape[3]]).affine(128.0 / 255, 128.0 / 255)
    }
    var (a, b) = (planes(a), planes(b))
    var logarithm: Tensor?
    for (scale, exponent) in exponents.enumerated() {
      let isLast = scale == exponents.count - 1
      let mean = similarity(a, b, withLuminance: isLast).lowerBound(1e-4).log() * exponent
      logarithm = logarithm.map { $0 + mean } ?? mean
      if !isLast {
        (a, b) = (a.convolved(half, nil, stride: 2), b.convolved(half, nil, stride: 2))
      }
    }
    guard let logarithm else { return a.sumBySample() * 0 }
    let channels = logarithm.exp().reshape([shape[0], shape[1]])
    return channels.sum([1]).affine(-1 / Double(shape[1]), 1)
  }

  /// The mean of the contrast-structure factor over a plane, or of SSIM with the luminance: `[planes]`.
  private func similarity(_ a: Tensor, _ b: Tensor, withLuminance: Bool) -> Tensor {
    let (c1, c2) = (0.01 * 0.01, 0.03 * 0.03)
    let planes = a.shape[0]
    let moments = Tensor.concatenate(
      [a, b, a.square() + b.square(), a * b], dimension: 0
    ).convolved(down, nil).convolved(across, nil)
    func moment(_ index: Int) -> Tensor { moments.narrow(0, index * planes, planes) }
    let (meanA, meanB) = (moment(0), moment(1))
    let squares = meanA.square() + meanB.square(), product = meanA * meanB
    let contrast =
      (moment(3) - product).affine(2, c2) / (moment(2) - squares + c2)
    let map = withLuminance ? product.affine(2, c1) / (squares + c1) * contrast : contrast
    return map.sumBySample() * (1 / Double(map.shape[2] * map.shape[3]))
  }
}

extension StructuralSimilarity {
  /// 1 − MS-SSIM of two pictures.
  ///
  /// - Precondition: both are RGB, squares of the same size, which is a multiple of 64.
  package static func dissimilarity(_ torch: Torch, _ a: Image, _ b: Image) throws -> Double {
    let similarity = StructuralSimilarity(torch, share: 1, size: a.width, device: .cpu)
    let result = similarity.dissimilarity(.pixels(torch, a), .pixels(torch, b)).item
    try torch.check()
    return result
  }
}
