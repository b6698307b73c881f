#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A mutex of pthread's, for state that its owner guards. Where one value is guarded, `Guarded` does it.
package struct Lock: ~Copyable, @unchecked Sendable {
  // pthread's objects must not move.
  fileprivate let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  package init() { reset() }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  package func lock() { pthread_mutex_lock(mutex) }
  package func unlock() { pthread_mutex_unlock(mutex) }

  /// Makes it as new, in the child process after a `fork`: the thread that holds it may not be there.
  package func reset() {
    // Cannot fail with default attributes.
    pthread_mutex_init(mutex, nil)
  }
}

/// A condition variable of pthread's.
package struct Condition: ~Copyable, @unchecked Sendable {
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  package init() { reset() }

  deinit {
    pthread_cond_destroy(condition)
    condition.deallocate()
  }

  /// Waits until `broadcast()` is called; may wake spuriously. The lock is held before and after, not while waiting.
  package func wait(_ lock: borrowing Lock) { pthread_cond_wait(condition, lock.mutex) }
  package func broadcast() { pthread_cond_broadcast(condition) }

  /// See `Lock.reset()`.
  package func reset() {
    // Cannot fail with default attributes.
    pthread_cond_init(condition, nil)
  }
}
