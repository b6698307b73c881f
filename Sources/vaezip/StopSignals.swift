import Synchronization
import VAETrain

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// SIGINT and SIGTERM, which end a training with everything written.
///
/// A signal handler does the work, not a queue of libdispatch: that would wait forever where the system allows
/// no further thread.
enum StopSignals {
  private static let flag = StopFlag()
  /// When the first signal came, in nanoseconds of the monotonic clock; 0 before.
  private static let first = Atomic<Int64>(0)

  /// The first signal sets the flag: the run ends after the current step. One that comes more than a second
  /// later ends the program as usual; before that, it may be the same one, sent to the process and to its group,
  /// as `timeout` does.
  ///
  /// - Returns: the flag, one for the whole process.
  static func handle() -> StopFlag {
    // Made now: a handler may not allocate.
    let flag = flag
    _ = first.load(ordering: .relaxed)
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] {
      sigaddset(&signals, number)
      signal(number) { StopSignals.receive($0) }
    }
    // Some programs start others with all signals blocked.
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    return flag
  }

  /// Safe in a signal handler.
  private static func receive(_ number: Int32) {
    flag.set()
    let now = now()
    let (isFirst, began) = first.compareExchange(expected: 0, desired: now, ordering: .relaxed)
    guard !isFirst, now - began > 1_000_000_000 else { return }
    signal(number, SIG_DFL)
    raise(number)
  }

  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
