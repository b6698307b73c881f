import VAEZip

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A value that one thread at a time uses, also across `fork`: a child process never finds it half changed or locked
/// by a thread that it does not have. (`Guarded` does not promise that, and `Synchronization.Mutex` ends such a child.)
final class HandleState<Value>: @unchecked Sendable {
  private var value: Value

  init(_ value: Value) { self.value = value }

  /// Uses the value. `body` is short, because all handles share one lock. It uses no other handle's state, and no
  /// threads: `fork` takes their pool's lock too.
  func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    HandleLock.shared.lock()
    defer { HandleLock.shared.unlock() }
    return try body(&value)
  }
}

/// The lock of all handles' states. `fork` waits for it, so that the child has them whole and the lock free.
private final class HandleLock: @unchecked Sendable {
  static let shared = HandleLock()

  private let mutex = Lock()

  private init() {
    pthread_atfork(
      { HandleLock.shared.lock() }, { HandleLock.shared.unlock() },
      { HandleLock.shared.mutex.reset() })
  }

  func lock() { mutex.lock() }
  func unlock() { mutex.unlock() }
}
