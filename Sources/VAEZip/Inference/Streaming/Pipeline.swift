import VAEZipSupport

/// Stages that a picture streams through, row by row, on all threads at once.
///
/// A stage runs its rows in order, and the units of a row in any order or at the same time. A row waits for
/// the input that it needs and for room in the ring that it writes; `RingSchedule` derives both. An idle
/// thread takes the next unit that waits for nothing. So no stage waits for a whole picture, and a ring of a
/// few rows lies between two stages.
///
/// The order in which units run depends on chance; what they compute must not, and only waits make sure of
/// that. `simulate` finds missing waits, except those that matter only while two units run at the same
/// time.
package final class Pipeline<Failure: Error>: @unchecked Sendable {
  /// With a thread's own memory.
  package typealias Work = (_ row: Int, _ unit: Int, Scratch) throws(Failure) -> Void

  /// A stage, by the order in which they were added.
  package struct Stage {
    fileprivate let index: Int
    /// How many rows it has.
    package let rows: Int
  }

  private struct Wait {
    let stage: Int
    /// How many of the other stage's rows must be finished before a row may begin.
    let rows: (_ row: Int) -> Int
  }

  private struct State {
    let rows: Int
    let units: Int
    let isSerial: Bool
    let isUrgent: Bool
    var waits: [Wait] = []
    let work: Work
    /// The next unit to begin.
    var row = 0
    var unit = 0
    /// All rows before this one are done.
    var finished = 0
    /// Units left of the rows from `finished` on that have begun.
    var open: [Int] = []
  }

  private struct Job {
    let stage: Int
    let row: Int
    let unit: Int
  }

  // All of this changes with the monitor locked, or before the threads begin.
  private let monitor = Monitor()
  private var stages: [State] = []
  /// Urgent stages, then the others; in each case the last first, which makes room.
  private var urgent: [Int] = []
  private var normal: [Int] = []
  private var failure: (job: Job, error: Failure)?
  private var scratchElements = 0
  private var scratchBytes = 0
  private var memory: [AnyObject] = []

  package init() {}

  /// Adds a stage after those that are there.
  ///
  /// - Parameters:
  ///   - units: parts of a row that may be worked on at the same time.
  ///   - isSerial: the next row begins only when the one before it is done.
  ///   - isUrgent: runs before other stages whenever it can: for what would otherwise be the bottleneck.
  package func add(
    rows: Int, units: Int = 1, isSerial: Bool = false, isUrgent: Bool = false,
    _ work: @escaping Work
  ) -> Stage {
    let index = stages.count
    stages.append(
      State(rows: rows, units: units, isSerial: isSerial, isUrgent: isUrgent, work: work))
    if isUrgent { urgent.insert(index, at: 0) } else { normal.insert(index, at: 0) }
    return Stage(index: index, rows: rows)
  }

  /// Lets rows of a stage wait for another stage.
  ///
  /// - Parameter rows: how many rows of the other one must be finished; may be negative, and must
  ///   not decrease.
  package func wait(_ stage: Stage, for other: Stage, _ rows: @escaping (_ row: Int) -> Int) {
    stages[stage.index].waits.append(Wait(stage: other.index, rows: rows))
  }

  /// Reserves room in each thread's scratch memory.
  func reserve(elements: Int, bytes: Int = 0) {
    scratchElements = max(scratchElements, elements)
    scratchBytes = max(scratchBytes, bytes)
  }

  /// Keeps memory alive that stages share.
  package func keep(_ object: AnyObject) { memory.append(object) }

  /// Runs all stages to their ends, then forgets them and the memory that they share. To be called once.
  ///
  /// - Throws: what the work threw first in the order of the stages, rows and units. Units that had
  ///   begun are finished; no other begins.
  package func run(threads: Threads) throws(Failure) {
    defer {
      stages = []
      memory = []
    }
    // More could never have work at the same time in a small picture.
    let useful = stages.reduce(0) { $0 + min($1.rows * $1.units, 1 << 16) }
    let workers = min(threads.count, useful)
    if let seed = threads.simulatedOrder {
      simulate(workers: workers, seed: seed)
    } else {
      Threads.run(workers) { work() }
    }
    if let failure { throw failure.error }
  }

  private func work() {
    var scratch: Scratch?
    var last: Int?
    monitor.lock()
    defer { monitor.unlock() }
    while failure == nil {
      guard let job = next(preferring: last) else {
        if stages.allSatisfy({ $0.row == $0.rows }) { return }
        monitor.wait()
        continue
      }
      let work = stages[job.stage].work
      monitor.unlock()
      let memory = scratch ?? Scratch(elements: scratchElements, bytes: scratchBytes)
      scratch = memory
      var thrown: Failure?
      do throws(Failure) {
        try work(job.row, job.unit, memory)
      } catch {
        thrown = error
      }
      monitor.lock()
      if let thrown { fail(job, thrown) }
      finish(job)
      last = job.stage
    }
  }

  /// A unit that waits for nothing. A thread stays with its stage while it can, because the stage's weights are
  /// in its cache.
  private func next(preferring last: Int?) -> Job? {
    for index in urgent where isReady(index) { return begin(index) }
    if let last, isReady(last) { return begin(last) }
    for index in normal where isReady(index) { return begin(index) }
    return nil
  }

  private func isReady(_ index: Int) -> Bool {
    let (row, unit) = (stages[index].row, stages[index].unit)
    guard row < stages[index].rows else { return false }
    // The row has begun already.
    if unit > 0 { return true }
    if stages[index].isSerial, !stages[index].open.isEmpty { return false }
    for wait in stages[index].waits where stages[wait.stage].finished < wait.rows(row) {
      return false
    }
    return true
  }

  private func begin(_ index: Int) -> Job {
    let job = Job(stage: index, row: stages[index].row, unit: stages[index].unit)
    if job.unit == 0 { stages[index].open.append(stages[index].units) }
    if job.unit + 1 == stages[index].units {
      stages[index].row += 1
      stages[index].unit = 0
    } else {
      stages[index].unit += 1
    }
    return job
  }

  private func finish(_ job: Job) {
    let finished = stages[job.stage].finished
    stages[job.stage].open[job.row - finished] -= 1
    // A zero is a row all of whose units are done: none is left to begin.
    let done = stages[job.stage].open.prefix { $0 == 0 }.count
    guard done > 0 else { return }
    stages[job.stage].open.removeFirst(done)
    stages[job.stage].finished += done
    monitor.notify()
  }

  /// For tests: runs all stages on this thread, as if each of some threads could be held up for any
  /// time between taking a unit and working on it. Which units are taken, and in which order they are
  /// then worked on, is drawn at random: a wait that is missing shows in what they compute, as seldom
  /// happens with real threads.
  private func simulate(workers: Int, seed: UInt64) {
    var state = seed
    func random(below bound: Int) -> Int {
      // Knuth's generator (MMIX); its upper bits are the good ones.
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let memory = Scratch(elements: scratchElements, bytes: scratchBytes)
    var taken: [Job] = []
    while failure == nil {
      let ready = stages.indices.filter(isReady)
      if !ready.isEmpty, taken.count < workers, taken.isEmpty || random(below: 4) > 0 {
        taken.append(begin(ready[random(below: ready.count)]))
        continue
      }
      guard !taken.isEmpty else {
        precondition(stages.allSatisfy { $0.row == $0.rows }, "the stages wait for one another")
        return
      }
      // Mostly one that was taken late: the others are held up for long.
      let place = max(random(below: taken.count), random(below: taken.count))
      let job = taken.remove(at: place)
      do throws(Failure) {
        try stages[job.stage].work(job.row, job.unit, memory)
      } catch {
        fail(job, error)
      }
      finish(job)
    }
  }

  private func fail(_ job: Job, _ error: Failure) {
    if let failure {
      let (a, b) = (failure.job, job)
      guard (b.stage, b.row, b.unit) < (a.stage, a.row, a.unit) else { return }
    }
    failure = (job, error)
    monitor.notify()
  }
}
