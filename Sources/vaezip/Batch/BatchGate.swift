import Foundation

/// Lets jobs begin in their order, as many at a time as threads and memory allow.
///
/// A job asks once, when it knows what it needs, and holds nothing before that. One whose needs exceed the
/// whole is let in when no other is at work, so nothing waits forever.
final class BatchGate: @unchecked Sendable {
  private let threads: Int
  private let memory: Int
  // It guards all that follows.
  private let condition = NSCondition()
  /// The first job that has not been let in.
  private var next = 0
  /// Later jobs that will not ask any more.
  private var passed: Set<Int> = []
  private var admitted: [Int: (threads: Int, memory: Int)] = [:]
  private var usedThreads = 0
  private var usedMemory = 0

  /// - Parameters:
  ///   - threads: of all jobs together.
  ///   - memory: bytes of all jobs together.
  init(threads: Int, memory: Int) {
    self.threads = threads
    self.memory = memory
  }

  /// Waits for a job's turn.
  func enter(_ job: Int, threads: Int, memory: Int) {
    condition.lock()
    defer { condition.unlock() }
    while next != job || !fits(threads, memory) { condition.wait() }
    admitted[job] = (threads, memory)
    usedThreads += threads
    usedMemory += memory
    advance()
  }

  /// The job is over, whether it has asked or not.
  func leave(_ job: Int) {
    condition.lock()
    defer { condition.unlock() }
    if let needs = admitted.removeValue(forKey: job) {
      usedThreads -= needs.threads
      usedMemory -= needs.memory
      condition.broadcast()
    } else if next == job {
      advance()
    } else {
      passed.insert(job)
    }
  }

  private func fits(_ threads: Int, _ memory: Int) -> Bool {
    admitted.isEmpty || usedThreads + threads <= self.threads && memory <= self.memory - usedMemory
  }

  private func advance() {
    next += 1
    while passed.remove(next) != nil { next += 1 }
    condition.broadcast()
  }
}

/// A job's place among the others.
struct BatchTurn: Sendable {
  /// Its number, from 0.
  let job: Int
  /// Jobs from this one on.
  let remaining: Int
  /// Of all jobs together.
  let threads: Int
  let gate: BatchGate

  /// Pixels from which on a picture gets all threads to itself. Smaller ones get one each: several pictures at
  /// a time use threads better than several tiles of one.
  private static let largePicture = 1 << 24
  /// Bytes that all jobs of a process share: program, libraries and the built-in model.
  static let sharedMemory = 64 << 20

  private func isLarge(_ pixels: Int) -> Bool { pixels >= Self.largePicture }

  /// How many threads the job should use. The last jobs share what the others leave idle.
  func threads(forPixels pixels: Int) -> Int {
    isLarge(pixels) ? threads : max(1, threads / remaining)
  }

  /// Waits until the job may begin.
  ///
  /// - Parameter memory: an estimate in bytes, of the job alone in a process.
  func begin(pixels: Int, memory: Int) {
    gate.enter(
      job, threads: isLarge(pixels) ? threads : 1, memory: max(0, memory - Self.sharedMemory))
  }
}
