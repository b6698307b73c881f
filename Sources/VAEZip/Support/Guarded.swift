/// A value that one thread at a time uses.
///
/// It has the interface of `Synchronization.Mutex`, but a lock of pthread's, which the thread sanitizer knows. On Linux a
/// thread that waits for a `Mutex` gets it from the kernel, unseen by the sanitizer, and each such wait is reported as a race.
package final class Guarded<Value>: @unchecked Sendable {
  private let lock = Lock()
  private var value: Value

  package init(_ value: sending Value) { self.value = value }

  /// Uses the value. `body` must not use it again by this function.
  package func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }
}
