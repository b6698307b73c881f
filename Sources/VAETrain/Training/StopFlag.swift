import Synchronization

/// Asks a training run to end after the step at hand, with its checkpoint and model written.
package final class StopFlag: Sendable {
  private let flag = Atomic<Bool>(false)

  package init() {}
  package var isSet: Bool { flag.load(ordering: .relaxed) }
  package func set() { flag.store(true, ordering: .relaxed) }
}
