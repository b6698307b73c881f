import Foundation
import VAEZip

/// SSIMULACRA2 as a distortion: the weighted sum of `Metrics.ssimulacra2` before its last power, in
/// libtorch's operations, so that it has gradients.
///
/// Pictures of 225 pixels a side or more have the metric's own value. Smaller crops have fewer scales;
/// unlike the metric, which lets the weights move up then, each norm keeps its weight.
package struct PerceptualDistance {
  private struct Scale {
    let rows, columns: BandedFilter
    /// Of the means, and of the fourth roots of mean fourth powers, by map: `[3]`, a number a channel.
    let weights: [(mean: Tensor, fourth: Tensor)]
  }
  private let scales: [Scale]
  private let responses, responseBias, opponents, opponentOffset: Tensor

  /// Keeps the gradient of a fourth root finite at 0.
  private static let floor = 1e-24

  /// - Parameters:
  ///   - width, height: of the pictures; multiples of 2 as often as there are scales.
  init(_ torch: Torch, width: Int, height: Int, device: Tensor.Device) {
    func constant(_ values: [Double], _ shape: [Int]) -> Tensor {
      .floats(torch, values.map { Float($0) }, shape, device: device)
    }
    responses = constant(OpsinColor.matrix.flatMap { $0 }, [3, 3, 1, 1])
    responseBias = constant(Array(repeating: OpsinColor.bias, count: 3), [3])
    // X = (L − M) / 2, Y = (L + M) / 2 and B − Y of the three cube roots, scaled and shifted.
    let (scale, offset, root) = (OpsinColor.scale, OpsinColor.offset, cbrt(OpsinColor.bias))
    opponents = constant(
      [scale[0] / 2, -scale[0] / 2, 0, scale[1] / 2, scale[1] / 2, 0]
        + [-scale[2] / 2, -scale[2] / 2, scale[2]], [3, 3, 1, 1])
    opponentOffset = constant([offset[0], offset[1] - scale[1] * root, offset[2]], [3])

    let count = (0..<SSIMULACRA2.scales).prefix {
      min(width, height) >> $0 >= SSIMULACRA2.smallestSide
    }.count
    let taps = SSIMULACRA2.kernel
    scales = (0..<count).map { scale in
      func weights(_ value: Int) -> Tensor {
        constant((0..<3).map { SSIMULACRA2.weights[($0 * SSIMULACRA2.scales + scale) * 6 + value] }, [3])
      }
      return Scale(
        rows: BandedFilter(torch, taps, size: width >> scale, border: .zero, device: device),
        columns: BandedFilter(torch, taps, size: height >> scale, border: .zero, device: device),
        weights: (0..<3).map { (weights($0), weights($0 + 3)) })
    }
  }

  /// The distance of each sample, 0 for identical ones: `[B]`.
  ///
  /// - Parameters:
  ///   - decoded, original: `[B, 3, height, width]`, (value − 128) / 128.
  func distance(_ decoded: Tensor, _ original: Tensor) -> Tensor {
    var (a, b) = (linearLight(original), linearLight(decoded))
    var sum: Tensor?
    for (index, scale) in scales.enumerated() {
      if index > 0 { (a, b) = (halved(a), halved(b)) }
      let term = weightedNorms(of: maps(opsin(a), opsin(b), scale), scale)
      sum = sum.map { $0 + term } ?? term
    }
    return sum ?? original.sumBySample() * 0
  }

  /// sRGB to linear light. Values outside of 0…1 count as 0 or 1; a gradient that leads back passes.
  private func linearLight(_ pixels: Tensor) -> Tensor {
    let low = pixels.affine(128.0 / 255, 128.0 / 255).lowerBound(0)
    let x = (low * -1).lowerBound(-1) * -1
    let isCurved = (x.detached() - 0.04045).sign().clamped(0, 1)
    let curved = (x.lowerBound(0.04).affine(1 / 1.055, 0.055 / 1.055).log() * 2.4).exp()
    return curved * isCurved + x * isCurved.affine(-1 / 12.92, 1 / 12.92)
  }

  /// Linear light to shifted X, Y and B − Y.
  private func opsin(_ linear: Tensor) -> Tensor {
    let roots = (linear.convolved(responses, responseBias).log() * (1 / 3.0)).exp()
    return roots.convolved(opponents, opponentOffset)
  }

  /// Means of 2 × 2 pixels.
  private func halved(_ planes: Tensor) -> Tensor {
    let shape = planes.shape
    return planes.reshape([shape[0], shape[1], shape[2] / 2, 2, shape[3] / 2, 2]).sum([3, 5]) * 0.25
  }

  /// The SSIM map, and where edges were added and lost, each `[B, 3, h, w]`; see `ErrorMaps` for why
  /// they are computed from the difference of the pictures.
  private func maps(_ a: Tensor, _ b: Tensor, _ scale: Scale) -> [Tensor] {
    let difference = b - a
    let samples = a.size(0)
    let moments = scale.columns.alongColumns(
      scale.rows.alongRows(
        .concatenate([a, difference, a.square() + b.square(), difference.square()], dimension: 0)))
    func moment(_ index: Int) -> Tensor { moments.narrow(0, index * samples, samples) }
    let (meanA, meanE) = (moment(0), moment(1))
    let meanB = meanA + meanE
    let squaredMean = meanE.square()
    let variance = moment(3) - squaredMean
    let both = moment(2) - meanA.square() - meanB.square() + SSIMULACRA2.stabilizer
    let ssim = (variance + squaredMean * (both - variance)) / both
    let edgeA = (a - meanA).abs()
    let edges = ((b - meanB).abs() - edgeA) / (edgeA + 1)
    return [ssim, edges, edges * -1].map { $0.leakyReLU(0) }
  }

  private func weightedNorms(of maps: [Tensor], _ scale: Scale) -> Tensor {
    let root = pow(Self.floor, 0.25)
    let area = 1 / Double(max(maps[0].size(2) * maps[0].size(3), 1))
    let terms = zip(maps, scale.weights).map { map, weights in
      let mean = map.sum([2, 3]) * area
      let fourth = (map.square().square().sum([2, 3]) * area + Self.floor).sqrt().sqrt() - root
      return (mean * weights.mean + fourth * weights.fourth).sum([1])
    }
    return terms[0] + terms[1] + terms[2]
  }
}

extension PerceptualDistance {
  /// The distance of a decoded picture, and its gradient by the decoded samples.
  ///
  /// - Parameters:
  ///   - original, decoded: `3 · height · width` samples, planar, (value − 128) / 128.
  package static func gradient(
    _ torch: Torch, original: [Float], decoded: [Float], width: Int, height: Int
  ) throws -> (value: Double, gradient: [Float]) {
    let metric = PerceptualDistance(torch, width: width, height: height, device: .cpu)
    let shape = [1, 3, height, width]
    let gradients = Tensor.zeros(torch, [decoded.count])
    let leaf = Tensor.parameter(
      .floats(torch, decoded, [decoded.count]), gradients: gradients, start: 0, shape: shape)
    let distance = metric.distance(leaf, .floats(torch, original, shape))
    distance.sum().backward()
    try torch.check()
    return (distance.detached().item, try gradients.floats())
  }

  /// The score of a decoded picture, as `Metrics.ssimulacra2`.
  ///
  /// - Precondition: both are RGB, of sides that are multiples of 32.
  package static func score(_ torch: Torch, original: Image, decoded: Image) throws -> Double {
    let metric = PerceptualDistance(
      torch, width: original.width, height: original.height, device: .cpu)
    let distance = metric.distance(.pixels(torch, decoded), .pixels(torch, original)).item
    try torch.check()
    return SSIMULACRA2.score(distance: distance)
  }
}
