import Synchronization
import VAEZipSupport

/// A mutex and a condition variable that spins briefly before it sleeps. The owner decides which state it
/// guards.
final class Monitor: @unchecked Sendable {
  private let mutex = Lock()
  private let condition = Condition()
  /// Counts the calls of `notify`.
  private let generation = Atomic<Int>(0)
  private var sleepers = 0

  /// How often a thread looks for a new generation before it sleeps: some ten microseconds, less than the
  /// system takes to wake it.
  private static let spins = 4000

  func lock() { mutex.lock() }
  func unlock() { mutex.unlock() }

  /// Wakes all threads that wait. Call with the lock held.
  func notify() {
    generation.wrappingAdd(1, ordering: .releasing)
    if sleepers > 0 { condition.broadcast() }
  }

  /// Waits for the next `notify()`; may wake spuriously. Call with the lock held; it is released while
  /// waiting.
  func wait() {
    let known = generation.load(ordering: .relaxed)
    unlock()
    var left = Self.spins
    while left > 0, generation.load(ordering: .acquiring) == known { left -= 1 }
    lock()
    guard generation.load(ordering: .relaxed) == known else { return }
    sleepers += 1
    condition.wait(mutex)
    sleepers -= 1
  }
}
