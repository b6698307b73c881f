import VAEZipSupport

/// Random bits for samples, in integers, so that a seed gives the same samples on every machine.
///
/// Each stream of each tile of each sample has a SplitMix64 of its own, so results depend neither on threads nor on
/// how many samples are drawn. Its seed is
///
///     mix(mix(mix(mix(seed) ⊕ sample) ⊕ tile) ⊕ stream)
///
/// where mix(s) is the first number of a SplitMix64 of seed s, and stream is 0 for the hyper-latents, 1 and 2
/// for the passes.
struct SampleGenerator {
  private var random: SplitMix64

  init(seed: UInt64, sample: Int, tile: Int, stream: Int) {
    func mix(_ seed: UInt64) -> UInt64 {
      var random = SplitMix64(seed: seed)
      return random.next()
    }
    var mixed = mix(seed)
    for number in [sample, tile, stream] { mixed = mix(mixed ^ UInt64(truncatingIfNeeded: number)) }
    random = SplitMix64(seed: mixed)
  }

  /// A random number below a bound: the high half of its product with 64 random bits. The numbers differ in probability
  /// by at most 2⁻²⁴ of it, because all bounds are below 2⁴⁰.
  mutating func next(below bound: UInt64) -> UInt64 { random.next().multipliedFullWidth(by: bound).high }

  /// Random bits as a number.
  ///
  /// - Parameter count: 0…63.
  mutating func bits(_ count: Int) -> Int { count == 0 ? 0 : Int(random.next() >> UInt64(64 - count)) }
}
