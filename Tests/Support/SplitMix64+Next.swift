import VAEZipSupport

/// Tests always see the same data, so a failure can be repeated.
extension SplitMix64 {
  package init(_ seed: UInt64) { self.init(seed: seed) }

  /// Uniform in ±`limit`.
  package mutating func float(_ limit: Float) -> Float {
    Float.random(in: -limit...limit, using: &self)
  }
}
