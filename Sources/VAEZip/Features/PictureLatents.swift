import VAEZip
import VAEZipModel

/// The latents of a picture and the bits that they cost: what a model says of a picture, without its pixels.
///
/// A position of the latents stands for 16 × 16 pixels, one of the hyper-latents for 64 × 64. The latents are
/// what decoders get, bit for bit. Rates are for reports: they are Float, and no file depends on them.
public struct PictureLatents: Sendable {
  /// Width of the picture in pixels.
  public let width: Int
  /// Height of the picture in pixels.
  public let height: Int
  /// XXH64 of the model file.
  public let modelID: UInt64
  /// The position between the model's quality levels, in 1/256 level.
  public let qualityPosition: Int
  /// v̂, the quantized latents in quantization steps, with `fractionBits` fraction bits. Shape: ⌈height / 16⌉ ×
  /// ⌈width / 16⌉ × channels of the latent.
  public let quantized: LatentMap<Int16>
  /// v, the latents before quantization; nil if they come from a file. Scale and shape are those of `quantized`.
  public let unquantized: LatentMap<Int16>?
  /// Fraction bits of `quantized` and `unquantized`.
  public let fractionBits: Int
  /// ẑ, the quantized hyper-latents, with `hyperFractionBits` fraction bits. Shape: ⌈height / 64⌉ × ⌈width / 64⌉ ×
  /// channels of the hyper-latent.
  public let hyper: LatentMap<Int16>
  /// Fraction bits of `hyper`.
  public let hyperFractionBits: Int
  /// Information content in bits of the symbols of a position under the model: −log₂ p, in units of 1/4096
  /// bit.
  public let bits: LatentMap<Float>
  /// The bits that the model expected of the position before it knew its symbols: the entropy of the
  /// distributions that code them.
  public let expectedBits: LatentMap<Float>
  /// Information content in bits of the symbols of a position of the hyper-latents.
  public let hyperBits: LatentMap<Float>
  /// Whether a position's pixels come from latents. Where they are exact (Formats/VZ.md, Exact pixels), latents and
  /// rates say nothing of the picture: they are mostly zero, and encoders choose them freely.
  public let isCoded: LatentMap<Bool>

  /// From v̂ to ŷ.
  let inverse: Gains
  /// Fraction bits of ŷ.
  let networkBits: Int

  /// Units of latents.
  public enum Scale: String, Sendable, CaseIterable {
    /// v̂ in quantization steps: rounding adds noise of ±½ at any quality.
    case steps
    /// ŷ, what the synthesis gets: values of different qualities can be compared.
    case network
  }

  /// The quantized latents as numbers, exact in binary32.
  public func latents(_ scale: Scale = .network) -> LatentMap<Float> { numbers(quantized, scale) }

  /// The latents before quantization, the mean of the posterior; nil if they come from a file.
  public func means(_ scale: Scale = .network) -> LatentMap<Float>? {
    unquantized.map { numbers($0, scale) }
  }

  /// The hyper-latents as numbers, exact in binary32.
  public var hyperLatents: LatentMap<Float> { hyper.map { Float($0) / Float(1 << hyperFractionBits) } }

  private func numbers(_ map: LatentMap<Int16>, _ scale: Scale) -> LatentMap<Float> {
    switch scale {
    case .steps: return map.map { Float($0) / Float(1 << fractionBits) }
    case .network:
      let channels = map.channels
      let unit = Float(1 << networkBits)
      var values: [Float] = []
      values.reserveCapacity(map.values.count)
      for (index, value) in map.values.enumerated() {
        let channel = index % channels
        let shift = inverse.shifts[channel]
        let product = Int32(value) * Int32(inverse.mantissas[channel])
        values.append(Float(saturated((product + 1 << (shift - 1)) >> shift)) / unit)
      }
      return LatentMap(width: map.width, height: map.height, channels: channels, values: values)
    }
  }

  /// `hyperBits` spread over the positions of the latents: each has its share of those of its 64 × 64 pixels.
  public var localHyperBits: LatentMap<Float> {
    var map = LatentMap<Float>(width: bits.width, height: bits.height, repeating: 0)
    for y in 0..<map.height {
      for x in 0..<map.width {
        let (left, top) = (x / 4 * 4, y / 4 * 4)
        let share = min(4, map.width - left) * min(4, map.height - top)
        map[x, y] = hyperBits[x / 4, y / 4] / Float(share)
      }
    }
    return map
  }

  /// Information content of all symbols in bits: nearly the size of the file's streams.
  public var totalBits: Double {
    bits.values.reduce(0) { $0 + Double($1) } + hyperBits.values.reduce(0) { $0 + Double($1) }
  }

  /// A vector for the whole picture: of each channel of ŷ the mean over all coded positions, then of each channel
  /// the standard deviation. It has twice as many elements as the latent has channels; all are 0 if no position is
  /// coded. The latents before quantization are taken where they are there.
  public var pooled: [Float] {
    let map = means() ?? latents()
    let channels = map.channels
    var (sums, squares) = ([Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels))
    var count = 0.0
    for position in 0..<map.count where isCoded.values[position] {
      count += 1
      for channel in 0..<channels {
        let value = Double(map.values[position * channels + channel])
        sums[channel] += value
        squares[channel] += value * value
      }
    }
    guard count > 0 else { return [Float](repeating: 0, count: 2 * channels) }
    let means = sums.map { $0 / count }
    let deviations = zip(squares, means).map { max(0, $0 / count - $1 * $1).squareRoot() }
    return (means + deviations).map { Float($0) }
  }
}
