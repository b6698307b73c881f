import Foundation
import Testing
import VAEZipEvaluation

@Suite struct ObjectiveTests {
  private func objective(mse: Double, bits: Double, beta: Double = 50) -> Objective {
    Objective(
      hyperBits: bits / 10, latentBits: bits * 9 / 10, distortion: mse, beta: beta, pixels: 1000,
      channels: 3)
  }

  /// Worked by hand: σ² = 3 · 50 / (2 ln 2), −ln N(x) = 40 / 2σ² + ½ ln 2πσ², KL = 500 ln 2 / 3000 nats.
  @Test func aWorkedExample() {
    let example = objective(mse: 40, bits: 500)
    #expect(example.value == 40 + 50 * 0.5)
    #expect(abs(example.variance - 108.202_128) < 1e-5)
    let expected = -(40 / 216.404_256 + 0.5 * log(2 * Double.pi * 108.202_128) + 0.115_524_53)
    #expect(abs(example.elbo - expected) < 1e-6)
  }

  /// Both readings rank pictures of one quality in the same way: the bound falls as the objective grows.
  @Test func theBoundIsTheObjectiveInOtherUnits() {
    let points = [(40.0, 500.0), (41, 480), (20, 900), (80, 100)].map {
      objective(mse: $0.0, bits: $0.1)
    }
    let constant = points[0].elbo + points[0].value / (2 * points[0].variance)
    for point in points {
      #expect(abs(point.elbo + point.value / (2 * point.variance) - constant) < 1e-9)
    }
  }

  @Test func figures() {
    let figures = objective(mse: 40, bits: 500).figures
    #expect(figures[.hyperBits] == 50 && figures[.latentBits] == 450)
    #expect(figures[.modelBPP] == 0.5 && figures[.beta] == 50 && figures[.distortion] == 40)
  }
}
