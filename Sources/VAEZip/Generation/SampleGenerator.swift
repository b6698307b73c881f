/// Random bits for samples: Steele, Lea and Flood's SplitMix64 (2014), in integers, so that a seed gives the same
/// samples on every machine.
///
/// Each stream of each tile of each sample has a generator of its own, so results depend neither on threads nor on
/// how many samples are drawn. Its state begins with
///
///     mix(mix(mix(mix(seed) ⊕ sample) ⊕ tile) ⊕ stream)
///
/// where mix(s) is the first number of a SplitMix64 that begins with s, and stream is 0 for the hyper-latents, 1 and 2
/// for the passes.
struct SampleGenerator {
  private var state: UInt64

  init(state: UInt64) { self.state = state }

  init(seed: UInt64, sample: Int, tile: Int, stream: Int) {
    func mix(_ state: UInt64) -> UInt64 {
      var generator = SampleGenerator(state: state)
      return generator.next()
    }
    var mixed = mix(seed)
    for number in [sample, tile, stream] { mixed = mix(mixed ^ UInt64(truncatingIfNeeded: number)) }
    state = mixed
  }

  /// 64 random bits.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A random number below a bound: the high half of its product with 64 random bits. The numbers differ in probability
  /// by at most 2⁻²⁴ of it, because all bounds are below 2⁴⁰.
  mutating func next(below bound: UInt64) -> UInt64 { next().multipliedFullWidth(by: bound).high }

  /// Random bits as a number.
  ///
  /// - Parameter count: 0…63.
  mutating func bits(_ count: Int) -> Int { count == 0 ? 0 : Int(next() >> UInt64(64 - count)) }
}
