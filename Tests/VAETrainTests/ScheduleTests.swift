import Testing
import VAETrain
import VAEZipSupport

@Suite("Schedule")
struct ScheduleTests {
  @Test("The rate warms up, stays, and falls to nothing in the last part")
  func rate() {
    let schedule = LearningRateSchedule(rate: 2, warmUpSteps: 10, decay: 0.25)
    #expect(schedule.rate(step: 5, progress: 0) == 1)
    #expect(schedule.rate(step: 10, progress: 0.1) == 2)
    #expect(schedule.rate(step: 1000, progress: 0.75) == 2)
    #expect(!schedule.isDecaying(0.75) && schedule.isDecaying(0.76))
    var last = 2.0
    for part in 1...10 {
      let rate = schedule.rate(step: 1000, progress: 0.75 + 0.025 * Double(part))
      #expect(rate < last)
      last = rate
    }
    #expect(last < 1e-9)
    #expect(schedule.rate(step: 1000, progress: 1.5) == 0)
  }

  @Test("Without a decay the rate stays")
  func constant() {
    let schedule = LearningRateSchedule(rate: 2, warmUpSteps: 0, decay: 0)
    #expect(schedule.rate(step: 1, progress: 1) == 2 && !schedule.isDecaying(1))
  }

  @Test("A batch covers all levels; upper ones come more often by the density", arguments: [0, 0.3, 1])
  func levels(upperLevels: Double) {
    let sampling = LevelSampling(top: 8, upperLevels: upperLevels)
    var random = SplitMix64(seed: 5)
    var upper = 0
    let (batches, size) = (500, 8)
    for _ in 0..<batches {
      let positions = sampling.positions(size, using: &random)
      #expect(positions.count == size && positions == positions.sorted())
      #expect(positions.allSatisfy { 0...8 ~= $0 })
      #expect(positions[size - 1] > 6)
      upper += positions.count { $0 > 4 }
    }
    // Above the middle lies 1 − (1 − b) / 2 − b / 4 of the density.
    let expected = 0.5 + upperLevels / 4
    #expect(abs(Double(upper) / Double(batches * size) - expected) < 0.01)
  }
}
