import Testing
import VAETrain

@Suite("Quality scale")
struct QualityScaleTests {
  private func points(last: Int = 2048, _ score: (Double) -> Double) -> [QualityScale.Point] {
    stride(from: 0, through: last, by: 128).map {
      QualityScale.Point(position: $0, ssimulacra2: score(Double($0) / 256))
    }
  }

  private func isScale(_ positions: [Int], last: Int) -> Bool {
    positions.count == 101 && positions.first == 0 && positions.last == last
      && zip(positions, positions.dropFirst()).allSatisfy { $0 < $1 }
  }

  @Test("From 30 to 90, a quality is the score at its position")
  func scores() {
    func score(_ level: Double) -> Double { 95 - 85 * (1 - level / 8) * (1 - level / 8) }
    let positions = QualityScale(points(score), lastPosition: 2048).positions
    #expect(isScale(positions, last: 2048))
    for quality in 30...90 {
      let found = score(Double(positions[quality]) / 256)
      #expect(abs(found - Double(quality)) < 0.5, "quality \(quality): \(found)")
    }
    // No jump: a step of the quality changes the step of the position by little.
    let steps = zip(positions.dropFirst(), positions).map { $0 - $1 }
    #expect(zip(steps, steps.dropFirst()).allSatisfy { abs($0 - $1) <= 12 })
  }

  @Test("Scores that no position has are left out; what is reached keeps its meaning")
  func unreached() {
    func score(_ level: Double) -> Double { 45 + 4 * level }
    let positions = QualityScale(points(score), lastPosition: 2048).positions
    #expect(isScale(positions, last: 2048))
    for quality in [50, 60, 70] {
      #expect(abs(score(Double(positions[quality]) / 256) - Double(quality)) < 0.1)
    }
  }

  @Test("Scores of any kind give a scale", arguments: [256, 512, 2048, 63 * 256])
  func anyScores(last: Int) {
    let some: [(Double) -> Double] = [
      { _ in 50 }, { -$0 }, { 20 * ($0 - 3).rounded() }, { $0 < 4 ? -200 : 99 }, { _ in .nan },
      { 30 + 1e-9 * $0 }, { 89 + $0 }, { $0 * 100 },
    ]
    for score in some {
      let positions = QualityScale(points(last: last, score), lastPosition: last).positions
      #expect(isScale(positions, last: last))
    }
    #expect(isScale(QualityScale([], lastPosition: last).positions, last: last))
  }
}
