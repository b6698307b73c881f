import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A mutex and a condition variable that spins briefly before it sleeps. The owner decides which state it
/// guards.
final class Monitor: @unchecked Sendable {
  // pthread's objects must not move.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  /// Counts the calls of `notify`.
  private let generation = Atomic<Int>(0)
  private var sleepers = 0

  /// How often a thread looks for a new generation before it sleeps: some ten microseconds, less than the
  /// system takes to wake it.
  private static let spins = 4000

  init() {
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    // Neither can fail with default attributes.
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func lock() { pthread_mutex_lock(mutex) }
  func unlock() { pthread_mutex_unlock(mutex) }

  /// Wakes all threads that wait. Call with the lock held.
  func notify() {
    generation.wrappingAdd(1, ordering: .releasing)
    if sleepers > 0 { pthread_cond_broadcast(condition) }
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
    pthread_cond_wait(condition, mutex)
    sleepers -= 1
  }
}
