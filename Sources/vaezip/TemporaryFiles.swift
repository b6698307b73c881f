import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The unfinished outputs of this process, which an interrupt removes.
enum TemporaryFiles {
  /// A place in the table of unfinished files.
  struct Slot { fileprivate let index: Int }

  private static let capacity = 16

  /// Paths as C strings, because a signal handler may neither allocate nor lock. The table and its
  /// strings are never freed: the handler may be reading them on another thread.
  nonisolated(unsafe) private static let table: UnsafeMutablePointer<
    Atomic<UnsafeMutablePointer<CChar>?>
  > = {
    let table = UnsafeMutablePointer<Atomic<UnsafeMutablePointer<CChar>?>>.allocate(
      capacity: capacity)
    for index in 0..<capacity { (table + index).initialize(to: Atomic(nil)) }
    for signal in [SIGINT, SIGTERM, SIGHUP] { handle(signal) }
    // A file beyond the shell's limit is then an error of `write`, which is reported.
    ignore(SIGXFSZ)
    return table
  }()

  /// Has a file removed if the process is interrupted. Nil if too many are open already.
  static func register(_ path: String) -> Slot? {
    let copy = strdup(path)
    for index in 0..<capacity {
      let (exchanged, _) = table[index].compareExchange(
        expected: nil, desired: copy, ordering: .acquiringAndReleasing)
      if exchanged { return Slot(index: index) }
    }
    free(copy)
    return nil
  }

  /// The file is finished, or removed.
  static func unregister(_ slot: Slot) {
    table[slot.index].store(nil, ordering: .releasing)
  }

  /// Removes all of them. Safe in a signal handler.
  private static func removeAll() {
    for index in 0..<capacity {
      if let path = table[index].load(ordering: .acquiring) { unlink(path) }
    }
  }

  /// Removes the files when a signal comes, then lets it do what it does by default. A signal that
  /// this process was started to ignore stays ignored (nohup).
  private static func handle(_ signal: Int32) {
    var action = sigaction()
    guard sigaction(signal, nil, &action) == 0 else { return }
    #if os(Linux)
    let current = action.__sigaction_handler.sa_handler
    #else
    let current = action.__sigaction_u.__sa_handler
    #endif
    // SIG_IGN is 1, no pointer to a function.
    guard unsafeBitCast(current, to: UInt.self) != 1 else { return }
    let handler: @convention(c) (Int32) -> Void = { number in
      TemporaryFiles.removeAll()
      setDefault(number)
      raise(number)
    }
    #if os(Linux)
    action.__sigaction_handler.sa_handler = handler
    #else
    action.__sigaction_u.__sa_handler = handler
    #endif
    sigaction(signal, &action, nil)
  }
}

private func ignore(_ number: Int32) { signal(number, SIG_IGN) }
private func setDefault(_ number: Int32) { signal(number, SIG_DFL) }
