import Foundation
import Testing
import VAEZip

@Suite struct FixedPointTests {
  /// The value of a binary16 pattern by its definition (IEEE 754-2019, section 3.4).
  func value(_ half: UInt16) -> Double {
    let sign: Double = half & 0x8000 == 0 ? 1 : -1
    let (exponent, fraction) = (Int(half >> 10 & 31), Double(half & 1023))
    if exponent == 0 { return sign * fraction * pow(2, -24) }
    return sign * (1 + fraction / 1024) * pow(2, Double(exponent - 15))
  }

  func pattern(_ tensor: WeightTensor, _ index: Int) -> UInt16 {
    tensor.bytes.part(2 * index..<2 * index + 2).withUnsafeBytes {
      UInt16($0[0]) | UInt16($0[1]) << 8
    }
  }

  @Test func everyHalfIsExact() {
    let halves = (0...UInt16.max).filter { $0 & 0x7c00 != 0x7c00 }
    let floats = halves.map { Float(value($0)) }
    let tensor = WeightTensor(float16: floats, shape: [floats.count])
    #expect(halves.indices.allSatisfy { pattern(tensor, $0) == halves[$0] })
    #expect(tensor.floats() == floats)
  }

  @Test func roundsToTheNearestHalfTiesToEven() {
    // Between each pair of neighbors: the tie, and what is just beside it.
    var inputs: [Float] = []
    var expected: [UInt16] = []
    for half in UInt16(0)..<0x7bff {
      let middle = Float((value(half) + value(half + 1)) / 2)
      inputs += [middle.nextDown, middle, middle.nextUp]
      expected += [half, half & 1 == 0 ? half : half + 1, half + 1]
    }
    inputs += [65519.996, 65520, .infinity, -65520, -0.0, Float.leastNonzeroMagnitude]
    expected += [0x7bff, 0x7c00, 0x7c00, 0xfc00, 0x8000, 0]
    let tensor = WeightTensor(float16: inputs, shape: [inputs.count])
    #expect(inputs.indices.allSatisfy { pattern(tensor, $0) == expected[$0] })
  }

  @Test func powersOfTwoAreAccurate() {
    for logarithm in stride(from: -700_000, through: 700_000, by: 77) {
      let factor = FixedFactor(logarithm: Int64(logarithm))
      #expect((16384..<32768).contains(factor.mantissa))
      let found = Double(factor.mantissa) * pow(2, Double(factor.exponent - 14))
      let exact = pow(2, Double(logarithm) / 65536)
      #expect(abs(found / exact - 1) <= pow(2, -14.9))
    }
    #expect(FixedFactor(logarithm: 65535).exponent == 1)
    #expect(FixedFactor(logarithm: 0).mantissa == 16384)
  }
}
