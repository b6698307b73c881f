import Foundation

/// When to end work that may be left unfinished: at a time, or when a run is stopped.
package struct TimeLimit: Sendable {
  private let end: ContinuousClock.Instant?
  private let stop: StopFlag

  /// - Parameter minutes: from now; nil for as long as it takes.
  package init(minutes: Double? = nil, stop: StopFlag = StopFlag()) {
    end = minutes.map { .now + .seconds($0 * 60) }
    self.stop = stop
  }

  package var isReached: Bool { stop.isSet || end.map { .now >= $0 } ?? false }
}
