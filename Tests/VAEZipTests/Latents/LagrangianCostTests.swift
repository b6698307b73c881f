import Foundation
import TestSupport
import Testing
import VAEZip
import VAEZipLatents

@Suite struct LagrangianCostTests {
  private func cost(_ lambda: Double, _ channels: Image.Channels) -> LagrangianCost {
    LagrangianCost(logarithmOfLambda: Int64(log2(lambda) * 65536), channels: channels)
  }

  @Test(arguments: [0.0004, 0.0021, 0.15, 1.07, 30], [Image.Channels.rgb, .gray])
  func isBitsAndWeightedError(lambda: Double, channels: Image.Channels) {
    let cost = cost(lambda, channels)
    let samples = Double(channels.rawValue)
    for (bits, error) in [(0, 1000), (17, 65025), (1_000_000, 3_000_000_000), (5, 0)] {
      let expected = Double(bits) + lambda / samples * Double(error)
      let found = Double(cost(rate: bits << RateTable.fractionBits, squaredError: error)) / 4096
      #expect(abs(found - expected) <= 0.0002 * expected + 0.001)
    }
  }

  /// Models may have any λ, pictures any errors.
  @Test(arguments: [1e-300, 1e-30, 1e30, 1.7e308])
  func staysWithinItsLimit(lambda: Double) {
    let cost = cost(lambda, .rgb)
    // A tile of 16384 × 16384 pixels has no larger one.
    for error in [0, 1, 3 * 65025 << 28] {
      #expect((0...LagrangianCost.limit).contains(cost(rate: 0, squaredError: error)))
      #expect(cost(rate: 100, squaredError: error) >= cost(rate: 0, squaredError: error))
    }
  }
}
