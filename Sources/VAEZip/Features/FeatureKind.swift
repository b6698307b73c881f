/// What can be had of a picture's latents as an array of numbers.
public enum FeatureKind: String, Sendable, CaseIterable {
  /// ŷ or v̂, the quantized latents: [⌈height / 16⌉, ⌈width / 16⌉, channels].
  case latents
  /// The latents before quantization, the mean of the posterior: as `latents`; only of pictures at effort 1.
  case means
  /// ẑ, the quantized hyper-latents: [⌈height / 64⌉, ⌈width / 64⌉, channels].
  case hyper
  /// Bits of each position: [⌈height / 16⌉, ⌈width / 16⌉].
  case bits
  /// Bits that the prior expected of each position: as `bits`.
  case expected
  /// Bits of each position of the hyper-latents: [⌈height / 64⌉, ⌈width / 64⌉].
  case hyperBits = "hyper-bits"
  /// 1 where the pixels of a position come from latents, 0 where they are exact: as `bits`.
  case coded
  /// Mean and standard deviation of each channel over the picture: [2 · channels].
  case pooled

  /// The unit, for the header of a file.
  public func unit(_ scale: PictureLatents.Scale) -> String {
    switch self {
    case .latents, .means: scale == .steps ? "quantization steps" : "input of the synthesis"
    case .hyper: "input of the hyper-synthesis"
    case .bits, .expected, .hyperBits: "bits"
    case .coded: "1 or 0"
    case .pooled: "input of the synthesis"
    }
  }
}

extension PictureLatents {
  /// The numbers of a kind and their shape, the last dimension innermost; nil if this picture does not have them.
  public func array(_ kind: FeatureKind, scale: Scale = .network) -> (values: [Float], shape: [Int])? {
    func shaped(_ map: LatentMap<Float>, hasChannels: Bool = false) -> (values: [Float], shape: [Int]) {
      (map.values, [map.height, map.width] + (hasChannels ? [map.channels] : []))
    }
    switch kind {
    case .latents: return shaped(latents(scale), hasChannels: true)
    case .means: return means(scale).map { shaped($0, hasChannels: true) }
    case .hyper: return shaped(hyperLatents, hasChannels: true)
    case .bits: return shaped(bits)
    case .expected: return shaped(expectedBits)
    case .hyperBits: return shaped(hyperBits)
    case .coded: return shaped(isCoded.map { $0 ? 1 : 0 })
    case .pooled:
      let values = pooled
      return (values, [values.count])
    }
  }
}
