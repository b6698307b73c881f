import Testing
import VAEZip

@Suite("SSIMULACRA2")
struct SSIMULACRA2Tests {
  /// Figures of the Python package ssimulacra2 0.3.0 (numpy 2.4.6, scipy 1.17.1), printed by
  /// Tests/Metrics/reference.py.
  @Test(
    "Scores are the reference's",
    arguments: [
      (320, 240, 3, DistortedPair.Kind.noise, 1, 97.4120), (320, 240, 3, .noise, 8, 82.2688),
      (320, 240, 3, .noise, 60, -25.2697), (320, 240, 3, .steps, 24, 77.2412),
      (320, 240, 3, .blocks, 3, -43.1518), (257, 391, 3, .noise, 5, 90.4274),
      (300, 260, 1, .steps, 12, 86.2537), (100, 77, 3, .noise, 6, 15.2303),
      (17, 300, 3, .noise, 9, 92.2215), (8, 9, 3, .noise, 9, 93.8201),
    ])
  func reference(
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
