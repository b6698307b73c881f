import Foundation
import VAEZip

/// The weights of a new network: a block-DCT codec with idle residual blocks.
///
/// The analysis' first layer is the 8×8 DCT of three orthonormal opponent-color planes, the strided
/// convolution maps 2×2 such blocks to the lowest frequencies of a 16×16 DCT, the synthesis is the
/// transpose, the last convolution of every residual branch is zero, and gains start at the step that
/// λ asks for.
package struct BlockDCT {
  package let description: NetworkDescription
  private var random: SplitMix64

  package init(_ description: NetworkDescription, seed: UInt64) {
    self.description = description
    random = SplitMix64(seed: seed)
  }

  /// The elements of every tensor by name.
  package mutating func values(_ specs: [ParameterSpec]) -> [String: [Float]] {
    var result: [String: [Float]] = [:]
    for spec in specs { result[spec.name] = initial(spec) }
    setTransforms(&result)
    return description.passMask == .dualCheckerboard
      ? LatentOrder(description).applied(to: result) : result
  }

  private mutating func initial(_ spec: ParameterSpec) -> [Float] {
    let name = spec.name
    let zero = [Float](repeating: 0, count: spec.count)
    if name.hasSuffix(".bias") {
      // The posterior starts as wide as quantization noise.
      return name.hasPrefix("analysis.deviation")
        ? zero.map { _ in Float(log(1 / 12.0.squareRoot())) }
        : zero
    }
    if name.hasPrefix("gain.") {
      let width = description.latentWidth
      return description.lambdas.flatMap { lambda in
        [Float](repeating: Float(-log2(step(lambda))), count: width)
      }
    }
    if name.hasPrefix("hyper.") { return zero }
    if name.contains(".merge.") || name.contains(".shrink.") || name.hasPrefix("context.out")
      || name.hasPrefix("analysis.deviation")
    {
      return zero
    }
    // He et al. 2015, scaled for the leaky activation's mixed use: uniform in ±1/√(inputs).
    let inputs = spec.shape.dropFirst().reduce(1, *)
    let bound = 1 / Double(max(inputs, 1)).squareRoot()
    return (0..<spec.count).map { _ in Float(random.uniform(-bound, bound)) }
  }

  /// The quantization step of a latent on the pixel scale (value − 128) / 128: Δ² = 4e-4 / λ for
  /// pixels in 0…1.
  private func step(_ lambda: Double) -> Double { (4e-4 / lambda).squareRoot() * 255 / 128 }

  // MARK: DCT

  /// An orthonormal basis of square RGB blocks, lowest frequencies first: `count` rows of
  /// 3·size·size elements in the order color, row, column.
  package static func basis(size: Int, luma: Int, chroma: Int) -> [[Double]] {
    let n = Double(size)
    var dct: [[Double]] = []
    for k in 0..<size {
      let scale: Double = k == 0 ? (1 / n).squareRoot() : (2 / n).squareRoot()
      let angle: Double = Double.pi * Double(k) / (2 * n)
      dct.append((0..<size).map { x in scale * cos(angle * Double(2 * x + 1)) })
    }
    // By distance from the constant, rows before columns among equals.
    let frequencies = (0..<size * size).map { (u: $0 / size, v: $0 % size) }
      .sorted { first, second in
        let one = first.u * first.u + first.v * first.v
        let other = second.u * second.u + second.v * second.v
        return one == other ? first.u < second.u : one < other
      }
    let third = 1 / 3.0.squareRoot()
    let sixth = 1 / 6.0.squareRoot()
    let half = 0.5.squareRoot()
    let colors = [[third, third, third], [-sixth, -sixth, 2 * sixth], [half, -half, 0]]
    var rows: [[Double]] = []
    for (color, count) in zip(colors, [luma, chroma, chroma]) {
      for frequency in frequencies.prefix(count) {
        var row: [Double] = []
        for weight in color {
          for y in 0..<size {
            for x in 0..<size { row.append(weight * dct[frequency.u][y] * dct[frequency.v][x]) }
          }
        }
        rows.append(row)
      }
    }
    return rows
  }

  private func setTransforms(_ values: inout [String: [Float]]) {
    let (c, m) = (description.transformWidth, description.latentWidth)
    // The 8×8 stage; channels past its 192 vectors start idle.
    let lumaSmall = min(64, c / 3 + c % 3)
    let small = Self.basis(size: 8, luma: lumaSmall, chroma: min(64, (c - lumaSmall) / 2))
    var into = [Float](repeating: 0, count: c * 192)
    var outOf = [Float](repeating: 0, count: 192 * c)
    for (row, vector) in small.enumerated() {
      for (column, value) in vector.enumerated() {
        into[row * 192 + column] = Float(value)
        outOf[column * c + row] = Float(value)
      }
    }
    values["analysis.in.weight"] = into
    values["synthesis.out.weight"] = outOf

    // The 16×16 stage as a map from four 8×8 blocks: kernel taps 1 and 2 of each axis.
    let lumaLarge = min(m * 5 / 8 / 2 * 2, 256)
    let large = Self.basis(size: 16, luma: lumaLarge, chroma: (m - lumaLarge) / 2)
    var down = [Float](repeating: 0, count: m * c * 9)
    var up = [Float](repeating: 0, count: 4 * c * m)
    for (latent, vector) in large.enumerated() {
      for blockY in 0..<2 {
        for blockX in 0..<2 {
          var block: [Double] = []
          for color in 0..<3 {
            for y in 0..<8 {
              let start = color * 256 + (blockY * 8 + y) * 16 + blockX * 8
              block += vector[start..<start + 8]
            }
          }
          for (channel, basis) in small.enumerated() {
            var product = 0.0
            for (a, b) in zip(block, basis) { product += a * b }
            down[((latent * c + channel) * 3 + blockY + 1) * 3 + blockX + 1] = Float(product)
            up[(channel * 4 + blockY * 2 + blockX) * m + latent] = Float(product)
          }
        }
      }
    }
    values["analysis.down.weight"] = down
    values["synthesis.up.weight"] = up
  }
}
