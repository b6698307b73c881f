import Testing
import VAEZip
import VAEZipMetrics

@Suite struct ButteraugliTests {
  /// Figures of libjxl's Butteraugli (commit aea3a06e, 2026) with the options of `butteraugli_main`, printed by
  /// Tests/Metrics/reference.py; the last one by the library's `ButteraugliInterface`, since the tool has 0 there.
  @Test(
    "Distances are the reference's",
    arguments: [
      (320, 240, 3, DistortedPair.Kind.noise, 1, 0.264969, 0.172498),
      (320, 240, 3, .noise, 8, 4.123294, 1.319647),
      (320, 240, 3, .noise, 60, 24.630547, 10.594611),
      (320, 240, 3, .steps, 24, 5.208799, 1.864093),
      (320, 240, 3, .blocks, 3, 38.436470, 15.044849),
      (257, 391, 3, .noise, 5, 1.305653, 0.556246),
      (300, 260, 1, .steps, 12, 2.880805, 1.096016),
      (100, 77, 3, .noise, 6, 1.815657, 0.989570),
      (17, 300, 3, .noise, 9, 2.639465, 1.293017),
      (8, 9, 3, .noise, 9, 1.755613, 1.255892),
      (5, 40, 3, .noise, 9, 2.461078, 1.758637),
    ])
  func reference(
    width: Int, height: Int, channels: Int, kind: DistortedPair.Kind, strength: Int,
    maximum: Double, norm3: Double
  ) throws {
    let (a, b) = DistortedPair.make(width, height, channels, kind, strength)
    let distance = try Metrics.butteraugli(a, b)
    #expect(abs(distance.maximum / maximum - 1) < 5e-4, "\(distance)")
    #expect(abs(distance.norm3 / norm3 - 1) < 5e-4, "\(distance)")
  }

  @Test(
    "Identical pictures have the distance 0, of any size",
    arguments: [(1, 1), (7, 5), (1, 40), (8, 8), (15, 16), (65, 33)])
  func identical(width: Int, height: Int) throws {
    for channels in [1, 3] {
      let (a, _) = DistortedPair.make(width, height, channels, .noise, 1)
      let distance = try Metrics.butteraugli(a, a)
      #expect(distance.maximum == 0 && distance.norm3 == 0)
    }
  }

  @Test("A gray picture has the distance of the same in RGB")
  func gray() throws {
    let (a, b) = DistortedPair.make(60, 50, 1, .noise, 7)
    func inColor(_ gray: Image) -> Image {
      DistortedPair.image(gray.width, gray.height) { x, y, _ in
        Int(gray.pixels[y * gray.width + x])
      }
    }
    #expect(try Metrics.butteraugli(a, b) == Metrics.butteraugli(inColor(a), inColor(b)))
  }

  @Test("Extremes have finite distances", arguments: [(0, 255), (255, 0), (0, 1), (255, 254)])
  func extremes(a: Int, b: Int) throws {
    for (width, height) in [(1, 1), (64, 40)] {
      let distance = try Metrics.butteraugli(
        DistortedPair.image(width, height) { _, _, _ in a },
        DistortedPair.image(width, height) { _, _, _ in b })
      #expect(distance.maximum.isFinite && distance.norm3.isFinite)
      #expect(distance.norm3 > 0 && distance.maximum >= distance.norm3 * 0.999)
    }
  }

  @Test("The distance does not depend on the number of threads")
  func threads() throws {
    let (a, b) = DistortedPair.make(70, 300, 3, .noise, 9)
    let one = try Metrics.butteraugli(a, b)
    for count in [2, 3, 8] { #expect(try Metrics.butteraugli(a, b, threads: count) == one) }
  }

  @Test("The map shows where the error is")
  func map() throws {
    let a = DistortedPair.image(96, 64) { x, y, _ in 100 + (x + y) % 9 }
    var b = a
    for y in 40..<44 { for x in 70..<74 { b.pixels[(y * 96 + x) * 3 + 1] &+= 60 } }
    let map = try ButteraugliReference(a).map(of: b)
    #expect(map.count == 96 * 64)
    let largest = try #require(map.indices.max { map[$0] < map[$1] })
    #expect(abs(largest % 96 - 72) <= 4 && abs(largest / 96 - 42) <= 4)
    #expect(map[0] < map[largest] / 100)
  }

  @Test("Pictures of different shapes are refused")
  func shapes() {
    let (a, _) = DistortedPair.make(8, 9, 3, .noise, 1)
    let (b, _) = DistortedPair.make(9, 8, 3, .noise, 1)
    let (c, _) = DistortedPair.make(8, 9, 1, .noise, 1)
    #expect(throws: MetricsError.self) { try Metrics.butteraugli(a, b) }
    #expect(throws: MetricsError.self) { try Metrics.butteraugli(a, c) }
  }
}
