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

  /// One unfinished file. A signal handler may neither allocate nor lock, so the path is a C string in
  /// memory that stays where it is; the handler may be reading it on another thread.
  private struct Entry: ~Copyable {
    static let free = 0, claimed = 1, inUse = 2
    let state = Atomic<Int>(free)
    let path = UnsafeMutablePointer<CChar>.allocate(capacity: longestPath)
  }

  /// One for each thread that may write.
  private static let capacity = 1024
  /// Bytes, with the zero at the end; Linux allows no more.
  private static let longestPath = 4096

  nonisolated(unsafe) private static let table: UnsafeMutablePointer<Entry> = {
    let table = UnsafeMutablePointer<Entry>.allocate(capacity: capacity)
    for index in 0..<capacity { (table + index).initialize(to: Entry()) }
    for signal in [SIGINT, SIGTERM, SIGHUP] { handle(signal) }
    return table
  }()

  /// Registers a file for removal on an interrupt. Nil if too many are open already, or the path
  /// is too long.
  static func register(_ path: String) -> Slot? {
    let bytes = PathText.bytes(path).map { CChar(bitPattern: $0) } + [0]
    guard bytes.count <= longestPath else { return nil }
    for index in 0..<capacity {
      let (exchanged, _) = table[index].state.compareExchange(
        expected: Entry.free, desired: Entry.claimed, ordering: .acquiringAndReleasing)
      guard exchanged else { continue }
      for (place, byte) in bytes.enumerated() { table[index].path[place] = byte }
      table[index].state.store(Entry.inUse, ordering: .releasing)
      return Slot(index: index)
    }
    return nil
  }

  /// The file is finished, or removed.
  static func unregister(_ slot: Slot) {
    table[slot.index].state.store(Entry.free, ordering: .releasing)
  }

  /// Removes all of them. Safe in a signal handler.
  private static func removeAll() {
    for index in 0..<capacity {
      if table[index].state.load(ordering: .acquiring) == Entry.inUse { unlink(table[index].path) }
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

private func setDefault(_ number: Int32) { signal(number, SIG_DFL) }
