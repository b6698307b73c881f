#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Threads that wait for work, shared by all pictures of the process.
///
/// A call's own thread works too, and the others only help. So where the system allows no further
/// thread, everything still runs, on one; libdispatch would wait forever.
///
/// A process that `fork` made has none of its parent's threads. Its pool begins anew.
final class WorkerPool: @unchecked Sendable {
  static let shared = WorkerPool()

  /// A call of `run`.
  private final class Call {
    /// Nil when the call is over.
    var body: (@Sendable () -> Void)?
    /// How many more threads may help.
    var wanted: Int
    /// How many threads help now.
    var running = 0

    init(_ body: @escaping @Sendable () -> Void, wanted: Int) {
      self.body = body
      self.wanted = wanted
    }
  }

  /// Guards all that follows.
  private let lock = Lock()
  private let work = Condition()
  private let finished = Condition()
  /// Those that want more threads.
  private var calls: [Call] = []
  /// Threads that wait, or have just been made.
  private var idle = 0

  private static let stackSize = 1 << 21

  private init() {
    pthread_atfork(
      { WorkerPool.shared.lock.lock() },
      { WorkerPool.shared.lock.unlock() },
      { WorkerPool.shared.beginAfterFork() })
  }

  /// Forgets the threads of the parent process and their calls. The thread that forked holds the lock.
  private func beginAfterFork() {
    lock.reset()
    work.reset()
    finished.reset()
    calls = []
    idle = 0
  }

  /// Runs `body` on this thread and, at the same time, on up to `count` − 1 others; returns when all
  /// have returned. `body` must return only when no work is left: a thread that has not begun by then
  /// does not begin.
  func run(_ count: Int, _ body: @Sendable () -> Void) {
    guard count > 1 else { return body() }
    withoutActuallyEscaping(body) { body in
      let call = Call(body, wanted: count - 1)
      begin(call)
      body()
      end(call)
    }
  }

  private func begin(_ call: Call) {
    lock.lock()
    defer { lock.unlock() }
    calls.append(call)
    let wanted = calls.reduce(0) { $0 + $1.wanted }
    while idle < wanted, makeThread() {}
    work.broadcast()
  }

  private func end(_ call: Call) {
    lock.lock()
    defer { lock.unlock() }
    calls.removeAll { $0 === call }
    while call.running > 0 { finished.wait(lock) }
    call.body = nil
  }

  /// Makes a thread that waits for work until the process ends. Called with the lock held.
  ///
  /// - Returns: false if the system refuses.
  private func makeThread() -> Bool {
    var attributes = pthread_attr_t()
    guard pthread_attr_init(&attributes) == 0 else { return false }
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, Self.stackSize)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    #if os(Linux)
    var thread = pthread_t()
    #else
    var thread: pthread_t?
    #endif
    let outcome = pthread_create(
      &thread, &attributes,
      { _ in
        WorkerPool.shared.serve()
        return nil
      }, nil)
    guard outcome == 0 else { return false }
    idle += 1
    return true
  }

  /// A thread's life.
  private func serve() {
    lock.lock()
    while true {
      guard let call = calls.first else {
        work.wait(lock)
        continue
      }
      idle -= 1
      call.running += 1
      call.wanted -= 1
      if call.wanted == 0 { calls.removeAll { $0 === call } }
      lock.unlock()
      Self.perform(call)
      lock.lock()
      idle += 1
      call.running -= 1
      if call.running == 0 { finished.broadcast() }
    }
  }

  /// A function of its own, so that nothing retains the body after it.
  @inline(never)
  private static func perform(_ call: Call) { call.body?() }
}

extension Threads {
  /// Runs `body` on this thread and on up to `count` − 1 others at the same time; fewer where the
  /// system allows no more. Returns when all have returned.
  ///
  /// - Parameter body: must return only when no work is left.
  package static func run(_ count: Int, _ body: @Sendable () -> Void) {
    WorkerPool.shared.run(count, body)
  }
}
