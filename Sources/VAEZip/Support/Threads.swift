import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// How many threads work on one picture. The result of the work never depends on it.
package struct Threads: Sendable, Equatable {
  package let count: Int
  /// For tests: a pipeline then runs in an order that this number decides, see `Pipeline.simulate`.
  package let simulatedOrder: UInt64?

  /// - Parameter count: 0, or less, takes as many as the machine has cores.
  package init(_ count: Int = 0) { self.init(count, simulatedOrder: nil) }

  package init(_ count: Int, simulatedOrder: UInt64?) {
    self.count = count > 0 ? min(count, 1024) : max(1, Self.cores)
    self.simulatedOrder = simulatedOrder
  }

  /// Cores that this process may use; the machine may have more.
  private static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// The threads that each of `count` jobs may use inside, when the jobs themselves run in parallel.
  package func each(of count: Int) -> Threads {
    Threads(max(1, self.count / max(1, count)), simulatedOrder: simulatedOrder)
  }

  /// Runs `body(index, worker)` for every index in 0 ..< `count`, shared out dynamically; returns
  /// when all are done.
  ///
  /// - Parameter makeWorker: makes a thread's own state; called once on each thread that finds work.
  package func forEach<Worker>(
    _ count: Int, makeWorker: @Sendable () -> Worker,
    _ body: @Sendable (_ index: Int, _ worker: inout Worker) -> Void
  ) {
    let workers = min(self.count, count)
    if workers <= 1 {
      guard count > 0 else { return }
      var worker = makeWorker()
      for index in 0..<count { body(index, &worker) }
      return
    }
    let next = Atomic<Int>(0)
    Self.run(workers) {
      var index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      var worker = makeWorker()
      while index < count {
        body(index, &worker)
        index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      }
    }
  }

  /// Runs `body` for every index in 0 ..< `count`.
  package func forEach(_ count: Int, _ body: @Sendable (_ index: Int) -> Void) {
    forEach(count, makeWorker: {}) { index, _ in body(index) }
  }

  /// The results of `body` for 0 ..< `count`, in order.
  ///
  /// - Throws: the error of the lowest index that failed, whichever thread was first.
  package func map<Element: Sendable, Failure: Error>(
    _ count: Int, _ body: @Sendable (_ index: Int) throws(Failure) -> Element
  ) throws(Failure) -> [Element] {
    let results = Guarded<[Result<Element, Failure>?]>(Array(repeating: nil, count: count))
    forEach(count) { index in
      let result: Result<Element, Failure>
      do throws(Failure) {
        result = .success(try body(index))
      } catch {
        result = .failure(error)
      }
      results.withLock { $0[index] = result }
    }
    var elements: [Element] = []
    elements.reserveCapacity(count)
    for case .some(let result) in results.withLock({ $0 }) { elements.append(try result.get()) }
    return elements
  }
}
