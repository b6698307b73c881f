import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A lock, and waiting for news while others hold it. What it protects is its owner's.
final class Monitor: @unchecked Sendable {
  // pthread's objects must not move.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  /// Counts the news.
  private let news = Atomic<Int>(0)
  private var sleepers = 0

  /// How often a thread looks for news before it sleeps: some ten microseconds, less than the
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

  /// Wakes all who wait. With the lock held.
  func notify() {
    news.wrappingAdd(1, ordering: .releasing)
    if sleepers > 0 { pthread_cond_broadcast(condition) }
  }

  /// Waits until there is news since the lock was taken, or for no reason at all. With the lock
  /// held, which is released meanwhile.
  func wait() {
    let known = news.load(ordering: .relaxed)
    unlock()
    var left = Self.spins
    while left > 0, news.load(ordering: .acquiring) == known { left -= 1 }
    lock()
    guard news.load(ordering: .relaxed) == known else { return }
    sleepers += 1
    pthread_cond_wait(condition, mutex)
    sleepers -= 1
  }
}
