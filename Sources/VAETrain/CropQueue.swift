import Foundation

/// Batches of crops, cut ahead of the training step by a thread of its own.
///
/// The order of batches depends on the seed alone: one thread makes them, one takes them.
final class CropQueue: @unchecked Sendable {
  // Unchecked: `batches` and `stopped` are guarded by `condition`.
  private let condition = NSCondition()
  private var batches: [[UInt8]] = []
  private var stopped = false
  private let depth = 4

  /// - Parameters:
  ///   - batch: crops a batch.
  ///   - size: the crops' side in pixels.
  init(_ images: TrainingImages, batch: Int, size: Int, firstStep: Int, seed: UInt64) {
    let thread = Thread { [self] in
      var step = firstStep
      while true {
        // One generator a step: resuming at any step repeats nothing and skips nothing.
        var random = SplitMix64(seed: seed &+ UInt64(step) &* 0x9E37_79B9_7F4A_7C15)
        let made = images.crops(batch, size: size, using: &random)
        condition.lock()
        while batches.count >= depth && !stopped { condition.wait() }
        if stopped {
          condition.unlock()
          return
        }
        batches.append(made)
        condition.broadcast()
        condition.unlock()
        step += 1
      }
    }
    thread.start()
  }

  /// Waits for the next batch.
  func next() -> [UInt8] {
    condition.lock()
    defer { condition.unlock() }
    while batches.isEmpty { condition.wait() }
    condition.broadcast()
    return batches.removeFirst()
  }

  func stop() {
    condition.lock()
    stopped = true
    condition.broadcast()
    condition.unlock()
  }
}
