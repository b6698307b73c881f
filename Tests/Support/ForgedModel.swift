import VAEZip

/// A model of random weights that has the id of another one: what anybody can make in seconds, because XXH64 is
/// no cryptographic hash.
package enum ForgedModel {
  /// A model file whose XXH64 is `id`.
  ///
  /// Tensors that begin with `entropy.` may be any, and stand at the file's end. The last eight bytes of the file
  /// are chosen so that the hash comes out: all steps of XXH64 after them can be turned back.
  package static func bytes(id: UInt64, seed: UInt64 = 3) throws -> [UInt8] {
    let description = RandomModel.description()
    let tensors = RandomModel.tensors(description, seed: seed)
    // The hash must end with a whole lane of eight bytes, after the blocks of 32.
    for padding in 2..<10 {
      let file = try ModelFile(
        network: description, calibration: RandomModel.calibration(description), tensors: tensors,
        extraTensors: [
          "entropy.zzz": WeightTensor(int32: Array(repeating: 0, count: padding), shape: [padding])
        ])
      var bytes = file.serialized()
      guard [8, 16, 24].contains(bytes.count % 32) else { continue }
      let lane = XXHash64.lastLane(after: Array(bytes.dropLast(8)), count: bytes.count, hash: id)
      for index in 0..<8 {
        bytes[bytes.count - 8 + index] = UInt8(truncatingIfNeeded: lane >> UInt64(8 * index))
      }
      return bytes
    }
    throw ModelError.malformedHeader("no length of the file suits")
  }
}

/// XXH64 with seed 0, as its specification writes it, and turned back.
private enum XXHash64 {
  private static let p1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let p2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let p3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let p4: UInt64 = 0x85EB_CA77_C2B2_AE63

  /// The eight bytes that must follow so that the hash of all `count` bytes is `hash`.
  static func lastLane(after prefix: [UInt8], count: Int, hash: UInt64) -> UInt64 {
    // The avalanche, backwards.
    var state = hash ^ hash >> 32
    state &*= inverse(p3)
    state ^= state >> 29 ^ state >> 58
    state &*= inverse(p2)
    state ^= state >> 33
    // The lane's step, backwards.
    let mixed = rotated((state &- p4) &* inverse(p1), 64 - 27) ^ self.state(of: prefix, count: count)
    return rotated(mixed &* inverse(p1), 64 - 31) &* inverse(p2)
  }

  /// The state after whole blocks of 32 bytes and the lanes of 8 after them.
  private static func state(of bytes: [UInt8], count: Int) -> UInt64 {
    func lane(_ offset: Int) -> UInt64 {
      (0..<8).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
    }
    func round(_ sum: UInt64, _ lane: UInt64) -> UInt64 { rotated(sum &+ lane &* p2, 31) &* p1 }
    var sums = [p1 &+ p2, p2, 0, 0 &- p1]
    let blocks = count / 32
    for block in 0..<blocks {
      for index in 0..<4 { sums[index] = round(sums[index], lane(32 * block + 8 * index)) }
    }
    var state = zip(sums, [1, 7, 12, 18]).reduce(0 as UInt64) { $0 &+ rotated($1.0, $1.1) }
    for sum in sums { state = (state ^ round(0, sum)) &* p1 &+ p4 }
    state &+= UInt64(count)
    for offset in stride(from: 32 * blocks, to: bytes.count, by: 8) {
      state = rotated(state ^ round(0, lane(offset)), 27) &* p1 &+ p4
    }
    return state
  }

  private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value << count | value >> (64 - count)
  }

  /// Of an odd number, modulo 2⁶⁴, by Newton's method: each step doubles the right bits.
  private static func inverse(_ value: UInt64) -> UInt64 {
    (0..<6).reduce(value) { guess, _ in guess &* (2 &- value &* guess) }
  }
}
