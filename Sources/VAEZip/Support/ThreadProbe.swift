#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Whether the system still makes threads, for libraries that wait forever where it does not.
package enum ThreadProbe {
  /// Makes so many threads, which exist at the same time and do nothing, and lets them end.
  ///
  /// - Returns: whether all could be made.
  package static func canMake(_ count: Int) -> Bool {
    let gate = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    defer { gate.deallocate() }
    pthread_mutex_init(gate, nil)
    defer { pthread_mutex_destroy(gate) }
    pthread_mutex_lock(gate)
    var threads: [pthread_t] = []
    for _ in 0..<count {
      guard let thread = makeThread(waitingFor: gate) else { break }
      threads.append(thread)
    }
    pthread_mutex_unlock(gate)
    for thread in threads { pthread_join(thread, nil) }
    return threads.count == count
  }

  private static func makeThread(waitingFor gate: UnsafeMutablePointer<pthread_mutex_t>) -> pthread_t? {
    #if os(Linux)
    var thread = pthread_t()
    let outcome = pthread_create(
      &thread, nil,
      { gate in
        guard let gate = gate?.assumingMemoryBound(to: pthread_mutex_t.self) else { return nil }
        pthread_mutex_lock(gate)
        pthread_mutex_unlock(gate)
        return nil
      }, gate)
    return outcome == 0 ? thread : nil
    #else
    var thread: pthread_t?
    let outcome = pthread_create(
      &thread, nil,
      { gate in
        let gate = gate.assumingMemoryBound(to: pthread_mutex_t.self)
        pthread_mutex_lock(gate)
        pthread_mutex_unlock(gate)
        return nil
      }, gate)
    return outcome == 0 ? thread : nil
    #endif
  }
}
