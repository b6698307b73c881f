#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A value that one thread at a time uses.
///
/// It has the interface of `Synchronization.Mutex`, but a lock of pthread's, which the thread sanitizer knows. On Linux a
/// thread that waits for a `Mutex` gets it from the kernel, unseen by the sanitizer, and each such wait is reported as a race.
package final class Guarded<Value>: @unchecked Sendable {
  // pthread's objects must not move.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var value: Value

  package init(_ value: sending Value) {
    self.value = value
    // Cannot fail with default attributes.
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Uses the value. `body` must not use it again by this function.
  package func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}
