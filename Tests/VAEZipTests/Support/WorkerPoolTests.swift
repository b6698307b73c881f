import Synchronization
import Testing
import VAEZipSupport

@Suite struct WorkerPoolTests {
  @Test func everyIndexOnce() {
    for threads in [1, 2, 3, 16, 64] {
      for count in [0, 1, 2, 5, 1000] {
        let done = Guarded([Int](repeating: 0, count: count))
        Threads(threads).forEach(count) { index in done.withLock { $0[index] += 1 } }
        #expect(done.withLock { $0.allSatisfy { $0 == 1 } })
      }
    }
  }

  /// Calls within calls, from many threads at once: none waits for a thread that never comes.
  @Test(.timeLimit(.minutes(1))) func nestedCalls() {
    for _ in 0..<200 {
      let sum = Atomic<Int>(0)
      Threads(8).forEach(16) { _ in
        Threads(4).forEach(8) { _ in
          Threads(3).forEach(3) { sum.wrappingAdd($0, ordering: .relaxed) }
        }
      }
      #expect(sum.load(ordering: .relaxed) == 16 * 8 * 3)
    }
  }

  @Test func othersHelp() {
    // Two that wait for each other must run at the same time.
    let arrived = Atomic<Int>(0)
    Threads.run(2) {
      arrived.wrappingAdd(1, ordering: .acquiringAndReleasing)
      let start = ContinuousClock.now
      while arrived.load(ordering: .acquiring) < 2, ContinuousClock.now - start < .seconds(20) {}
    }
    #expect(arrived.load(ordering: .acquiring) == 2)
  }

  @Test func threadsThatCanBeMade() {
    #expect(ThreadProbe.canMake(0))
    #expect(ThreadProbe.canMake(8))
  }
}
