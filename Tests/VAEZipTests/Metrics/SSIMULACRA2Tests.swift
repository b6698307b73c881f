import Testing
import VAEZip

@Suite("SSIMULACRA2")
struct SSIMULACRA2Tests {
  /// Figures of libjxl's tool ssimulacra2 (commit aea3a06e, 2026, AVX-512), printed by Tests/Metrics/reference.py. Its
  /// floats' rounding counts for more the more alike two pictures are.
  @Test(
    "Scores are the reference's",
    arguments: [
      (320, 240, 3, DistortedPair.Kind.noise, 1, 97.1030), (320, 240, 3, .noise, 8, 82.7835),
      (320, 240, 3, .noise, 60, -13.9149), (320, 240, 3, .steps, 24, 78.0299),
      (320, 240, 3, .blocks, 3, -39.4680), (257, 391, 3, .noise, 5, 90.4673),
      (300, 260, 1, .steps, 12, 86.6485), (100, 77, 3, .noise, 6, 66.5244),
      (17, 300, 3, .noise, 9, 77.8428), (8, 9, 3, .noise, 9, 91.5629),
    ])
  func reference(
    width: Int, height: Int, channels: Int, kind: DistortedPair.Kind, strength: Int, expected: Double
  ) throws {
    let (a, b) = DistortedPair.make(width, height, channels, kind, strength)
    let score = try Metrics.ssimulacra2(a, b)
    #expect(abs(score - expected) < (expected > 95 ? 0.3 : 0.06), "\(score)")
  }

  /// The same computed in float64 with numpy.
  @Test(
    "Scores are exact",
    arguments: [
      (320, 240, 3, DistortedPair.Kind.noise, 1, 97.37604), (320, 240, 3, .noise, 8, 82.79193),
      (320, 240, 3, .noise, 60, -13.91352), (257, 391, 3, .noise, 5, 90.51302),
      (300, 260, 1, .steps, 12, 86.70381), (100, 77, 3, .noise, 6, 66.53749),
      (8, 9, 3, .noise, 9, 91.56291),
    ])
  func exact(
    width: Int, height: Int, channels: Int, kind: DistortedPair.Kind, strength: Int, expected: Double
  ) throws {
    let (a, b) = DistortedPair.make(width, height, channels, kind, strength)
    #expect(abs(try Metrics.ssimulacra2(a, b) - expected) < 1e-3)
  }

  @Test(
    "Identical pictures have 100, of any size",
    arguments: [
      (1, 1), (7, 5), (1, 40), (8, 8), (65, 33), (300, 270),
    ])
  func identical(width: Int, height: Int) throws {
    for channels in [1, 3] {
      let (a, _) = DistortedPair.make(width, height, channels, .noise, 1)
      #expect(try Metrics.ssimulacra2(a, a) == 100)
    }
    for value in [0, 255] {
      let flat = DistortedPair.image(width, height) { _, _, _ in value }
      #expect(try Metrics.ssimulacra2(flat, flat) == 100)
    }
  }

  @Test("A gray picture scores like the same in RGB")
  func gray() throws {
    let (a, b) = DistortedPair.make(240, 250, 1, .noise, 7)
    func inColor(_ gray: Image) -> Image {
      DistortedPair.image(gray.width, gray.height) { x, y, _ in Int(gray.pixels[y * gray.width + x]) }
    }
    #expect(try Metrics.ssimulacra2(a, b) == Metrics.ssimulacra2(inColor(a), inColor(b)))
  }

  @Test("Tiny pictures that differ score below 100, and worse the more they differ")
  func tiny() throws {
    for (width, height) in [(1, 1), (7, 5), (3, 100)] {
      let a = DistortedPair.image(width, height) { x, y, c in 100 + x + y + c }
      let near = DistortedPair.image(width, height) { x, y, c in 104 + x + y + c }
      let far = DistortedPair.image(width, height) { x, y, c in 180 - x - y - c }
      let (first, second) = (try Metrics.ssimulacra2(a, near), try Metrics.ssimulacra2(a, far))
      #expect(first < 100 && second < first && second.isFinite)
    }
  }

  @Test("Extremes have finite scores", arguments: [(0, 255), (255, 0), (0, 1), (255, 254)])
  func extremes(a: Int, b: Int) throws {
    let score = try Metrics.ssimulacra2(
      DistortedPair.image(64, 64) { _, _, _ in a }, DistortedPair.image(64, 64) { _, _, _ in b })
    #expect(score.isFinite && score < 100)
  }

  @Test("The score does not depend on the number of threads")
  func threads() throws {
    let (a, b) = DistortedPair.make(70, 700, 3, .noise, 9)
    let one = try Metrics.ssimulacra2(a, b)
    for count in [2, 3, 8] { #expect(try Metrics.ssimulacra2(a, b, threads: count) == one) }
  }

  @Test("Pictures of different shapes are refused")
  func shapes() {
    let a = DistortedPair.image(8, 9) { _, _, _ in 0 }
    #expect(throws: MetricsError.self) {
      try Metrics.ssimulacra2(a, DistortedPair.image(9, 8) { _, _, _ in 0 })
    }
    #expect(throws: MetricsError.self) {
      try Metrics.ssimulacra2(a, DistortedPair.image(8, 9, 1) { _, _, _ in 0 })
    }
  }
}
