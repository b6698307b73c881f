import Foundation
import Testing
import VAETrain
import VAEZip

private let torch = try? Torch.load()

@Suite(
  "The textbook's VAE", .usesLibtorch,
  .enabled(if: torch != nil, "libtorch's shim is not on this machine"))
struct TextbookVAETests {
  /// A network of small random weights. The posterior's standard deviation is e^`deviation` everywhere.
  private func model(deviation: Float?) throws -> ModelFile {
    let description = tinyDescription
    var random = SplitMix64(seed: 3)
    var tensors: [String: [Float]] = [:]
    for spec in description.parameters(posteriorHead: deviation != nil) {
      tensors[spec.name] =
        spec.name == "analysis.deviation.weight"
        ? Array(repeating: 0, count: spec.count)
        : spec.name == "analysis.deviation.bias"
          ? Array(repeating: deviation ?? 0, count: spec.count)
          : spec.name == "hyper.level"
            ? Array(repeating: 20, count: spec.count)
            : (0..<spec.count).map { _ in Float(random.uniform(-0.1, 0.1)) }
    }
    let calibration = Dictionary(
      uniqueKeysWithValues: description.calibratedActivations.map { ($0, 8) })
    return try ModelFile(
      network: description, calibration: calibration, tensors: tensors, dtype: .f32)
  }

  private let image = Image(
    width: 50, height: 37, channels: .rgb,
    pixels: (0..<50 * 37 * 3).map { UInt8(truncatingIfNeeded: $0 * 7 % 251) })

  /// KL(N(μ, σ²) ‖ prior) grows by 1 nat a latent when σ, small already, shrinks by e.
  @Test("The divergence is the analytic one")
  func divergence() throws {
    let torch = try #require(torch)
    func bits(_ deviation: Float) throws -> Double {
      let vae = try TextbookVAE(torch, try model(deviation: deviation))
      let figures = try #require(try vae.measure(image, position: 1))
      #expect(figures.pixels == 48 * 32 && figures.meanSquaredError > 0)
      return figures.divergenceBits
    }
    let latents = Double(48 / 16 * 32 / 16 * tinyDescription.latentWidth)
    let difference = try bits(-9) - bits(-8)
    #expect(abs(difference / (latents / log(2)) - 1) < 0.02, "\(difference)")
  }

  @Test("The same figures each time")
  func repeatable() throws {
    let vae = try TextbookVAE(try #require(torch), try model(deviation: -1))
    let first = try #require(try vae.measure(image, position: 0.5))
    let second = try #require(try vae.measure(image, position: 0.5))
    #expect(first.divergenceBits == second.divergenceBits)
    #expect(first.meanSquaredError == second.meanSquaredError)
  }

  @Test("Models without standard deviations, pictures without a cell")
  func refusals() throws {
    let torch = try #require(torch)
    let uniform = try model(deviation: nil)
    #expect(throws: TrainError.self) { try TextbookVAE(torch, uniform) }
    let small = Image(width: 15, height: 40, channels: .gray, pixels: Array(repeating: 9, count: 600))
    let vae = try TextbookVAE(torch, try model(deviation: -1))
    #expect(try vae.measure(small, position: 0) == nil)
  }
}
